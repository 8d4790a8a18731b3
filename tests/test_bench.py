"""The bench measures what it says, and refuses figures that mean nothing."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from bench import load
from bench.faults import BenchError
from bench.process import Server, run_to_end
from bench.report import Row, Table, as_data, as_text
from roadbed.services.ports import free_port


class Answers(BaseHTTPRequestHandler):
    """200 on /good, 503 on anything else."""

    protocol_version = "HTTP/1.1"
    callers: ClassVar[set[str | None]] = set()

    def do_GET(self) -> None:
        self.callers.add(self.headers["X-Caller"])
        self.send_response(200 if self.path == "/good" else 503)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", free_port()), Answers)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture(params=["installed", "python"])
def _generator(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The load generator of this machine, and our own."""
    if request.param == "python":
        monkeypatch.setattr("shutil.which", lambda _: None)


@pytest.mark.usefixtures("_generator")
def test_good_answers_are_counted(port: int) -> None:
    assert load.requests_per_second(port, "/good", [{"X-Some": "header"}], 1) > 10


@pytest.mark.usefixtures("_generator")
def test_callers_take_turns(port: int) -> None:
    Answers.callers.clear()
    load.requests_per_second(port, "/good", [{"X-Caller": "Ann"}, {"X-Caller": 'B"\\b'}], 1)
    assert Answers.callers == {"Ann", 'B"\\b'}


@pytest.mark.usefixtures("_generator")
def test_an_answer_that_is_not_2xx_spoils_the_figure(port: int) -> None:
    with pytest.raises(BenchError):
        load.requests_per_second(port, "/bad", [{}], 1)


@pytest.mark.usefixtures("_generator")
def test_nobody_listening_spoils_the_figure() -> None:
    with pytest.raises(BenchError):
        load.requests_per_second(free_port(), "/good", [{}], 1)


def test_a_command_costs_its_own_cpu_and_fails_with_its_own_words(tmp_path: Path) -> None:
    spin = "import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass"
    cost = run_to_end([sys.executable, "-c", spin], tmp_path, os.environ)
    assert 0.3 <= cost.cpu < 1.5
    with pytest.raises(BenchError, match="no luck"):
        run_to_end([sys.executable, "-c", "raise SystemExit('no luck')"], tmp_path, os.environ)


def test_a_server_that_ends_at_once_is_reported_with_its_last_words(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no luck')"]
    with pytest.raises(BenchError, match="no luck"):
        Server("odd", command, tmp_path, os.environ, free_port())


def test_ratios_are_of_medians_and_held_to_their_goals() -> None:
    row = Row.ratio("req/s", [1.0, 70.0, 1000.0], [100.0], least=0.7)
    assert (row.ratio_of_medians, row.met) == (0.7, True)
    assert not Row.ratio("req/s", [69.0], [100.0], least=0.7).met
    assert not Row.ratio("CPU s", [2.1], [1.0], most=2.0).met
    assert Row.ratio("RSS", [9.0], [1.0]).met


def test_a_missed_goal_is_seen_in_the_table_and_in_the_data() -> None:
    table = Table("t", "a title", ("ours", "bare"), [Row.ratio("x", [3.0], [1.0], most=2.0)])
    assert "MISSED" in as_text(table)
    assert not table.met
    assert json.loads(json.dumps(as_data([table])))[0]["rows"][0]["met"] is False
