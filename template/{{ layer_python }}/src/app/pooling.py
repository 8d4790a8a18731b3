"""PostgreSQL: what every connection of a pool is opened with, and how a hanging one is ended."""

from __future__ import annotations

import os
import socket
from typing import Any

import psycopg

from app.config.core import CoreSettings

# The server's own statement timeout comes first; this is for a server that hangs altogether.
GRACE_SECONDS = 0.5
RECHECK_SECONDS = 1.0
RECONNECT_SECONDS = 5.0


def pool_options(settings: CoreSettings) -> dict[str, Any]:
    """Arguments of a psycopg pool."""
    return {
        "open": False,
        "min_size": 1,
        "max_size": settings.db_pool_max,
        "timeout": settings.db_pool_timeout,
        "reconnect_timeout": RECONNECT_SECONDS,
        "kwargs": {
            "autocommit": True,
            "prepare_threshold": 0,
            "application_name": settings.service_name,
            "connect_timeout": 3,
            "options": f"-c statement_timeout={int(settings.db_statement_timeout * 1000)}",
        },
    }


def sever(conn: psycopg.Connection[Any] | psycopg.AsyncConnection[Any]) -> None:
    """Shut a connection's socket down: what waits for it fails at once.

    Cancelling would wait for the server, which is what does not answer.
    """
    if conn.closed:
        return
    with socket.socket(fileno=os.dup(conn.fileno())) as duplicate:
        duplicate.shutdown(socket.SHUT_RDWR)
