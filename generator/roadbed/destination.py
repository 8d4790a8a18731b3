"""The folder a project is written to: judged before anything is written, then filled at once.

A project is built in a hidden folder beside its place (or inside it, when the place is an empty
folder that exists) and moved there when it is complete. Whatever stops the work before that,
nothing of it stays behind.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from roadbed.errors import DestinationError

_DEVICES = re.compile(r"(con|prn|aux|nul|com[1-9]|lpt[1-9])(\..*)?\Z", re.IGNORECASE)
_MAX_NAME_BYTES = 255
_MAX_PATH_BYTES = 4000


def check_destination(text: str, source_root: Path) -> Path:
    """The absolute path `text` names, if a project can be written there.

    Raises DestinationError: a hostile name, a path that is taken, or one that is not writable.
    """
    if not text:
        raise DestinationError("the destination is empty: name a folder, for instance my-service")
    given = Path(text)
    if ".." in given.parts:
        raise DestinationError(
            f"{_shown(text)} leads out of its folder with '..': give the full path"
        )
    for name in given.parts:
        _check_name(name, text)
    path = Path(os.path.abspath(given))
    if len(os.fsencode(path)) > _MAX_PATH_BYTES:
        raise DestinationError("the path of the destination is too long: use a shorter one")
    if path == source_root / "template" or source_root / "template" in path.parents:
        raise DestinationError(f"{path} lies inside the template: choose another folder")
    _check_place(path)
    return path


def _check_name(name: str, text: str) -> None:
    shown = _shown(text)
    if name in {os.sep, "."}:
        return
    if not name.isprintable():
        raise DestinationError(f"{shown} holds a control character or a broken letter: rename it")
    if len(os.fsencode(name)) > _MAX_NAME_BYTES:
        raise DestinationError(
            f"{shown} has a name of {len(os.fsencode(name))} bytes: use at most {_MAX_NAME_BYTES}"
        )
    if name.startswith("-"):
        raise DestinationError(f"{shown} looks like an option: choose a name without a leading '-'")
    if _DEVICES.match(name):
        raise DestinationError(f"{shown} is a device's name on Windows: choose another")
    if name != name.rstrip(". ") or name != name.lstrip():
        raise DestinationError(
            f"{shown} has a name that starts or ends with a space or dot: rename it"
        )


def _check_place(path: Path) -> None:
    try:
        if path.is_symlink() and not path.exists():
            raise DestinationError(f"{path} is a broken link: remove it or choose another folder")
        if path.exists() and not path.is_dir():
            raise DestinationError(f"{path} exists and is a file: choose another folder")
        if path.is_dir() and any(path.iterdir()):
            raise DestinationError(f"{path} exists and is not empty: choose another folder")
        parent = _existing(path)
    except OSError as error:
        raise DestinationError(f"{path} cannot be used: {error.strerror}") from error
    if not parent.is_dir():
        raise DestinationError(f"{parent} is a file, not a folder: choose another destination")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise DestinationError(f"{parent} is not writable: choose another folder, or its owner")


@contextmanager
def staged(path: Path) -> Iterator[Path]:
    """An empty folder that becomes `path` when the block ends well, and vanishes otherwise."""
    existed = path.is_dir()
    created = _missing_parents(path)
    try:
        staging = _make_staging(path if existed else path.parent, path)
        try:
            yield staging
            if existed:
                _move_children(staging, path)
            else:
                os.rename(staging, path)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    except BaseException:
        for folder in created:
            _remove_if_empty(folder)
        raise


def _make_staging(home: Path, path: Path) -> Path:
    try:
        home.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=".roadbed-", dir=home))
        # mkdtemp is for secrets (0700); a project's folder is as open as any other.
        staging.chmod(0o777 & ~_umask())
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise
        raise DestinationError(
            f"{path} cannot be made: {error.strerror}; choose another folder"
        ) from error
    return staging


def _move_children(staging: Path, path: Path) -> None:
    """Move everything up by one folder; each move is atomic, and a failure undoes the others."""
    moved: list[Path] = []
    try:
        for child in sorted(staging.iterdir()):
            os.rename(child, path / child.name)
            moved.append(path / child.name)
    except BaseException:
        for child in moved:
            os.rename(child, staging / child.name)
        raise


def _existing(path: Path) -> Path:
    """`path` or its nearest ancestor that exists."""
    return next(folder for folder in (path, *path.parents) if os.path.lexists(folder))


def _missing_parents(path: Path) -> list[Path]:
    """The parents that must be made, innermost first."""
    return [folder for folder in path.parents if not folder.exists()]


def _remove_if_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        return


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _shown(text: str) -> str:
    """The name as a message shows it: escaped, and never longer than a line."""
    return repr(text if len(text) <= 60 else text[:57] + "…")
