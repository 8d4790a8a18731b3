"""`make matrix` and `make containers`: run variants and keep their ledgers.

Each variant is generated, set up, linted, tested and verified. A green run is written to
docs/variants.md at once, so that an interrupted matrix keeps what it has; a red one takes its row
out.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from roadbed.demo_interrupts import Interrupts
from roadbed.errors import INTERRUPTED, NOT_RUN, RoadbedError, UsageError
from roadbed.fingerprint import COMPOSED, fingerprints
from roadbed.ledger import CONTAINERS, PAGE, Row, make_row, read_ledger, write_ledger
from roadbed.matrix import Variant, default_variant, every_variant, named, pairwise
from roadbed.questions import load_questions
from roadbed.services import ServiceError
from roadbed.source import TemplateSource, find_source
from roadbed.terminal import Terminal
from roadbed.trial import Red, Trial

GREEN = 0
RED = 1
_OUTPUT = Path(".test-output/matrix")


@dataclass
class Matrix:
    """The variants on offer, the ledger, and what is to be run."""

    source: TemplateSource
    out: Terminal
    ledger: Path
    interrupts: Interrupts = field(default_factory=Interrupts)
    clauses: str | None = None

    def __post_init__(self) -> None:
        questions = load_questions(self.source.questions_file)
        self.offered = every_variant(self.source, questions)
        self.default = default_variant(self.offered, questions)
        self.rows = {row.variant: row for row in read_ledger(self.ledger)}

    def choose(self, rows: str | None, *, every: bool, changed: bool) -> tuple[Variant, ...]:
        """The variants to run. Raises AnswersError for a name that is not offered.

        With `changed`, the ledger's own variants are kept and others added only for pairs that
        none of them has; those whose tree is still the ledger's are left out.
        """
        if rows:
            chosen = named(rows.replace(",", " ").split(), self.offered)
        elif every:
            chosen = self.offered
        else:
            known = [each for each in self.offered if each.name in self.rows] if changed else []
            chosen = pairwise(self.offered, *{self.default, *known})
        if not changed:
            return chosen
        trees = self._trees(chosen)
        return tuple(
            each
            for each in chosen
            if each.name not in self.rows or self.rows[each.name].tree != trees[each.name]
        )

    def run(self, chosen: Sequence[Variant]) -> list[str]:
        """Run them one after the other; the faults of those that are red."""
        faults = []
        for number, variant in enumerate(chosen, 1):
            self.out.line(f"==> {variant.name} ({number} of {len(chosen)})", "bold")
            try:
                row = self._try(variant)
            except Red as red:
                self.out.line(f"    red: {red}", "red")
                faults.append(str(red))
                self._record(variant, None)
            else:
                held = f"{row.clauses} clauses, {row.checks} checks, {row.minutes} minutes"
                self.out.line(f"    green: {held}", "green")
                self._record(variant, row)
        return faults

    def _try(self, variant: Variant) -> Row:
        folder = self.source.root / _OUTPUT / variant.name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        started = time.monotonic()
        trial = Trial(variant, self.source, folder, self.out, self.interrupts)
        trial.generate()
        tree = self._trees((variant,))[variant.name]
        report = self._prove(trial)
        minutes = (time.monotonic() - started) / 60
        shutil.rmtree(folder)  # a red one's stays
        return make_row(variant, tree, report, datetime.now(UTC).date().isoformat(), minutes)

    def _trees(self, chosen: tuple[Variant, ...]) -> dict[str, str]:
        """What each row stands for, as it is now."""
        return fingerprints(chosen, self.source)

    def _prove(self, trial: Trial) -> dict[str, Any]:
        return trial.prove(self.clauses)

    def _record(self, variant: Variant, row: Row | None) -> None:
        """Into the ledger as it stands now; nothing where only some clauses were run."""
        if self.clauses is not None:
            return
        rows = {found.variant: found for found in read_ledger(self.ledger)}
        rows.pop(variant.name, None)
        if row is not None:
            rows[variant.name] = row
        order = [each.name for each in self.offered]
        write_ledger(self.ledger, [rows[name] for name in order if name in rows], order)


class Containers(Matrix):
    """The same variants in containers, with a ledger of their own: the default's, by each queue,
    and whatever else has a row."""

    def choose(self, rows: str | None, *, every: bool, changed: bool) -> tuple[Variant, ...]:
        if not (rows or every):
            default = set(self.default.choices)
            chosen = [
                each.name
                for each in self.offered
                if each.name in self.rows
                or all(name == "queue" for name, _ in set(each.choices) - default)
            ]
            rows = " ".join(chosen)
        return super().choose(rows, every=every, changed=changed)

    def _trees(self, chosen: tuple[Variant, ...]) -> dict[str, str]:
        return fingerprints(chosen, self.source, beside=COMPOSED)

    def _prove(self, trial: Trial) -> dict[str, Any]:
        return trial.prove_composed(self.clauses)


def main(words: Sequence[str] | None = None) -> int:
    """0 when all are green, 1 when one is red, 13 without servers, 130 when interrupted."""
    arguments = _parser().parse_args(words)
    out, interrupts = Terminal.of(sys.stdout), Interrupts()
    with interrupts.listening():
        try:
            source = find_source()
            if not (source.root / ".git").exists():
                raise UsageError("the matrix needs a clone of the repository: run it in one")
            kind, page = (Containers, CONTAINERS) if arguments.compose else (Matrix, PAGE)
            matrix = kind(source, out, source.root / page, interrupts, arguments.clauses)
            chosen = matrix.choose(arguments.rows, every=arguments.all, changed=arguments.changed)
            faults = matrix.run(chosen)
        except KeyboardInterrupt:
            return _fail(["interrupted; finished rows are in the ledger"], INTERRUPTED)
        except RoadbedError as error:
            return _fail(error.faults, error.exit_code)
        except (ServiceError, OSError) as error:
            return _fail([str(error)], NOT_RUN)
    if arguments.clauses is not None:
        out.line("Only some clauses were run: nothing was written to the ledger.")
    out.line(f"{len(chosen) - len(faults)} of {len(chosen)} variants are green.", "bold")
    return _fail(faults, RED) if faults else GREEN


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m roadbed.matrix_run", description=__doc__)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--rows", default=os.environ.get("ROWS"), help="these variants, by name")
    which.add_argument("--all", action="store_true", help="every variant (default: pairwise)")
    parser.add_argument("--compose", action="store_true", help="in containers, by each queue")
    changed = os.environ.get("CHANGED", "") not in ("", "0")
    parser.add_argument(
        "--changed",
        action="store_true",
        default=changed,
        help="only where the tree is not the row's",
    )
    parser.add_argument("--clauses", metavar="LIST", help="to try it out: writes no ledger")
    return parser


def _fail(faults: Sequence[str], code: int) -> int:
    for fault in faults:
        print(f"matrix: {' '.join(fault.split())}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
