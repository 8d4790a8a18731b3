"""Where things that are slow to make are kept between runs."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """The folder for embedded servers and prepared data; made when missing.

    Root's own cache lies under /root, where the user a server is dropped to may not read.
    """
    if os.geteuid() == 0:
        folder = Path("/var/cache/roadbed")
    else:
        base = os.environ.get("XDG_CACHE_HOME")
        folder = (Path(base) if base else Path.home() / ".cache") / "roadbed"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
