"""The generator's budget: twice the CPU of rendering a template of one file."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

ROUNDS = 4
BUDGET = 2.0


def cpu(command: list[str], cwd: Path) -> float:
    """Seconds of CPU, user and system, of a command and all it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=cwd, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_new_costs_at_most_twice_a_one_file_template(tmp_path: Path) -> None:
    """The least of several alternating rounds: others' work can only add to it."""
    one = tmp_path / "one"
    one.mkdir()
    (one / "copier.yml").write_text("name: x\n")
    (one / "a.txt.jinja").write_text("{{ name }}\n")
    copier = str(Path(sys.executable).with_name("copier"))
    ours, theirs = [], []
    for turn in range(ROUNDS):
        new = [sys.executable, "-m", "roadbed", "new", f"p{turn}", "--defaults"]
        ours.append(cpu(new, tmp_path))
        copy = [copier, "copy", "--quiet", "--defaults", str(one), f"o{turn}"]
        theirs.append(cpu(copy, tmp_path))
    assert min(ours) <= BUDGET * min(theirs), (ours, theirs)
