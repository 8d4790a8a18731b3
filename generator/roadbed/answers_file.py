"""Where a project records its answers: Copier lets people name the file (`copier copy -a`)."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

USUAL = PurePosixPath(".copier-answers.yml")
# As Copier's manual names them where a project is made from several templates.
_OTHERS = ".copier-answers*.y*ml"


def answers_files(root: Path) -> tuple[PurePosixPath, ...]:
    """The usual one, where there is one; else every file at `root` that is named like one."""
    if (root / USUAL).is_file():
        return (USUAL,)
    return tuple(PurePosixPath(path.name) for path in sorted(root.glob(_OTHERS)) if path.is_file())
