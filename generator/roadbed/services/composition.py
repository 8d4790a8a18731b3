"""A Compose project, found by Docker's own label: also when nobody has its file any more."""

from __future__ import annotations

import subprocess

_KINDS: tuple[tuple[str, list[str], list[str]], ...] = (
    ("container", ["--all"], ["--force", "--volumes"]),
    ("network", [], []),
    ("volume", [], []),
)


def remove(name: str) -> None:
    """Every container, network and volume of it. What cannot be removed is left, in silence."""
    label = f"label=com.docker.compose.project={name}"
    for kind, every, force in _KINDS:
        listed = ["docker", kind, "ls", "--quiet", "--filter", label, *every]
        found = subprocess.run(listed, capture_output=True, text=True).stdout.split()
        if found:
            subprocess.run(["docker", kind, "rm", *force, *found], capture_output=True)
