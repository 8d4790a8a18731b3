"""The Celery application: `celery -A app.jobs.celery worker`, `… inspect ping`, `… flower`.

Tasks of your own go into `app/jobs/tasks.py`, as in any Celery project:

    from app.jobs.celery import app

    @app.task
    def resize(image_id: str) -> None: ...

Such a task is Celery's alone: it has no row, and a broker that comes back empty has lost it. Work
that must not be lost is a job of `handlers.py`.
"""

from app.config import load_settings_or_exit
from app.jobs.transport import JobApp

app = JobApp(load_settings_or_exit())
