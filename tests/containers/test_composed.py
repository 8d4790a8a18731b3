"""The default variant in containers: composed as it stands, behind its proxy, watched, and proven.

The whole suite in containers takes `make containers` and its ledger; here is a sample of it.
"""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.conftest import ROOT, run
from tests.template.test_delivery import OBSERVABILITY, expressions

pytestmark = pytest.mark.slow
SAMPLE = "HEALTH,POSTS-01,JOBS-02,SHUT-01"
API, PROXY, PROMETHEUS = "http://127.0.0.1:8080", "https://localhost:8443", "http://127.0.0.1:9095"
MAILS = "http://127.0.0.1:8025/api/v1/messages"
USER = {"email": "ada@example.com", "name": "Ada", "password": "correct horse battery staple"}
T = TypeVar("T")


def compose(project: Path, *words: str) -> str:
    return run("docker", "compose", *words, cwd=project)


def ask(url: str, *, body: Any = None, headers: dict[str, str] | None = None) -> tuple[int, Any]:
    """The status and the decoded body."""
    data = None if body is None else json.dumps(body).encode()
    kind = {} if body is None else {"Content-Type": "application/json"}
    request = urllib.request.Request(url, data, {**kind, **(headers or {})})
    # The certificate is signed by the proxy itself.
    unchecked = ssl._create_unverified_context()
    try:
        with urllib.request.urlopen(request, timeout=15, context=unchecked) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def eventually(look: Callable[[], T], within: float) -> T:
    """The first true value."""
    deadline = time.monotonic() + within
    while not (found := look()):
        assert time.monotonic() < deadline, f"still {found!r} after {within:g} s"
        time.sleep(0.5)
    return found


