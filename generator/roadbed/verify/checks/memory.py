"""How much memory a process holds."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path


def resident_bytes(pid: int) -> int:
    """Resident set size, by /proc or ps."""
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        found = re.search(r"^VmRSS:\s+(\d+) kB", status.read_text(), re.MULTILINE)
        return int(found.group(1)) * 1024 if found else 0
    out = subprocess.run(
        ["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True
    ).stdout
    return int(out.strip() or 0) * 1024
