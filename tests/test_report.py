from __future__ import annotations

from pathlib import Path

from roadbed.report import tree_lines


def test_tree_lists_folders_once_and_before_their_files() -> None:
    files = tuple(map(Path, ["b", "a/y", "a/x", "a/c/z"]))
    assert tree_lines(files) == ["  a/", "    c/", "      z", "    x", "    y", "  b"]
