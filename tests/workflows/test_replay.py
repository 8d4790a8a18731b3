"""The emitted ci.yml, run step by step on a fresh generation, with the services it names.

A run takes two variants, `make replay` every queue. A failure keeps the job's folder in
.test-output/.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from roadbed.matrix import Variant
from roadbed.source import TemplateSource
from tests.conftest import KEPT, run
from tests.template.features import LANGUAGES
from tests.workflows.replayed import RELEASE, chosen, make_origin
from tests.workflows.runner import Job, jobs

pytestmark = [pytest.mark.ci, pytest.mark.slow]

CI = ".github/workflows/ci.yml"
# Of the jobs, the one that needs an engine: test_image.py has it.
IMAGE = "image"
VARIANTS = chosen()
# What a language's lint says of having looked; its exit code says the rest.
LINTED = {"python": "no issues found", "node": "No fixes applied"}


@pytest.fixture
def top(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A folder that is kept when the test fails."""
    KEPT.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="replay-", dir=KEPT))
    failed = request.session.testsfailed
    yield folder
    if request.session.testsfailed == failed:
        shutil.rmtree(folder)


def play(variant: Variant, source: TemplateSource, top: Path, *, release: bool) -> list[Job]:
    origin = make_origin(variant, source, top / "origin", release=release)
    return [job for job in jobs(origin / CI, origin, top) if job.name != IMAGE]


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda each: each.name)
def test_every_job_passes(
    variant: Variant,
    source: TemplateSource,
    top: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    played = play(variant, source, top, release=True)
    assert [job.name for job in played] == [
        "lint",
        "test",
        "migrations-nothing",
        "migrations-the-last-release",
    ]
    with capfd.disabled():
        for job in played:
            print(f"\n{variant.name}: {job.name}")
            job.run()
    lint, test, nothing, release = played
    assert LINTED[LANGUAGES[variant.answers["framework"]]] in lint.said
    assert " passed" in test.said
    assert " skipped" not in test.said
    assert nothing.said.count("migrations_done") == 1
    assert release.said.count("migrations_done") == 2
    at = run("git", "describe", "--tags", cwd=release.temporary / "release")
    assert at.strip() == RELEASE


def test_without_a_release_it_says_so_and_migrates(
    source: TemplateSource, top: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    job = play(VARIANTS[0], source, top, release=False)[-1]
    with capfd.disabled():
        job.run()
    assert "::notice::There is no release" in job.said
    assert job.said.count("migrations_done") == 1
