"""It takes an engine and its images: `.ci/containers` first, then ROADBED_CONTAINERS=1."""

from __future__ import annotations

import os

collect_ignore = [] if os.environ.get("ROADBED_CONTAINERS") else ["test_composed.py"]
