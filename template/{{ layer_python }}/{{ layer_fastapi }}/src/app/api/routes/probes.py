"""What an orchestrator asks: is the process alive, and should it get traffic?"""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Response

from app.api.dependencies import ServicesDep
from app.errors import Unavailable
from app.schemas import Health, Live
from app.services import Services

DATABASE_SECONDS = 2.0

router = APIRouter(tags=["probes"])


@router.get("/healthz")
async def live() -> Live:
    # Asks nobody: a restart would not mend a database.
    return Live(status="ok")


@router.get("/readyz")
async def ready(services: ServicesDep, response: Response) -> Health:
    postgres, redis = await asyncio.gather(_database_answers(services), services.redis.ping())
    if not postgres:
        response.status_code = 503
    return Health.of(postgres=postgres, redis=redis)


async def _database_answers(services: Services) -> bool:
    asked = asyncio.ensure_future(services.db.ping())
    done, _ = await asyncio.wait({asked}, timeout=DATABASE_SECONDS)
    if not done:
        # Not cancelled: that would wait for the database. Its own deadline ends it.
        asked.add_done_callback(lambda task: task.exception())
        return False
    return not isinstance(asked.exception(), Unavailable)
