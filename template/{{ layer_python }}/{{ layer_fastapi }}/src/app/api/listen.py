"""The service on its port, with everything around it, until it is told to stop."""

from __future__ import annotations

import uvicorn
import uvloop

from app.admin import AdminServer
from app.api.app import build
from app.api.server import Server, http_protocol
from app.config import Settings
from app.observability import logging, tracing


def listen(settings: Settings) -> None:
    """Serve until SIGTERM."""
    logging.configure(settings)
    tracing.configure(settings)
    config = uvicorn.Config(
        build(settings),
        host=settings.host,
        port=settings.port,
        http=http_protocol(settings),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=int(settings.shutdown_timeout),
    )
    admin = AdminServer(settings.host, settings.admin_port)
    admin.start()
    uvloop.run(Server(config, settings.shutdown_timeout).serve())
    admin.close()
    tracing.shutdown()
