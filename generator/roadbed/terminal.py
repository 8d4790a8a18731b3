"""What the terminal can show: colours, width, and whether anybody is there to answer."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from dataclasses import dataclass
from typing import TextIO

MAX_WIDTH = 88
_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


@dataclass(frozen=True)
class Terminal:
    """A stream to write to. `width` is in columns, at most `MAX_WIDTH`."""

    stream: TextIO
    colours: bool
    width: int

    @classmethod
    def of(cls, stream: TextIO) -> Terminal:
        """Colours only for a person at a terminal who has not asked for none (NO_COLOR)."""
        person = stream.isatty() and os.environ.get("TERM") != "dumb"
        colours = person and not os.environ.get("NO_COLOR")
        return cls(stream, colours, min(shutil.get_terminal_size((80, 24)).columns, MAX_WIDTH))

    def paint(self, text: str, *styles: str) -> str:
        """`text` in the given styles, or as it is where colours are off."""
        if not self.colours or not text:
            return text
        codes = ";".join(_CODES[style] for style in styles)
        return f"\x1b[{codes}m{text}\x1b[0m"

    def line(self, text: str = "", *styles: str) -> None:
        """Write one line."""
        print(self.paint(encodable(text, self.stream), *styles), file=self.stream, flush=True)

    def paragraph(self, text: str, *styles: str, indent: str = "") -> None:
        """Write text, wrapped between words to the terminal's width."""
        lines = textwrap.wrap(
            text,
            self.width,
            initial_indent=indent,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in lines or [""]:
            self.line(line, *styles)


def encodable(text: str, stream: TextIO) -> str:
    """`text` with what the stream's encoding lacks written as escapes, so printing never fails."""
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def is_interactive() -> bool:
    """Whether a person can be asked: both ends are a terminal that can move its cursor."""
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
