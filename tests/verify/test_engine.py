"""The engine on a stand-in project: stands, services, verdicts, reports."""

from __future__ import annotations

import io
import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from roadbed.verify import Progress, Report, load, verify
from roadbed.verify.check import Check, Failed
from roadbed.verify.client import NoAnswer
from roadbed.verify.process import Crashed
from roadbed.verify.project import NotAProject, Project
from roadbed.verify.run import Run
from roadbed.verify.stand import Stand
from roadbed.verify.target import Target

STANDIN = Path(__file__).parent / "standin"


@pytest.fixture(scope="module")
def project() -> Project:
    return load(STANDIN)


@pytest.fixture(scope="module")
def stand(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with Stand(Run(project, tmp_path_factory.mktemp("run")), "default", {}) as made:
        yield made


@pytest.fixture
def target(stand: Stand) -> Target:
    stand.prepare(("api", "api2", "worker"))
    return Target(stand, stand.run)


def test_a_service_is_found_below_make_and_ends_in_order(target: Target) -> None:
    answer = target.admin("worker").get("/pid")
    assert answer.json["pid"] == target.ctl.pid("worker")
    target.ctl.signal("worker", signal.SIGTERM)
    assert target.ctl.wait_exit("worker", 5) == 0


def test_a_killed_service_comes_back_with_prepare(target: Target) -> None:
    before = target.ctl.pid("api")
    target.ctl.kill("api")
    with pytest.raises(OSError, match="refused"):
        target.api.get("/healthz")
    target.stand.prepare(("api",))
    assert target.ctl.pid("api") != before


def test_a_paused_service_answers_nobody(target: Target) -> None:
    target.ctl.pause("api")
    with pytest.raises(OSError, match="no answer within"):
        target.api.get("/healthz", timeout=0.3)
    target.ctl.unpause("api")
    assert target.api.get("/healthz").status == 200


def test_prepare_runs_exactly_what_is_asked_for(target: Target) -> None:
    target.stand.prepare(("api", "worker2"))
    running = {name for name, service in target.stand.services.items() if service.running}
    assert running == {"api", "worker2"}


def test_logs_are_kept_over_incarnations(target: Target) -> None:
    target.ctl.restart("api")
    started = [line for line in target.logs("api") if line.record and "secret" in line.record]
    assert len(started) >= 2
    assert started[0].at <= started[-1].at


def test_one_shot_commands_give_exit_codes(target: Target) -> None:
    assert target.ctl.run("migrate").code == 0
    assert target.ctl.run("jobs-retry known").code == 0
    assert target.ctl.run("jobs-retry other").code != 0
    outcome = target.ctl.run("api", {"BROKEN": "1"})
    assert outcome.code != 0
    assert "BROKEN is set" in outcome.output


def test_an_extra_api_has_its_own_environment(target: Target) -> None:
    with target.extra_api(SPECIAL="1") as service:
        assert target.of(service, observed=False).get("/healthz").status == 200
        assert service.env["SPECIAL"] == "1"
    assert not service.running
    with pytest.raises(Crashed, match="BROKEN is set"), target.extra_api(BROKEN="1"):
        pass


def test_servers_are_healed_between_checks(target: Target) -> None:
    target.ctl.stop("postgres")
    target.ctl.pause("redis")
    target.stand.prepare(("api",))
    assert target.sql.value("SELECT 1") == 1
    assert target.redis.ping()


def test_expectations_say_what_was_seen(target: Target) -> None:
    target.step("asked")
    with pytest.raises(Failed) as failure:
        target.api.get("/nope").require(200)
    assert failure.value.did == "GET /nope"
    assert "404" in failure.value.saw
    with pytest.raises(Failed, match=r"waited 0\.1 s"):
        target.eventually(lambda: False, timeout=0.1, expected="never")
    with pytest.raises(Failed, match="1 to 2"):
        target.within(3, 1, 2)


def _check(clause: str, title: str, run: object, **options: object) -> Check:
    return Check(clause=clause, title=title, run=run, **options)  # type: ignore[arg-type]


def _verify(project: Project, *checks: Check) -> tuple[Report, str]:
    out = io.StringIO()
    clauses = sorted({check.clause for check in checks})
    report = verify(project, clauses=clauses, checks=list(checks), progress=Progress(out))
    return report, out.getvalue()


def _passes(t: Target) -> None:
    t.equal(t.sql.value("SELECT 1"), 1)


def _fails(t: Target) -> None:
    t.step("looked closely")
    t.expect(False, expected="a wonder", saw="none")


def _breaks(_t: Target) -> None:
    raise KeyError("a fault of the suite's own")


def test_the_verdict_of_a_clause_needs_all_its_checks(project: Project, tmp_path: Path) -> None:
    report, text = _verify(
        project,
        _check("DB-01", "good", _passes),
        _check("DB-02", "good", _passes),
        _check("DB-02", "bad", _fails),
        _check("DB-03", "suite error", _breaks),
    )
    assert {v.clause.id: v.status for v in report.verdicts} == {
        "DB-01": "passed",
        "DB-02": "failed",
        "DB-03": "failed",
    }
    assert not report.ok
    for words in ("looked closely", "a wonder", "KeyError", "--- api", "breaks the contract"):
        assert words in text
    assert "\x1b" not in text
    report.write(tmp_path / "report.json")
    written = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert [clause["status"] for clause in written["clauses"]] == ["passed", "failed", "failed"]
    assert report.workdir is not None
    assert report.workdir.is_dir()


def test_a_clause_without_a_check_fails_and_one_of_another_variant_does_not_apply(
    project: Project,
) -> None:
    out = io.StringIO()
    report = verify(
        project,
        clauses=["DB-01", "SESS-01"],
        checks=[_check("DB-02", "another", _passes)],
        progress=Progress(out),
    )
    assert {v.clause.id: v.status for v in report.verdicts} == {
        "SESS-01": "not applicable",
        "DB-01": "failed",
    }
    assert "there is a check" in out.getvalue()


def test_a_clause_whose_checks_are_all_for_other_variants_does_not_apply(project: Project) -> None:
    """Where there is no secret, there is no weak one; the clause itself is everybody's."""
    elsewhere = _check("CONFIG-02", "another variant's", _fails, variants=frozenset({"oauth"}))
    report, _ = _verify(project, elsewhere)
    assert [verdict.status for verdict in report.verdicts] == ["not applicable"]


def test_a_should_does_not_fail_the_run(project: Project) -> None:
    report, text = _verify(project, _check("RATE-02", "bad", _fails))
    assert report.ok
    assert "warn RATE-02" in text


def test_what_the_observer_sees_fails_its_clause(project: Project) -> None:
    def asks(t: Target) -> None:
        t.api.get("/nope")

    report, text = _verify(project, _check("ERR-01", "asks", asks))
    assert not report.ok
    assert "every answer of the run" in text


def test_a_service_that_ends_by_itself_is_told(project: Project) -> None:
    def crash(t: Target) -> None:
        with pytest.raises(NoAnswer):
            t.client("api").get("/crash")

    report, text = _verify(project, _check("SEC-07", "crash", crash))
    assert not report.ok
    assert "ended with" in text


def test_a_stand_that_never_came_up_has_no_secrets(project: Project, tmp_path: Path) -> None:
    run = Run(project, tmp_path)
    Stand(run, "default", {})
    assert run.sentinels == set()


def test_groups_with_settings_of_their_own_get_a_stand_each(project: Project) -> None:
    seen: list[tuple[str, str]] = []

    def look(t: Target) -> None:
        seen.append((t.env.get("SPECIAL", ""), t.sql.dsn))

    report, _ = _verify(
        project,
        _check("DB-01", "shared", look),
        _check("DB-02", "own", look, env={"SPECIAL": "1"}),
        _check("DB-03", "faulty", look, faults=("PG",)),
        _check("DB-04", "alone", look, alone=True),
        _check("DB-05", "last", look, last=True),
    )
    assert report.ok
    assert sorted(special for special, _ in seen) == ["", "", "", "", "1"]
    assert len({dsn for _, dsn in seen}) == 4


@pytest.mark.parametrize(
    ("makefile", "words"),
    [(None, "has no Makefile"), ("setup:\n\ttrue\n", "has no target migrate, api")],
)
def test_what_is_no_project_is_refused(tmp_path: Path, makefile: str | None, words: str) -> None:
    if makefile is not None:
        (tmp_path / "Makefile").write_text(makefile, "utf-8")
    with pytest.raises(NotAProject, match=words):
        load(tmp_path)


def test_the_variant_is_read_from_the_answers(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text((STANDIN / "Makefile").read_text("utf-8"), "utf-8")
    (tmp_path / ".copier-answers.yml").write_text("auth: session\nqueue: kafka\n", "utf-8")
    assert load(tmp_path).variants == {"sess", "broker"}
    assert load(tmp_path, auth="jwt", queue="postgres").variants == {"jwt"}
