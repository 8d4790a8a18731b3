from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from roadbed import doctor
from roadbed.doctor import Finding
from roadbed.errors import INCOMPLETE, OK
from roadbed.questions import load_questions
from roadbed.services import ServiceError
from roadbed.source import TemplateSource
from roadbed.terminal import Terminal
from tests.conftest import Roadbed

GIT, NO_GIT, NO_UV = (
    Finding("git", "x", "git version 2", "apt-get install git"),
    Finding("git", "x", "", "apt-get install git"),
    Finding("uv", "x", "", "pip install uv"),
)


def shown(*findings: Finding, as_json: bool = False) -> tuple[int, str]:
    stream = io.StringIO()
    out = Terminal(stream, colours=False, width=80)
    return doctor.show_findings(findings, ["fastapi"], out, as_json=as_json), stream.getvalue()


def test_what_is_required_decides_the_exit_code() -> None:
    assert shown(GIT, NO_UV)[0] == OK
    assert shown(NO_GIT, NO_UV)[0] == INCOMPLETE
    assert shown(NO_GIT, as_json=True)[0] == INCOMPLETE


def test_what_is_missing_says_what_to_run() -> None:
    _, text = shown(GIT, NO_UV)
    assert text.count("to fix, run: ") == 1
    assert "to fix, run: pip install uv" in text


def test_a_framework_names_what_it_lacks() -> None:
    make = Finding("make", "x", "", "apt-get install make")
    assert "needs make fastapi" in shown(make)[1]
    assert json.loads(shown(make, as_json=True)[1])["missing_for"] == {"fastapi": ["make"]}


def test_a_tool_that_only_other_frameworks_need_is_left_out() -> None:
    npm = Finding("npm", "x", "", "apt-get install npm")
    assert "npm" not in shown(GIT, npm)[1] + shown(GIT, npm, as_json=True)[1]


def test_every_framework_has_its_needs(widened: TemplateSource) -> None:
    offered = load_questions(widened.questions_file)["framework"].values
    assert set(doctor.NEEDS) == set(offered)
    names = {finding.name for finding in doctor.examine()}
    assert names >= {need for needs in doctor.NEEDS.values() for need in needs}


def test_a_missing_broker_is_no_fault_and_says_what_to_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nowhere() -> Path:
        raise ServiceError("no RabbitMQ")

    monkeypatch.setattr(doctor, "find_rabbitmq", nowhere)
    finding = {found.name: found for found in doctor.examine()}["rabbitmq-server"]
    assert not finding.ok
    assert not finding.required
    assert "apt-get install rabbitmq-server" in finding.fix


def test_this_machine(roadbed: Roadbed) -> None:
    outcome = roadbed("doctor", "--json")
    findings = {finding["name"]: finding for finding in json.loads(outcome.out)["findings"]}
    assert outcome.code == OK
    for name in ("python", "git", "make"):
        assert findings[name]["ok"], findings[name]
    assert all(finding["ok"] or finding["fix"] for finding in findings.values())
    assert not any("\033" in finding["found"] for finding in findings.values())
