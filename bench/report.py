"""Plain tables, ratios first, and the same as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Row:
    """Medians of the same figure for both sides; `ratio` is ours to theirs.

    `goal` is the bound that the ratio is held to, '' when there is none.
    """

    what: str
    ratio_of_medians: float
    ours: float
    theirs: float
    goal: str
    met: bool

    @classmethod
    def ratio(
        cls,
        what: str,
        ours: Sequence[float],
        theirs: Sequence[float],
        *,
        least: float | None = None,
        most: float | None = None,
    ) -> Row:
        """A row from all rounds of both sides; at most one of `least` and `most` is the goal."""
        mine, other = median(ours), median(theirs)
        ratio = mine / other
        goal = f">= {least:.2f}" if least is not None else f"<= {most:.2f}" if most else ""
        met = (least is None or ratio >= least) and (most is None or ratio <= most)
        return cls(what, ratio, mine, other, goal, met)


@dataclass(frozen=True)
class Table:
    """Rows that were measured in one go, of the two `sides`: ours, then what it is held against."""

    name: str
    title: str
    sides: tuple[str, str]
    rows: list[Row]
    note: str = ""

    @property
    def met(self) -> bool:
        return all(row.met for row in self.rows)


def as_text(table: Table) -> str:
    """The table for people: columns aligned, no colours."""
    head = ("ratio", "goal", "", *table.sides)
    cells = [head] + [
        (
            f"{row.ratio_of_medians:.2f}",
            row.goal + ("" if row.met else "  MISSED"),
            row.what,
            _figure(row.ours),
            _figure(row.theirs),
        )
        for row in table.rows
    ]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    lines = [table.title]
    for row in cells:
        left = [row[0].rjust(widths[0]), row[1].ljust(widths[1]), row[2].ljust(widths[2])]
        right = [row[3].rjust(widths[3]), row[4].rjust(widths[4])]
        lines.append("  " + "  ".join([*left, *right]).rstrip())
    if table.note:
        lines.append(f"  ({table.note})")
    return "\n".join(lines)


def as_data(tables: Sequence[Table]) -> list[dict[str, Any]]:
    """The tables as plain data, for `--json`."""
    return [asdict(table) for table in tables]


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
