"""A real PostgreSQL: starts, breaks as told, and leaves nothing behind."""

from __future__ import annotations

import time
from pathlib import Path

import psycopg
import pytest

from roadbed.services import CannotControl, Postgres


def test_answers_and_keeps_data_over_stop_and_kill() -> None:
    with Postgres.start() as server:
        with psycopg.connect(server.dsn, autocommit=True) as link:
            link.execute("CREATE TABLE kept (x int)")
        for end in (server.stop, server.kill):
            end()
            server.start_again()
            with psycopg.connect(server.dsn) as link:
                assert link.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_wipe_comes_back_empty() -> None:
    with Postgres.start() as server:
        with psycopg.connect(server.dsn, autocommit=True) as link:
            link.execute("CREATE TABLE lost (x int)")
        server.wipe()
        with psycopg.connect(server.dsn) as link:
            assert link.execute("SELECT to_regclass('lost')").fetchone() == (None,)


def test_paused_answers_nobody_and_unpaused_goes_on() -> None:
    with Postgres.start() as server, psycopg.connect(server.dsn) as link:
        server.pause()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(server.dsn, connect_timeout=2)
        server.unpause()
        assert link.execute("SELECT 1").fetchone() == (1,)


def test_stopped_refuses_at_once() -> None:
    with Postgres.start() as server:
        server.stop()
        began = time.monotonic()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(server.dsn, connect_timeout=5)
        assert time.monotonic() - began < 2
        assert not server.running


def test_starts_fast_from_the_prepared_cluster() -> None:
    Postgres.start().close()
    began = time.monotonic()
    Postgres.start().close()
    assert time.monotonic() - began < 5


def test_nothing_is_left_behind() -> None:
    server = Postgres.start()
    assert isinstance(server, Postgres)
    folder, pids = server.folder, server.pids
    server.close()
    assert not folder.exists()
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_a_server_of_the_environment_cannot_be_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROADBED_POSTGRES_URL", "postgresql://somebody@db.example/app")
    server = Postgres.start()
    assert server.dsn == "postgresql://somebody@db.example/app"
    with pytest.raises(CannotControl, match="ROADBED_POSTGRES_URL"):
        server.stop()
