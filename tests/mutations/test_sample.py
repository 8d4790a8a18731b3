"""A sample of the breakages against a real service; `python -m tests.mutations` runs all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutations.__main__ import ALL, generate
from tests.mutations.mutation import Mutation
from tests.mutations.runner import prove

# Quick ones, and of different kinds: a race, a forgery, a fault, a leak, a boot, a text.
SAMPLE = (
    "412-before-403", "values-are-echoed", "any-hmac", "reuse-is-only-refused", "no-row-lock",
    "same-site-passes",
    # Broken transports: publish before commit, a lost acknowledgement, a double run.
    "two-transactions", "lost-with-its-worker", "finished-jobs-run-again",
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mutations")


@pytest.mark.ci
@pytest.mark.slow
@pytest.mark.parametrize(
    "mutation", [mutation for mutation in ALL if mutation.id in SAMPLE], ids=lambda m: m.id
)
def test_the_breakage_is_caught(mutation: Mutation, folder: Path) -> None:
    proof = prove(mutation, generate(folder, mutation.variants))
    assert proof.caught, proof.story


def test_the_sample_names_breakages_there_are() -> None:
    assert set(SAMPLE) <= {mutation.id for mutation in ALL}
