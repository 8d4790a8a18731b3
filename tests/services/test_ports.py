"""Ports are given out once, over processes too."""

from __future__ import annotations

import subprocess
import sys

from roadbed.services import ports


def test_never_the_same_port_twice() -> None:
    given = [ports.free_port() for _ in range(20)]
    assert len(set(given)) == len(given)


def test_another_process_is_not_given_a_port_of_ours() -> None:
    ours = ports.free_port()
    probe = f"from roadbed.services import ports; print(ports._reserve({ours}))"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_port_is_free_again_once_its_process_is_gone() -> None:
    probe = "from roadbed.services import ports; print(ports.free_port())"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert ports._reserve(int(done.stdout))
