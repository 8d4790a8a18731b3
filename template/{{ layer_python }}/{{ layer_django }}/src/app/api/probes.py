"""What an orchestrator asks: is the process alive, and should it get traffic?"""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET

from app.api.handler import Request
from app.api.replies import json_response
from app.schemas import Health, Live

DATABASE_SECONDS = 2.0


@csrf_exempt
@require_GET
def live(_: Request) -> HttpResponse:
    # Asks nobody: a restart would not mend a database.
    return json_response(Live(status="ok"))


@csrf_exempt
@require_GET
def ready(request: Request) -> HttpResponse:
    services = request.services
    postgres, redis = services.db.ping(DATABASE_SECONDS), services.redis.ping()
    return json_response(Health.of(postgres=postgres, redis=redis), 200 if postgres else 503)
