"""What an orchestrator asks: is the process alive, and should it get traffic?"""

from __future__ import annotations

from flask import Blueprint, Response

from app.api import current
from app.api.bodies import json_response
from app.schemas import Health, Live

DATABASE_SECONDS = 2.0

blueprint = Blueprint("probes", __name__)


@blueprint.get("/healthz")
def live() -> Response:
    # Asks nobody: a restart would not mend a database.
    return json_response(Live(status="ok"))


@blueprint.get("/readyz")
def ready() -> Response:
    services = current.services()
    postgres, redis = services.db.ping(DATABASE_SECONDS), services.redis.ping()
    return json_response(Health.of(postgres=postgres, redis=redis), 200 if postgres else 503)
