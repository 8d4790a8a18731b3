"""Exports, and the state of jobs."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response

from app import schemas
from app.api import current
from app.api.bodies import json_response

blueprint = Blueprint("jobs", __name__, url_prefix="/v1")


@blueprint.post("/exports")
def export_posts() -> Response:
    job = current.services().jobs.export_posts(current.user_id())
    return json_response(schemas.Job.model_validate(job), 202, {"Location": f"/v1/jobs/{job.id}"})


@blueprint.get("/jobs/<uuid:id>")
def get_job(id: UUID) -> Response:
    job = current.services().jobs.get(id, current.user_id())
    return json_response(schemas.Job.model_validate(job))
