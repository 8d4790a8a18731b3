"""In a terminal: the plan, then a question, and nothing without a yes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pexpect
import pytest

from roadbed.errors import INTERRUPTED, OK
from tests.conftest import tree
from tests.update.conftest import Make, Maker
from tests.update.released import V1, V4


def terminal(project: Path) -> pexpect.spawn:
    return pexpect.spawn(
        sys.executable, ["-m", "roadbed", "update", str(project)],
        env={**os.environ, "TERM": "xterm"}, encoding="utf-8", timeout=60, dimensions=(50, 80),
    )  # fmt: skip


@pytest.mark.parametrize("key", ["n", "\x03"])
def test_no_changes_nothing(key: str, make: Make) -> None:
    project = make(V1)
    before = tree(project)
    child = terminal(project)
    child.expect("Apply this")
    assert "new_name.py" in child.before
    child.send(key)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == INTERRUPTED
    assert "nothing was changed" in child.before
    assert tree(project) == before


def test_yes_applies(make: Make, maker: Maker) -> None:
    project = make(V1)
    child = terminal(project)
    child.expect("Apply this")
    child.send("y")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == OK
    assert tree(project) == tree(maker.fresh(V4))
