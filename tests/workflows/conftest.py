"""What ROADBED_REPLAY and ROADBED_REPLAY_IMAGE ask for, and nothing else, is replayed.

A replay takes minutes, and the image's job an engine: continuous integration and `make replay` ask.
"""

from __future__ import annotations

import os

NEEDS = {"test_replay.py": "ROADBED_REPLAY", "test_image.py": "ROADBED_REPLAY_IMAGE"}
collect_ignore = [file for file, variable in NEEDS.items() if not os.environ.get(variable)]
