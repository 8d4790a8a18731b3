"""The ledgers, docs/variants.md and docs/containers.md: what was run, on which tree, how it went.

A file is a page for people and the record itself; nobody writes it but `make matrix` and
`make containers`.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from roadbed.errors import SourceError
from roadbed.matrix import Variant

PAGE = Path("docs/variants.md")
_HEAD = """# Variants

Each row is a variant that was generated, set up, and passed its own `make lint test` and then
`roadbed verify` on real services. `tree` stands for the whole service: the row is good for as long
as the template emits the same; what stands beside it (README, image, workflows) may change.
Written by `make matrix`, never by hand; a row whose run fails is taken out. `make matrix CHANGED=1`
runs what is not good any more.

"""
CONTAINERS = Path("docs/containers.md")
_HEADS = {
    PAGE.name: _HEAD,
    CONTAINERS.name: """# Containers

Each row is a variant whose image was built, composed by its own `compose.yaml` and proven by
`roadbed verify --compose`: the same clauses, with faults by docker's stop, pause and kill, and each
process the first of its container. `tree` stands for the service, its image and its composition.
Written by `make containers`, never by hand; `make containers CHANGED=1` runs what is not good any
more.

""",
}
_RESULTS = ("tree", "clauses held", "SHOULD not met", "checks", "date", "minutes")


@dataclass(frozen=True)
class Row:
    """A variant's green run. `clauses` and `checks` count those that held; `missed` are SHOULDs.

    `date` is ISO 8601 in UTC; `minutes` are for everything, from an empty folder.
    """

    variant: str
    answers: tuple[tuple[str, str], ...]
    tree: str
    clauses: int
    missed: tuple[str, ...]
    checks: int
    date: str
    minutes: float


def make_row(
    variant: Variant, tree: str, report: Mapping[str, Any], date: str, minutes: float
) -> Row:
    """The row of a green run. `report` is what `roadbed verify --report` wrote."""
    verdicts = report["clauses"]
    return Row(
        variant=variant.name,
        answers=variant.choices,
        tree=tree,
        clauses=sum(verdict["status"] == "passed" for verdict in verdicts),
        missed=tuple(verdict["id"] for verdict in verdicts if verdict["status"] == "failed"),
        checks=sum(check["passed"] for verdict in verdicts for check in verdict["checks"]),
        date=date,
        minutes=round(minutes, 1),
    )


def read_ledger(path: Path) -> tuple[Row, ...]:
    """Its rows; none when there is no file. Raises SourceError when it was edited badly."""
    if not path.is_file():
        return ()
    lines = path.read_text(encoding="utf-8").splitlines()
    table = [_cells(line) for line in lines if line.startswith("|")]
    try:
        return tuple(_row(table[0], cells) for cells in table[2:])
    except (ValueError, IndexError) as error:
        raise SourceError(f"the ledger {path} cannot be read: run make matrix") from error


def write_ledger(path: Path, rows: Iterable[Row], order: Sequence[str]) -> None:
    """Whole or not at all. `order` names the variants in the order that the rows take."""
    listed = sorted(rows, key=lambda row: order.index(row.variant))
    questions = [name for name, _ in listed[0].answers] if listed else []
    header = ["variant", *questions, *_RESULTS]
    table = [header, ["---"] * len(header), *(_texts(row) for row in listed)]
    text = _HEADS.get(path.name, _HEAD) + "".join(f"| {' | '.join(cells)} |\n" for cells in table)
    scratch = path.with_name(path.name + ".part")
    scratch.write_text(text, encoding="utf-8")
    scratch.replace(path)


def draw(rows: Sequence[Row], seed: str, seconds: float) -> tuple[Row, ...]:
    """A sample: the same for the same seed, at least one row, and more as long as they fit."""
    drawn: list[Row] = []
    left = seconds
    for row in random.Random(seed).sample(list(rows), len(rows)):
        if not drawn or row.minutes * 60 <= left:
            drawn.append(row)
            left -= row.minutes * 60
    return tuple(drawn)


def _texts(row: Row) -> list[str]:
    missed = ", ".join(row.missed) or "none"
    results = (row.tree, row.clauses, missed, row.checks, row.date, row.minutes)
    return [row.variant, *(value for _, value in row.answers), *map(str, results)]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def _row(header: Sequence[str], cells: Sequence[str]) -> Row:
    named = dict(zip(header, cells, strict=True))
    variant = named.pop("variant")
    tree, clauses, missed, checks, date, minutes = (named.pop(name, "") for name in _RESULTS)
    return Row(
        variant=variant,
        answers=tuple(named.items()),
        tree=tree,
        clauses=int(clauses),
        missed=() if missed == "none" else tuple(missed.split(", ")),
        checks=int(checks),
        date=date,
        minutes=float(minutes),
    )
