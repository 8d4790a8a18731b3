"""Image, composition and observability of every variant, checked by their own tools, unbuilt."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from roadbed.fingerprint import render_variant
from roadbed.matrix import beside_variants, default_variant, every_variant
from roadbed.questions import load_questions
from roadbed.source import TemplateSource
from tests.conftest import ROOT, run

BIN = Path(sys.executable).parent
OBSERVABILITY = ROOT / "template/deploy/observability"
# Contract, OBS-07 and OBS-09, and what Prometheus knows of its targets.
METRICS = {
    "http_server_request_duration_seconds",
    "jobs_processed_total",
    "job_duration_seconds",
    "jobs_pending",
    "jobs_dead",
    "jobs_oldest_pending_age_seconds",
    "cache_requests_total",
    "rate_limit_decisions_total",
    "up",
}
_WORDS = {
    "and", "by", "decision", "histogram_quantile", "http_request_method", "http_response_status_code",
    "http_route", "job", "job_type", "le", "max", "or", "outcome", "policy", "rate", "result", "sum",
    "vector",
}  # fmt: skip


@pytest.fixture(scope="module")
def projects(
    widened: TemplateSource, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Path]]:
    """Every variant, rendered."""
    top = tmp_path_factory.mktemp("delivery")
    questions = load_questions(widened.questions_file)
    services = every_variant(widened, questions)
    beside = beside_variants(default_variant(services, questions), questions)
    for variant in (*services, *beside):
        render_variant(variant, widened, top / variant.name)
    yield sorted(top.iterdir())
    shutil.rmtree(top)


def distinct(projects: list[Path], pattern: str) -> list[Path]:
    """The files of this name, each text once."""
    return list({path.read_text("utf-8"): path for p in projects for path in p.glob(pattern)}.values())


def test_dockerfiles_are_sound(projects: list[Path]) -> None:
    files = distinct(projects, "Dockerfile")
    assert files
    run(BIN / "hadolint", *files, cwd=ROOT)


def test_compose_files_keep_the_specification(projects: list[Path]) -> None:
    files = distinct(projects, "compose.yaml") + distinct(projects, "deploy/compose/*.yaml")
    assert len(files) > 5
    schema = ["--builtin-schema", "vendor.compose-spec"]
    run(BIN / "check-jsonschema", *schema, *files, cwd=ROOT)


@pytest.mark.ci
def test_compose_resolves_every_variant(projects: list[Path]) -> None:
    for project in projects:
        run("docker", "compose", "--profile", "*", "config", "--quiet", cwd=project)


def test_a_broken_dockerfile_and_a_broken_composition_are_seen(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian:latest\nCMD python\n")
    (tmp_path / "compose.yaml").write_text("services: {api: {imagee: x}}\n")
    for words in (
        ["hadolint", "Dockerfile"],
        ["check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml"],
    ):
        words[0] = str(BIN / words[0])
        assert subprocess.run(words, cwd=tmp_path, capture_output=True, check=False).returncode


def expressions() -> list[str]:
    """Every query of the alert rules and the dashboard."""
    alerts = yaml.safe_load((OBSERVABILITY / "alerts.yml").read_text("utf-8"))
    board = json.loads((OBSERVABILITY / "grafana/dashboards/service.json").read_text("utf-8"))
    return [rule["expr"] for group in alerts["groups"] for rule in group["rules"]] + [
        target["expr"] for panel in board["panels"] for target in panel.get("targets", [])
    ]


def test_queries_ask_for_what_the_contract_promises() -> None:
    asked = set()
    for text in expressions():
        bare = re.sub(r'"[^"]*"|\[[^\]]*\]', "", text)
        for word in re.findall(r"[a-z_]{2,}", bare):
            asked.add(re.sub(r"_(bucket|count|sum)$", "", word))
    assert asked - _WORDS == METRICS


def test_every_image_is_pinned(projects: list[Path]) -> None:
    files = distinct(projects, "deploy/compose/*.yaml")
    images = {
        service["image"]
        for path in files
        for service in yaml.safe_load(path.read_text("utf-8"))["services"].values()
    }
    assert len(images) > 8
    assert [image for image in images if not re.search(r":v?\d+\.\d+", image)] == []


def test_images_that_are_named_twice_are_named_alike(projects: list[Path]) -> None:
    named: dict[str, set[str]] = {}
    for path in distinct(projects, "deploy/compose/*.yaml") + distinct(projects, "compose.yaml"):
        for name, tag in re.findall(r"image: ([\w./-]+):(\S+)", path.read_text("utf-8")):
            named.setdefault(name, set()).add(tag)
    assert {name: tags for name, tags in named.items() if len(tags) > 1} == {}
