"""Settings of the job queue: PostgreSQL itself, so nothing beside the worker's own."""

from app.config.worker import WorkerSettings as JobSettings

__all__ = ["JobSettings"]
