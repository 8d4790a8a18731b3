from __future__ import annotations

import itertools

import pytest

from roadbed.update.entries import Entry
from roadbed.update.merge import merge
from tests.update.released import text

BASE = text("line")
OURS = BASE.replace("line 3\n", "ours\n")
THEIRS = BASE.replace("line 20\n", "theirs\n")
BOTH = OURS.replace("line 20\n", "theirs\n")


def entry(content: str, **options: bool) -> Entry:
    return Entry(content.encode(), **options)


def crlf(content: str) -> str:
    return content.replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("in_base", "in_ours", "in_theirs"), list(itertools.product((False, True), repeat=3))
)
def test_line_ends_are_merged_like_any_other_edit(
    in_base: bool, in_ours: bool, in_theirs: bool
) -> None:
    sides = [crlf(side) if windows else side for side, windows in
             ((BASE, in_base), (OURS, in_ours), (THEIRS, in_theirs))]  # fmt: skip
    merged = merge(*map(entry, sides))
    assert merged is not None
    wanted = in_ours if in_ours != in_base else in_theirs
    assert merged.entry.data.decode() == (crlf(BOTH) if wanted else BOTH)
    assert merged.conflicts == 0


def test_mixed_line_ends_are_merged_as_they_stand() -> None:
    ours = OURS.replace("line 10\n", "line 10\r\n")
    merged = merge(entry(BASE), entry(ours), entry(THEIRS))
    assert merged is not None
    assert merged.entry.data.decode() == ours.replace("line 20\n", "theirs\n")


def test_no_line_end_at_the_end() -> None:
    merged = merge(entry("a\nb\nc\nd"), entry("A\nb\nc\nd"), entry("a\nb\nc\nd\ne"))
    assert merged is not None
    assert b"A\n" in merged.entry.data
    assert b"e" in merged.entry.data


@pytest.mark.parametrize("bits", list(itertools.product((False, True), repeat=3)))
def test_the_executable_bit_is_merged(bits: tuple[bool, bool, bool]) -> None:
    base, ours, theirs = bits
    merged = merge(
        entry(BASE, executable=base), entry(OURS, executable=ours), entry(THEIRS, executable=theirs)
    )
    assert merged is not None
    assert merged.entry.executable == (ours if ours != base else theirs)


@pytest.mark.parametrize(
    ("base", "ours", "theirs"),
    [
        (Entry(b"\0a"), Entry(b"\0b"), Entry(b"\0c")),
        (None, Entry(b"\0b"), Entry(b"\0c")),
        (Entry(b"a"), Entry(b"x", link=True), Entry(b"b")),
        (Entry("a".encode("utf-16")), Entry("b".encode("utf-16")), Entry("c".encode("utf-16"))),
    ],
)
def test_what_cannot_be_written_into_one(base: Entry | None, ours: Entry, theirs: Entry) -> None:
    assert merge(base, ours, theirs) is None


def test_two_files_that_were_added_apart() -> None:
    merged = merge(None, entry("ours\n"), entry("theirs\n"))
    assert merged is not None
    assert merged.conflicts == 1
    assert b"ours\n" in merged.entry.data
    assert b"theirs\n" in merged.entry.data


def test_a_binary_only_the_template_changed_is_taken() -> None:
    merged = merge(Entry(b"\0a"), Entry(b"\0a", executable=True), Entry(b"\0b"))
    assert merged is not None
    assert merged.entry == Entry(b"\0b", executable=True)
