from __future__ import annotations

import io

import pytest

from app.errors import MalformedRequest, PayloadTooLarge
from app.wsgi.body import Bounded


class Broken:
    def read(self, _: int) -> bytes:
        raise ConnectionResetError


def test_a_body_of_exactly_the_limit_is_read_whole() -> None:
    assert Bounded(io.BytesIO(b"x" * 100_000), 100_000).read() == b"x" * 100_000


def test_one_byte_more_is_refused_whatever_was_announced() -> None:
    with pytest.raises(PayloadTooLarge):
        Bounded(io.BytesIO(b"x" * 100_001), 100_000).read()


def test_a_body_that_breaks_off_is_malformed() -> None:
    with pytest.raises(MalformedRequest):
        Bounded(Broken(), 100).read()