@pytest.fixture(scope="module")
def project(default_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("composed") / "my-service"
    shutil.copytree(default_project, folder)
    return folder


@pytest.fixture(scope="module")
def composed(project: Path) -> Iterator[Path]:
    """`docker compose up --build` of a fresh project, with both profiles; Grafana cannot be had."""
    wanted = ["api", "worker", "mailpit", "proxy", "prometheus", "collector"]
    profiles = ["--profile", "proxy", "--profile", "observability"]
    try:
        compose(project, *profiles, "up", "--build", "--detach", "--wait", *wanted)
        yield project
    finally:
        compose(project, *profiles, "down", "--volumes", "--rmi", "local")


@pytest.mark.usefixtures("composed")
def test_a_sign_up_is_mailed() -> None:
    status, user = ask(f"{API}/v1/users", body=USER)
    assert (status, user["email"]) == (201, USER["email"])
    eventually(lambda: ask(MAILS)[1]["total"] == 1, 20)


def test_the_image_holds_its_promises(composed: Path) -> None:
    inside = ["exec", "--no-TTY", "api"]
    assert compose(composed, *inside, "id", "-u").strip() == "10001"
    assert compose(composed, *inside, "cat", "/proc/1/cmdline").startswith("python\0-m\0app.api")
    for place in ("/app/x", "/x", "/app/src/x"):
        touched = ["docker", "compose", *inside, "touch", place]
        assert subprocess.run(touched, cwd=composed, capture_output=True).returncode
    for tool in ("gcc", "uv", "git"):
        found = ["docker", "compose", *inside, "which", tool]
        assert subprocess.run(found, cwd=composed, capture_output=True).returncode
    history = run("docker", "history", "--no-trunc", "my-service", cwd=composed)
    assert "SECRET" not in history


def test_the_proxy_and_the_service_agree_on_the_client(composed: Path) -> None:
    """What a client writes into X-Forwarded-For does not get it a new budget."""
    for number in range(3):
        forged = {
            "X-Forwarded-For": f"192.0.2.{number}",
            "X-Request-Id": f"forged-{number}-request",
        }
        assert ask(f"{PROXY}/v1/posts", headers=forged)[0] == 200
    lines = compose(composed, "logs", "--no-log-prefix", "api-proxied").splitlines()
    seen = {line["client_ip"] for line in map(json.loads, lines) if "client_ip" in line}
    assert len(seen) == 1
    assert not seen.pop().startswith("192.0.2.")


@pytest.mark.usefixtures("composed")
def test_metrics_are_not_reached_through_the_proxy() -> None:
    status, body = ask(f"{PROXY}/metrics")
    assert (status, body["code"]) == (404, "not_found")


@pytest.mark.usefixtures("composed")
def test_a_flood_is_limited_by_address() -> None:
    statuses = [ask(f"{PROXY}/v1/posts")[0] for _ in range(110)]
    assert set(statuses) == {200, 429}


def query(text: str) -> list[Any]:
    asked = urllib.parse.urlencode({"query": text.replace("$__rate_interval", "1m")})
    status, answer = ask(f"{PROMETHEUS}/api/v1/query?{asked}")
    assert (status, answer["status"]) == (200, "success"), answer
    result: list[Any] = answer["data"]["result"]
    return result


def test_every_panel_and_every_alert_has_data(composed: Path) -> None:
    """With the service's own metrics, scraped by a real Prometheus as it is composed."""
    compose(composed, "exec", "--no-TTY", "postgres", "psql", "-U", "app", "-c",
            "INSERT INTO jobs (id, type, payload, status, attempts, max_attempts) VALUES"
            " (gen_random_uuid(), 'export_posts', '{}', 'dead', 1, 1)")  # fmt: skip
    bounds = [text for text in expressions() if " > " in text or " == 0" in text]
    everything = [text.partition(" > ")[0].partition(" == 0")[0] for text in expressions()]
    assert len(bounds) >= 5
    compose(composed, "pause", "redis")

    def missing() -> list[str]:
        ask(f"{API}/v1/posts")
        return [text for text in everything if not query(text)]

    try:
        ask(f"{API}/v1/posts/{'0' * 8}-0000-7000-8000-{'0' * 12}")
        # 5xx and Redis' errors need their causes; both go on while Prometheus looks twice.
        compose(composed, "pause", "postgres")
        failing = time.monotonic() + 40
        while time.monotonic() < failing:
            assert ask(f"{API}/v1/posts")[0] == 503
    finally:
        compose(composed, "unpause", "redis", "postgres")
    eventually(lambda: not missing() or None, 60)
    targets = ask(f"{PROMETHEUS}/api/v1/targets")[1]["data"]["activeTargets"]
    states = {target["labels"]["job"]: target["health"] for target in targets}
    assert states == {"api": "up", "worker": "up", "collector": "up"}
    groups = ask(f"{PROMETHEUS}/api/v1/rules")[1]["data"]["groups"]
    assert {rule["health"] for group in groups for rule in group["rules"]} == {"ok"}


def test_alerts_fire_on_what_they_are_for(tmp_path: Path, composed: Path) -> None:
    shutil.copy(OBSERVABILITY / "alerts.yml", tmp_path)
    shutil.copy(ROOT / "tests/containers/alerts_test.yml", tmp_path)
    tmp_path.chmod(0o755)
    image = compose(composed, "--profile", "observability", "config", "--images", "prometheus")
    volume = f"{tmp_path}:/rules:ro"
    promtool = ["docker", "run", "--rm", "--entrypoint", "promtool", "--volume", volume]
    run(*promtool, "--workdir", "/rules", image.strip(), "test", "rules", "alerts_test.yml",
        cwd=tmp_path)  # fmt: skip


def test_a_stop_is_a_clean_exit(composed: Path) -> None:
    """SIGTERM reaches the first process, which ends by itself: 0, not 137."""
    for service in ("api", "worker"):
        began = time.monotonic()
        compose(composed, "stop", service)
        assert time.monotonic() - began < 25
        container = compose(composed, "ps", "--all", "--quiet", service).strip()
        code = run("docker", "inspect", "--format", "{{.State.ExitCode}}", container, cwd=composed)
        assert code.strip() == "0"


def test_it_starts_soon_and_is_small(composed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def layers(name: str) -> int:
        return int(run("docker", "image", "inspect", "--format", "{{.Size}}", name, cwd=composed))

    base = "python:3.13-slim-trixie"
    own = (layers("my-service") - layers(base)) / 1e6
    # They were paused for longer than their health checks bear.
    eventually(lambda: all(_healthy(composed, name) for name in ("postgres", "redis")), 60)
    began = time.monotonic()
    compose(composed, "start", "api")
    eventually(lambda: _answers(f"{API}/readyz"), 60)
    took = time.monotonic() - began
    with capsys.disabled():
        print(f"\nimage: {own:.0f} MB on {base}; docker compose start to ready: {took:.1f} s")
    assert own < 150


def _healthy(project: Path, service: str) -> bool:
    return compose(project, "ps", "--format", "{{.Health}}", service).strip() == "healthy"


def _answers(url: str) -> bool:
    try:
        return ask(url)[0] == 200
    except OSError:
        return False


def test_a_sample_of_the_contract_holds_in_containers(project: Path) -> None:
    suite = [sys.executable, "-m", "roadbed", "verify", "--compose", "--clauses", SAMPLE]
    assert "The service keeps the contract" in run(*suite, project, cwd=project.parent)
