"""The template as it will be once it offers what it can render already."""

from __future__ import annotations

import re
from pathlib import Path

from tests.template.features import UPCOMING


def offer_upcoming(checkout: Path) -> None:
    """Put every choice of UPCOMING on offer in a checkout of the template."""
    questions = checkout / "copier.yml"
    text = questions.read_text("utf-8")
    for question, choices in UPCOMING.items():
        for label, value in choices.items():
            block = re.compile(rf"^{question}:\n(?:  .*\n)*?  choices:\n(?:    .*\n)*", re.MULTILINE)
            text, count = block.subn(rf"\g<0>    {label}: {value}\n", text)
            assert count == 1, question
    questions.write_text(text, "utf-8")
