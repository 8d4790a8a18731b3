"""Exports, and the state of jobs."""

from __future__ import annotations

from fastapi import APIRouter, Response

from app import schemas
from app.api.dependencies import CurrentUserId, ResourceId, ServicesDep

router = APIRouter(prefix="/v1", tags=["jobs"])


@router.post("/exports", status_code=202)
async def export_posts(
    user_id: CurrentUserId, services: ServicesDep, response: Response
) -> schemas.Job:
    job = await services.jobs.export_posts(user_id)
    response.headers["Location"] = f"/v1/jobs/{job.id}"
    return schemas.Job.model_validate(job)


@router.get("/jobs/{id}")
async def get_job(job_id: ResourceId, user_id: CurrentUserId, services: ServicesDep) -> schemas.Job:
    return schemas.Job.model_validate(await services.jobs.get(job_id, user_id))
