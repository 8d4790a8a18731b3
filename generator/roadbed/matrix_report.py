"""`roadbed matrix`: which variants there are, for people, for programs and for a workflow."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Sequence

from roadbed.matrix import Variant
from roadbed.terminal import Terminal


def as_json(variants: Sequence[Variant]) -> str:
    """A list of `{"name", "answers", "command"}`."""
    described = [
        {
            "name": each.name,
            "answers": each.answers,
            "command": shlex.join(["roadbed", "new", each.name, "--defaults", *each.settings]),
        }
        for each in variants
    ]
    return json.dumps(described, indent=2, ensure_ascii=True)


def as_github(variants: Sequence[Variant]) -> str:
    """One line for a workflow's `strategy.matrix`.

    `include` is empty when there is nothing to do, which a workflow must ask about first: GitHub
    refuses an empty matrix.
    """
    include = [{"variant": each.name, **each.answers} for each in variants]
    return json.dumps({"include": include}, ensure_ascii=True, separators=(",", ":"))


def as_table(variants: Sequence[Variant]) -> str:
    """Aligned columns, one line per variant, and how many there are."""
    if not variants:
        return "no variants"
    header = ["variant", *variants[0].answers]
    rows = [header, *([each.name, *each.answers.values()] for each in variants)]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    return "\n".join([*lines, "", f"{len(variants)} variants"])


FORMATS: dict[str, Callable[[Sequence[Variant]], str]] = {
    "table": as_table,
    "json": as_json,
    "github": as_github,
}


def show_matrix(variants: Sequence[Variant], out: Terminal, *, form: str) -> None:
    """Print them."""
    for line in FORMATS[form](variants).splitlines():
        out.line(line)
