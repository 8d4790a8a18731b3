"""One variant per language, as its user has it: made, set up, linted, tested, and verified.

Of every other framework, one has the calls of its README played. With ROADBED_SAMPLE_SECONDS, as
in continuous integration, a sample of the ledger's rows as well, drawn by the commit: at least one,
and more as long as their minutes fit.

A failure keeps the project in .test-output/ and shows the failing tool's own output.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from roadbed.ledger import PAGE, draw, read_ledger
from roadbed.questions import load_questions
from roadbed.services.ports import free_port
from roadbed.trial import start_services
from roadbed.verify import profiles
from roadbed.verify.fakes.openid import OpenIdProvider
from roadbed.verify.fakes.smtp import SmtpSink
from roadbed.verify.process import Service
from roadbed.verify.profiles import OAUTH_REDIRECT_URI
from roadbed.verify.project import load
from tests.conftest import KEPT, ROOT, run
from tests.readme import calls, comparable, play

# Seconds for one verb; the contract suite takes the longest.
LIMIT = 900.0
LANGUAGES = {
    "fastapi-jwt-postgres": {
        "framework": "fastapi",
        "auth": "jwt",
        "social_login": "false",
        "queue": "postgres",
    },
    "fastify-jwt-postgres": {
        "framework": "fastify",
        "auth": "jwt",
        "social_login": "false",
        "queue": "postgres",
    },
}
# `make test` has ten minutes, and runs the first; the others are continuous integration's.
FIRST = next(iter(LANGUAGES))

# Of the frameworks that share a language with one above.
SHOWN = {
    "flask-session": {"framework": "flask", "auth": "session"},
    "django-jwt": {"framework": "django", "auth": "jwt"},
    "express-session": {"framework": "express", "auth": "session"},
    "hono-jwt": {"framework": "hono", "auth": "jwt"},
    "nestjs-session": {"framework": "nestjs", "auth": "session"},
}

pytestmark = pytest.mark.slow


Make = Callable[..., str]


def sampled() -> dict[str, dict[str, str]]:
    """Rows of the ledger that are run again, so that it is checked by more than its writer."""
    budget = os.environ.get("ROADBED_SAMPLE_SECONDS")
    if not budget:
        return {}
    rows = [row for row in read_ledger(ROOT / PAGE) if row.variant not in LANGUAGES]
    commit = run("git", "rev-parse", "HEAD", cwd=ROOT).strip()
    return {row.variant: dict(row.answers) for row in draw(rows, commit, float(budget))}


VARIANTS = LANGUAGES | sampled()
RUN = [
    pytest.param(name, marks=pytest.mark.ci) if name in LANGUAGES and name != FIRST else name
    for name in VARIANTS
]


@pytest.fixture(scope="module")
def make(request: pytest.FixtureRequest) -> Make:
    """Runs a make verb of a project: make(folder, "test", DATABASE_URL=…)."""
    capture = request.config.pluginmanager.getplugin("capturemanager")

    def call(project: Path, verb: str, **environment: str) -> str:
        inherited = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
        with capture.global_and_fixture_disabled():
            return live(["make", verb], project, {**inherited, **environment})

    return call


@pytest.fixture(params=RUN, scope="module")
def project(request: pytest.FixtureRequest, snapshot: Path, make: Make) -> Iterator[Path]:
    name = request.param
    with generated(request, name, VARIANTS[name], snapshot, make) as folder:
        yield folder


@contextmanager
def generated(
    request: pytest.FixtureRequest,
    name: str,
    answers: dict[str, str],
    snapshot: Path,
    make: Make,
) -> Iterator[Path]:
    """A fresh project, by a plain copier copy; gone again when every test passed."""
    KEPT.mkdir(exist_ok=True)
    top = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=KEPT))
    folder = top / "my-service"
    copier = Path(sys.executable).with_name("copier")
    data = [part for key, value in answers.items() for part in ("--data", f"{key}={value}")]
    failed = request.session.testsfailed
    run(copier, "copy", "--quiet", "--defaults", *data, snapshot, folder, cwd=KEPT.parent)
    run("git", "init", "-q", cwd=folder)
    run("git", "add", "--all", cwd=folder)
    make(folder, "setup")
    yield folder
    if request.session.testsfailed == failed:
        shutil.rmtree(top)


@pytest.fixture
def mails() -> Iterator[SmtpSink]:
    with SmtpSink() as sink:
        yield sink


@pytest.fixture(scope="module")
def services(project: Path) -> Iterator[dict[str, str]]:
    """The environment of a project whose services run."""
    with ExitStack() as stack:
        yield start_services(stack, load(project).queue)


def live(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    """Run a command, show its lines as they come, and fail with all of them."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    stop = threading.Timer(LIMIT, process.terminate)
    stop.start()
    lines: list[str] = []
    try:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            print(line, end="", flush=True)
        process.wait()
    finally:
        stop.cancel()
        if process.poll() is None:
            process.terminate()
            process.wait(30)
    shown = "".join(lines)
    if process.returncode:
        pytest.fail(f"{' '.join(command)} exited {process.returncode} in {folder}:\n{shown}")
    return shown


