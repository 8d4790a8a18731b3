"""Puts the template into the wheel, exactly the files git knows, its commit, and its history.

The history is what updates read. An sdist carries the same, so a wheel built from it needs no git.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGED = "roadbed/_template"
# What git alone knows; an sdist has them as files.
RECORDS = ("COMMIT", "history.bundle")


class TemplateHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds `copier.yml`, `template/` and the records to what is built."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Runs before the build; an editable install reads the checkout instead."""
        if version == "editable":
            return
        root = records = Path(self.root)
        if (root / ".git").exists():
            # Kept for the life of this process: the builder reads it after this returns.
            self._scratch = tempfile.TemporaryDirectory()
            records = Path(self._scratch.name)
            write_records(root, records)
            listed = git(
                root, "ls-files", "-z", "-co", "--exclude-standard", "copier.yml", "template"
            )
            files = [root / name for name in listed.split("\0") if name]
        else:
            files = [root / "copier.yml", *sorted((root / "template").rglob("*"))]
        prefix = f"{PACKAGED}/" if self.target_name == "wheel" else ""
        for file in [path for path in files if path.is_file()]:
            name = file.relative_to(root).as_posix()
            build_data["force_include"][str(file)] = prefix + name
        for name in RECORDS:
            build_data["force_include"][str(records / name)] = f"{prefix}{name}"


def write_records(root: Path, folder: Path) -> None:
    """The commit, and every version up to it. Raises RuntimeError for a clone without history."""
    if git(root, "rev-parse", "--is-shallow-repository").strip() == "true":
        raise RuntimeError("the clone is shallow, and updates need every version: "
                           "git fetch --unshallow --tags")  # fmt: skip
    (folder / "COMMIT").write_text(git(root, "describe", "--tags", "--always"), encoding="utf-8")
    # Neither branches nor stashes: only what is released, and what this is built from. One thread
    # packs the same bytes every time.
    bundle = str(folder / "history.bundle")
    git(root, "-c", "pack.threads=1", "bundle", "create", "--quiet", bundle, "HEAD", "--tags")


def git(root: Path, *arguments: str) -> str:
    """What git prints; the build fails when git does."""
    command = ["git", "-c", f"safe.directory={root}", "-C", str(root), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
