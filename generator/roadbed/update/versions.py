"""Which version is newer: releases are PEP 440 tags, `git describe` names what lies between."""

from __future__ import annotations

import re

from packaging.version import InvalidVersion, Version

_DESCRIBED = re.compile(r"(?P<tag>.+)-(?P<distance>\d+)-g[0-9a-f]+\Z")


def parse(name: str) -> Version | None:
    """The version `v1.2.0` or `v1.2.0-3-gabc1234` stands for, as Copier orders them.

    None for anything else, such as a bare commit.
    """
    described = _DESCRIBED.match(name)
    text = f"{described['tag']}.post{described['distance']}" if described else name
    # A bare commit may consist of digits alone, and would read as a version.
    if "." not in text and not text.startswith("v"):
        return None
    try:
        return Version(text)
    except InvalidVersion:
        return None
