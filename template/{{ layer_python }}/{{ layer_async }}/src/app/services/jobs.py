"""Background work as requests start it and ask for it."""

from __future__ import annotations

from uuid import UUID

from app.config import Settings
from app.db import Connection, Database, fetch_one
from app.errors import NotFound
from app.jobs import types
from app.models import Job
from app.repositories import jobs


class JobService:
    def __init__(self, db: Database, settings: Settings) -> None:
        self._db = db
        self._max_attempts = settings.job_max_attempts

    async def enqueue(
        self, conn: Connection, job_type: str, user_id: UUID | None, dedupe_key: str | None = None
    ) -> Job | None:
        """Write the job in the caller's transaction: it exists if and only if that commits."""
        new = jobs.add(job_type, user_id, dedupe_key, self._max_attempts)
        return await fetch_one(conn, new)

    async def export_posts(self, user_id: UUID) -> Job:
        """The user's export: a new one, or the one that is already under way."""
        dedupe_key = f"{types.EXPORT_POSTS}:{user_id}"
        async with self._db.connection() as conn:
            while True:
                job = await self.enqueue(conn, types.EXPORT_POSTS, user_id, dedupe_key)
                # The active one may finish between the two statements; then there is room again.
                job = job or await fetch_one(conn, jobs.get_active(dedupe_key))
                if job:
                    return job

    async def get(self, job_id: UUID, user_id: UUID) -> Job:
        async with self._db.connection() as conn:
            job = await fetch_one(conn, jobs.get_of(job_id, user_id))
        if job is None:
            raise NotFound
        return job
