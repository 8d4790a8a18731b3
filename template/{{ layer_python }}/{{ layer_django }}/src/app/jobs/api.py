"""Exports, and the state of jobs."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from ninja import Router

from app import schemas
from app.api.callers import signed_in
from app.api.handler import Request
from app.api.replies import json_response

router = Router(tags=["jobs"])


@router.post("/exports", auth=signed_in, response={202: schemas.Job})
def export_posts(request: Request) -> HttpResponse:
    job = request.services.jobs.export_posts(request.auth)
    return json_response(schemas.Job.model_validate(job), 202, {"Location": f"/v1/jobs/{job.id}"})


@router.get("/jobs/{uuid:id}", auth=signed_in, response=schemas.Job)
def get_job(request: Request, id: UUID) -> HttpResponse:
    job = request.services.jobs.get(id, request.auth)
    return json_response(schemas.Job.model_validate(job))
