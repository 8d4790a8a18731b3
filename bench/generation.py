"""(a) What `roadbed new` costs beside Copier with a template of one file."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from bench.process import Cost, run_to_end
from bench.report import Row, Table

GOAL = 2.0
TEMPLATE = {
    "copier.yml": "_subdirectory: template\nname:\n  type: str\n  default: hello\n",
    "template/hello.txt.jinja": "{{ name }}\n",
}


def measure(rounds: int) -> Table:
    """Both rendered in turns, `rounds` times each; every run into a new folder."""
    scripts = Path(sys.executable).parent
    env = {**os.environ, "NO_COLOR": "1"}
    ours: list[Cost] = []
    theirs: list[Cost] = []
    with tempfile.TemporaryDirectory(prefix="roadbed-bench-") as name:
        scratch = Path(name)
        template = scratch / "one-file"
        for path, text in TEMPLATE.items():
            (template / path).parent.mkdir(parents=True, exist_ok=True)
            (template / path).write_text(text, "utf-8")
        new = [str(scripts / "roadbed"), "new", "--defaults", "--no-git"]
        copy = [str(scripts / "copier"), "copy", "--quiet", "--defaults", str(template)]
        for turn in range(rounds + 1):
            pair = (
                run_to_end([*copy, str(scratch / f"theirs-{turn}")], scratch, env),
                run_to_end([*new, str(scratch / f"ours-{turn}")], scratch, env),
            )
            if turn:  # the first of each warms the caches
                theirs.append(pair[0])
                ours.append(pair[1])
    return Table(
        "generate",
        "roadbed new --defaults --no-git  against  copier copy of a one-file template",
        ("roadbed new", "one-file copier"),
        [
            Row.ratio("CPU s", [run.cpu for run in ours], [run.cpu for run in theirs], most=GOAL),
            Row.ratio("wall s", [run.wall for run in ours], [run.wall for run in theirs]),
        ],
    )
