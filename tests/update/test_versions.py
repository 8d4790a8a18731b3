from __future__ import annotations

import pytest

from roadbed.update.versions import parse


def test_the_order_is_that_of_pep_440() -> None:
    names = ["v0.1.0", "v0.1.0-3-gabc1234", "v0.2.0rc1", "v0.2.0", "v0.10.0", "v1.0"]
    parsed = [parse(name) for name in names]
    assert None not in parsed
    assert sorted(parsed, key=str) != parsed
    assert sorted(version for version in parsed if version) == parsed


@pytest.mark.parametrize("name", ["1234567", "abc1234", "HEAD", "main", "nightly-2026"])
def test_what_is_no_version(name: str) -> None:
    assert parse(name) is None
