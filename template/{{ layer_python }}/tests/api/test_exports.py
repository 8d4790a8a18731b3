from __future__ import annotations

import asyncio

from app.config import Settings
from app.jobs.handlers import HANDLERS
from tests.api.accounts import Client
from tests.api.authorization import new_user
from tests.worker import StartWorker


async def test_an_export_is_asked_for_once_and_watched_by_its_owner_alone(
    client: Client, settings: Settings, start_worker: StartWorker
) -> None:
    owner, other = await new_user(client), await new_user(client)
    first, second = [await client.post("/v1/exports", headers=owner) for _ in range(2)]
    path = first.headers["Location"]
    assert first.status_code == second.status_code == 202
    assert first.json()["id"] == second.json()["id"]
    assert (await client.get(path, headers=other)).status_code == 404

    start_worker(settings, HANDLERS)
    for _ in range(200):
        job = (await client.get(path, headers=owner)).json()
        if job["status"] == "succeeded":
            break
        await asyncio.sleep(0.05)

    assert job["status"] == "succeeded"
    assert job["result"] == {"post_count": 0}
