"""/v1/posts"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from starlette.responses import Response as PlainResponse

from app import schemas
from app.api.dependencies import CurrentUserId, ResourceId, ServicesDep
from app.api.parameters import AuthorId
from app.etags import matches_weakly
from app.models import Post

router = APIRouter(prefix="/v1/posts", tags=["posts"])

# A cache may keep these, but has to ask whether they are still fresh.
REVALIDATE = "no-cache"
IfMatch = Annotated[str | None, Header()]
IfNoneMatch = Annotated[str | None, Header()]


@router.get("")
async def list_posts(
    services: ServicesDep,
    response: Response,
    author_id: AuthorId,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=512)] = None,
) -> schemas.PostPage:
    page = await services.posts.list(limit, cursor, author_id)
    response.headers["Cache-Control"] = REVALIDATE
    return schemas.PostPage.model_validate(page)


@router.post("", status_code=201)
async def create_post(
    data: schemas.PostCreate, user_id: CurrentUserId, services: ServicesDep, response: Response
) -> schemas.Post:
    post = await services.posts.create(user_id, data.title, data.body)
    response.headers["Location"] = f"/v1/posts/{post.id}"
    return _tagged(post, response)


@router.get("/{id}", response_model=schemas.Post)
async def get_post(
    post_id: ResourceId,
    services: ServicesDep,
    response: Response,
    if_none_match: IfNoneMatch = None,
) -> schemas.Post | PlainResponse:
    post = await services.posts.get(post_id)
    if matches_weakly(if_none_match, post.etag):
        headers = {"ETag": post.etag, "Cache-Control": REVALIDATE}
        return PlainResponse(status_code=304, headers=headers)
    response.headers["Cache-Control"] = REVALIDATE
    return _tagged(post, response)


@router.patch("/{id}")
async def update_post(
    post_id: ResourceId,
    data: schemas.PostUpdate,
    user_id: CurrentUserId,
    services: ServicesDep,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.Post:
    return _tagged(await services.posts.update(post_id, user_id, data.changes, if_match), response)


@router.delete("/{id}", status_code=204)
async def delete_post(
    post_id: ResourceId,
    user_id: CurrentUserId,
    services: ServicesDep,
    if_match: IfMatch = None,
) -> None:
    await services.posts.delete(post_id, user_id, if_match)


def _tagged(post: Post, response: Response) -> schemas.Post:
    response.headers["ETag"] = post.etag
    return schemas.Post.model_validate(post)
