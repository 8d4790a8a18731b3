"""The image's job of the emitted ci.yml, with a real engine, where ROADBED_REPLAY_IMAGE asks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from roadbed.matrix import Variant
from roadbed.source import TemplateSource
from tests.workflows.replayed import make_origin, one_of_each_language
from tests.workflows.runner import jobs

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("variant", one_of_each_language(), ids=lambda each: each.name)
def test_the_image_is_built_and_written_down(
    variant: Variant, source: TemplateSource, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    origin = make_origin(variant, source, tmp_path / "origin", release=False)
    (job,) = [each for each in jobs(origin / ".github/workflows/ci.yml", origin, tmp_path)
              if each.name == "image"]  # fmt: skip
    with capfd.disabled():
        job.run()
    provenance = json.loads((job.workspace / "image/provenance.json").read_text())
    assert "buildType" in json.dumps(provenance)