def test_lint_passes_and_the_formatter_changes_nothing(project: Path, make: Make) -> None:
    make(project, "lint")
    make(project, "format")
    assert run("git", "diff", cwd=project) == ""


def test_its_own_tests_pass(project: Path, make: Make, services: dict[str, str]) -> None:
    make(project, "test", **services)


def test_the_readme_s_calls_answer_what_it_shows(
    project: Path, services: dict[str, str], mails: SmtpSink, tmp_path: Path
) -> None:
    play_readme(project, services, mails, tmp_path)


@pytest.mark.ci
@pytest.mark.parametrize("name", SHOWN)
def test_every_framework_s_readme_shows_what_it_answers(
    name: str,
    request: pytest.FixtureRequest,
    snapshot: Path,
    make: Make,
    mails: SmtpSink,
    tmp_path: Path,
) -> None:
    with ExitStack() as stack:
        project = stack.enter_context(generated(request, name, SHOWN[name], snapshot, make))
        play_readme(project, start_services(stack, "postgres"), mails, tmp_path)


def test_no_framework_s_readme_is_left_out() -> None:
    played = {answers["framework"] for answers in (*LANGUAGES.values(), *SHOWN.values())}
    assert played == set(load_questions(ROOT / "copier.yml")["framework"].values)


def play_readme(project: Path, services: dict[str, str], mails: SmtpSink, logs: Path) -> None:
    """No worker runs: the README shows a job that is still queued."""
    description = load(project)
    with ExitStack() as stack:
        provider = OpenIdProvider(OAUTH_REDIRECT_URI) if description.social else None
        settings = profiles.environment(
            "default",
            description,
            database_url=services["DATABASE_URL"],
            redis_url=services["REDIS_URL"],
            broker_url=services.get("BROKER_URL"),
            smtp_url=mails.url,
            otlp_url="unused",
            openid=provider and stack.enter_context(provider),
        )
        ports = {"PORT": str(free_port()), "ADMIN_PORT": str(free_port())}
        del settings["OTEL_EXPORTER_OTLP_ENDPOINT"]
        settings |= {"APP_ENV": "development", "HOST": "127.0.0.1", **ports}
        run("make", "-s", "migrate", cwd=project, **settings)
        api = Service("api", "api", project, settings, logs)
        stack.callback(api.stop)
        api.start()
        shown = calls((project / "README.md").read_text("utf-8"))
        assert len(shown) >= 6
        played = play(shown, f"http://127.0.0.1:{api.port}", logs)
    assert comparable(played) == comparable(shown)


def test_it_keeps_the_contract(project: Path, request: pytest.FixtureRequest) -> None:
    command = [sys.executable, "-m", "roadbed", "verify", str(project), "--no-setup"]
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        live([*command, "--report", str(project.parent / "verify.json")], project, dict(os.environ))
