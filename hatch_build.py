"""Puts the template into the wheel, exactly the files git knows, and records its commit.

An sdist carries the same files and a COMMIT file, so a wheel built from it needs no git.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGED = "roadbed/_template"


class TemplateHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds `copier.yml`, `template/` and `COMMIT` to what is built."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Runs before the build; an editable install reads the checkout instead."""
        if version == "editable":
            return
        root = Path(self.root)
        commit = root / "COMMIT"
        if (root / ".git").exists():
            # Kept for the life of this process: the builder reads it after this returns.
            self._scratch = tempfile.TemporaryDirectory()
            commit = Path(self._scratch.name) / "COMMIT"
            commit.write_text(git(root, "describe", "--tags", "--always"), encoding="utf-8")
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
        build_data["force_include"][str(commit)] = f"{prefix}COMMIT"


def git(root: Path, *arguments: str) -> str:
    """What git prints; the build fails when git does."""
    command = ["git", "-c", f"safe.directory={root}", "-C", str(root), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
