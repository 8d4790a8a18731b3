from __future__ import annotations

import io

import pytest

from roadbed.terminal import Terminal


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")


def test_colours_are_for_people(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Terminal.of(Tty()).paint("x", "red") == "\x1b[31mx\x1b[0m"
    assert Terminal.of(io.StringIO()).paint("x", "red") == "x"
    monkeypatch.setenv("NO_COLOR", "1")
    assert Terminal.of(Tty()).paint("x", "red") == "x"
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert Terminal.of(Tty()).paint("x", "red") == "x"


def test_paragraphs_fit_the_width_and_keep_words_whole() -> None:
    stream = io.StringIO()
    out = Terminal(stream, colours=False, width=20)
    out.paragraph("read-only words and http://127.0.0.1:8080/v1/posts", indent="  ")
    lines = stream.getvalue().splitlines()
    assert lines == ["  read-only words", "  and", "  http://127.0.0.1:8080/v1/posts"]


def test_what_the_encoding_lacks_is_escaped() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    Terminal(stream, colours=False, width=80).line("é")
    assert raw.getvalue() == b"\\xe9\n"
