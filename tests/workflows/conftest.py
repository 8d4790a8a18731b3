"""The image's job needs an engine: it is replayed where ROADBED_REPLAY_IMAGE says there is one."""

from __future__ import annotations

import os

collect_ignore = [] if os.environ.get("ROADBED_REPLAY_IMAGE") else ["test_image.py"]
