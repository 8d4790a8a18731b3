"""What the file system refused, as one line."""

from __future__ import annotations

import errno

from roadbed.errors import WritingError


def storage_fault(error: OSError, rest: str) -> WritingError:
    """The fault with its mend; `rest` says what became of the project."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return WritingError(f"the disk is full: free some space; {rest}")
    where = f"{error.filename}: " if error.filename else ""
    reason = error.strerror or type(error).__name__
    return WritingError(f"{where}{reason}: mend it; {rest}")
