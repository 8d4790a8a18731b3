from __future__ import annotations

from pathlib import Path

from roadbed.report import NEXT_STEPS, tree_lines


def test_tree_lists_folders_once_and_before_their_files() -> None:
    files = tuple(map(Path, ["b", "a/y", "a/x", "a/c/z"]))
    assert tree_lines(files) == ["  a/", "    c/", "      z", "    x", "    y", "  b"]


def test_the_next_steps_are_verbs_of_every_project(default_project: Path) -> None:
    makefile = (default_project / "Makefile").read_text()
    for step, _ in NEXT_STEPS:
        assert f"\n{step.removeprefix('make ')}:" in makefile
