"""/v1/posts"""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from ninja import Query, Router

from app import schemas
from app.api.callers import signed_in
from app.api.handler import Request
from app.api.replies import empty_response, json_response
from app.etags import matches_weakly

router = Router(tags=["posts"])

# A cache may keep these, but has to ask whether they are still fresh.
REVALIDATE = "no-cache"


@router.get("", response=schemas.PostPage)
def list_posts(request: Request, query: Query[schemas.PageQuery]) -> HttpResponse:
    page = request.services.posts.list(query.limit, query.cursor, query.author_id)
    return json_response(
        schemas.PostPage.model_validate(page), headers={"Cache-Control": REVALIDATE}
    )


@router.post("", auth=signed_in, response={201: schemas.Post})
def create_post(request: Request, data: schemas.PostCreate) -> HttpResponse:
    post = request.services.posts.create(request.auth, data.title, data.body)
    shown = schemas.Post.model_validate(post)
    return json_response(shown, 201, {"Location": f"/v1/posts/{post.id}", "ETag": post.etag})


@router.get("/{uuid:id}", response=schemas.Post)
def get_post(request: Request, id: UUID) -> HttpResponse:
    post = request.services.posts.get(id)
    headers = {"ETag": post.etag, "Cache-Control": REVALIDATE}
    if matches_weakly(request.headers.get("If-None-Match"), post.etag):
        return empty_response(304, headers)
    return json_response(schemas.Post.model_validate(post), headers=headers)


@router.patch("/{uuid:id}", auth=signed_in, response=schemas.Post)
def update_post(request: Request, id: UUID, data: schemas.PostUpdate) -> HttpResponse:
    if_match = request.headers.get("If-Match")
    post = request.services.posts.update(id, request.auth, data.changes, if_match)
    return json_response(schemas.Post.model_validate(post), headers={"ETag": post.etag})


@router.delete("/{uuid:id}", auth=signed_in, response={204: None})
def delete_post(request: Request, id: UUID) -> HttpResponse:
    request.services.posts.delete(id, request.auth, request.headers.get("If-Match"))
    return empty_response()
