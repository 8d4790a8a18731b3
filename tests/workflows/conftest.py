"""Which of these tests a run takes.

A replay takes minutes, so it is continuous integration's and `make replay`'s: ROADBED_REPLAY says
which variants. The image's needs something to build.
"""

from __future__ import annotations

import os

from tests.conftest import ROOT

collect_ignore = []
if not os.environ.get("ROADBED_REPLAY"):
    collect_ignore.append("test_replay.py")
if not os.environ.get("ROADBED_REPLAY") or not any(ROOT.glob("template/**/Dockerfile*")):
    collect_ignore.append("test_image.py")
