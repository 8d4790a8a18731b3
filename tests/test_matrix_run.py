"""`make matrix`: which variants it runs, and what a red one leaves.

That green ones are written is proven by the ledger itself.
"""

from __future__ import annotations

import io
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from roadbed.errors import AnswersError
from roadbed.fingerprint import fingerprints
from roadbed.ledger import Row, read_ledger, write_ledger
from roadbed.matrix import Variant
from roadbed.matrix_run import Containers, Matrix
from roadbed.source import open_source
from roadbed.terminal import Terminal


@pytest.fixture(scope="module")
def clone(snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout of few variants, whose projects cannot be set up, and say why."""
    folder = tmp_path_factory.mktemp("matrix") / "clone"
    shutil.copytree(snapshot, folder)
    makefile = folder / "template/{{ layer_python }}/Makefile.jinja"
    makefile.write_text("setup:\n\t@echo no network; false\n")
    questions = folder / "copier.yml"
    text = questions.read_text("utf-8")
    # Two frameworks show as much as all of them.
    questions.write_text(re.sub(r"    .*\): (?!fastapi|flask)[a-z]+\n", "", text), "utf-8")
    return folder


def matrix(clone: Path, ledger: Path) -> Matrix:
    return Matrix(open_source(clone), Terminal(io.StringIO(), colours=False, width=80), ledger)


def row(variant: Variant, tree: str = "0" * 16) -> Row:
    return Row(variant.name, variant.choices, tree, 1, (), 1, "2026-11-22", 1.0)


def test_pairwise_unless_more_or_others_are_asked_for(clone: Path, tmp_path: Path) -> None:
    plain = matrix(clone, tmp_path / "l.md")
    few = plain.choose(None, every=False, changed=False)
    assert plain.default in few
    assert plain.choose(None, every=True, changed=False) == plain.offered
    assert len(few) < len(plain.offered)
    last = plain.offered[-1]
    assert plain.choose(f"{last.name}, {few[0].name}", every=False, changed=False) == (
        few[0],
        last,
    )
    with pytest.raises(AnswersError, match="no such variant"):
        plain.choose("nobody", every=False, changed=False)


def test_in_containers_the_default_by_each_queue_and_what_has_a_row(
    clone: Path, tmp_path: Path
) -> None:
    source, out = open_source(clone), Terminal(io.StringIO(), colours=False, width=80)
    plain = Containers(source, out, tmp_path / "l.md")
    few = plain.choose(None, every=False, changed=False)
    queues = {dict(each.choices)["queue"] for each in plain.offered}
    assert plain.default in few
    assert {dict(each.choices)["queue"] for each in few} == queues
    assert len(few) == len(queues)

    more = plain.offered[-1]
    assert more not in few
    order = [each.name for each in plain.offered]
    write_ledger(tmp_path / "l.md", [row(more)], order)
    known = Containers(source, out, tmp_path / "l.md")
    assert known.choose(None, every=False, changed=True) == (*few, more)


def test_changed_is_what_is_stale_or_missing(clone: Path, tmp_path: Path) -> None:
    """Rows that are good stay, whichever set they were run for."""
    ledger = tmp_path / "l.md"
    everything = matrix(clone, ledger).offered
    order = [each.name for each in everything]
    trees = fingerprints(everything, open_source(clone))
    good = [row(each, trees[each.name]) for each in everything]
    write_ledger(ledger, good, order)
    assert matrix(clone, ledger).choose(None, every=False, changed=True) == ()
    write_ledger(ledger, [replace(good[0], tree="f" * 16), *good[1:-1]], order)
    # The last one's pairs are in other rows.
    assert matrix(clone, ledger).choose(None, every=False, changed=True) == (everything[0],)
    assert matrix(clone, ledger).choose(None, every=True, changed=True) == (
        everything[0],
        everything[-1],
    )


def test_a_red_variant_takes_its_row_out_and_stays_on_disk(clone: Path, tmp_path: Path) -> None:
    ledger = tmp_path / "l.md"
    offered = matrix(clone, ledger).offered
    write_ledger(ledger, [row(each) for each in offered], [each.name for each in offered])
    run = matrix(clone, ledger)
    faults = run.run(offered[:1])
    assert [fault.partition(", see")[0] for fault in faults] == [
        f"{offered[0].name}: setup ended with 2"
    ]
    assert [kept.variant for kept in read_ledger(ledger)] == [each.name for each in offered[1:]]
    folder = clone / ".test-output/matrix" / offered[0].name
    assert "no network" in (folder / "setup.log").read_text()
    assert (folder / "my-service/README.md").is_file()
    assert isinstance(run.out.stream, io.StringIO)
    assert "no network" in run.out.stream.getvalue()


def test_a_part_of_the_suite_writes_nothing(clone: Path, tmp_path: Path) -> None:
    ledger = tmp_path / "l.md"
    run = matrix(clone, ledger)
    run.clauses = "HTTP-01"
    assert run.run(run.offered[:1])
    assert not ledger.exists()
