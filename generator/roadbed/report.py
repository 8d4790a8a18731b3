"""What `roadbed new` says when it is done: the tree, the next steps, or JSON."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path, PurePosixPath
from typing import Any

from roadbed.steps import Run
from roadbed.terminal import Terminal

NEXT_STEPS = (
    ("make setup", "install what the project needs"),
    ("make dev", "run it, with reload"),
    ("make test", "run its tests"),
)
URLS = (
    ("http://127.0.0.1:8080/v1/posts", "the API"),
    ("http://127.0.0.1:9090/metrics", "its metrics"),
)


def reproduction(run: Run) -> str:
    """The command that makes the same project again, as a line for a POSIX shell."""
    from roadbed.answers import Judge

    named = run.request.destination
    words = ["roadbed", "new", *([named] if named else []), "--defaults"]
    judge = Judge(run.source, run.questions)
    earlier: dict[str, str] = {}
    for name, value in run.answers.items():
        if judge.default(name, earlier)[0] != value:
            words += ["--set", f"{name}={value}"]
        earlier[name] = value
    if not run.request.git:
        words.append("--no-git")
    return shlex.join(words)


def as_json(run: Run, *, written: bool) -> str:
    """The result for programs: paths are relative to `project`, which is absolute."""
    result: dict[str, Any] = {
        "project": str(run.destination),
        "written": written,
        "template": {"commit": run.source.commit, "dirty": run.source.dirty},
        "answers": run.answers,
        "files": [path.as_posix() for path in run.files],
        "command": reproduction(run),
        "next": [f"cd {shlex.quote(str(run.destination))}", *(step for step, _ in NEXT_STEPS)],
    }
    return json.dumps(result, indent=2, ensure_ascii=True)


def show_tree(run: Run) -> None:
    """The files that would be written, as a tree."""
    run.out.line(f"{run.destination}/", "bold")
    for line in tree_lines(run.files):
        run.out.line(line)
    run.out.line()
    run.out.line(f"{len(run.files)} files would be written; nothing was.")


def tree_lines(files: tuple[Path, ...]) -> list[str]:
    """An indented tree, folders before their content."""
    lines: list[str] = []
    shown: set[PurePosixPath] = set()
    for file in sorted(files, key=lambda path: path.parts):
        path = PurePosixPath(file.as_posix())
        for folder in reversed(path.parents[:-1]):
            if folder not in shown:
                shown.add(folder)
                lines.append(f"{'  ' * len(folder.parts)}{folder.name}/")
        lines.append(f"{'  ' * len(path.parts)}{path.name}")
    return lines


def show_next_steps(run: Run) -> None:
    """Where the project is and what to type now.

    No frame at the sides: lines can be copied as they are.
    """
    out = run.out
    out.line()
    out.line("─" * out.width if _draws(out) else "-" * out.width, "dim")
    out.line(f"{len(run.files)} files in {run.destination}", "bold", "green")
    out.line()
    _aligned(out, ((f"cd {shlex.quote(_short(run.destination))}", ""), *NEXT_STEPS))
    out.line()
    _aligned(out, URLS)
    out.line()
    out.line("The same project again:", "dim")
    out.line(reproduction(run))
    out.line("─" * out.width if _draws(out) else "-" * out.width, "dim")


def _aligned(out: Terminal, rows: tuple[tuple[str, str], ...]) -> None:
    wide = max(len(left) for left, right in rows if right)
    for left, right in rows:
        if not right or wide + 4 + len(right) > out.width:
            out.line(f"  {out.paint(left, 'cyan')}")
            if right:
                out.paragraph(right, "dim", indent="    ")
        else:
            out.line(f"  {out.paint(left.ljust(wide), 'cyan')}  {out.paint(right, 'dim')}")


def _draws(out: Terminal) -> bool:
    return (out.stream.encoding or "").lower().replace("-", "") == "utf8"


def _short(path: Path) -> str:
    """Relative to where the user stands, when that is shorter to type."""
    relative = os.path.relpath(path)
    return relative if not relative.startswith("..") else str(path)
