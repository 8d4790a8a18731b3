"""/v1/posts"""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, request

from app import schemas
from app.api import current
from app.api.bodies import empty_response, json_response, read_body, read_query
from app.etags import matches_weakly

blueprint = Blueprint("posts", __name__, url_prefix="/v1/posts")

# A cache may keep these, but has to ask whether they are still fresh.
REVALIDATE = "no-cache"


@blueprint.get("")
def list_posts() -> Response:
    query = read_query(schemas.PageQuery)
    page = current.services().posts.list(query.limit, query.cursor, query.author_id)
    return json_response(
        schemas.PostPage.model_validate(page), headers={"Cache-Control": REVALIDATE}
    )


@blueprint.post("")
def create_post() -> Response:
    author_id = current.user_id()
    data = read_body(schemas.PostCreate)
    post = current.services().posts.create(author_id, data.title, data.body)
    shown = schemas.Post.model_validate(post)
    return json_response(shown, 201, {"Location": f"/v1/posts/{post.id}", "ETag": post.etag})


@blueprint.get("/<uuid:id>")
def get_post(id: UUID) -> Response:
    post = current.services().posts.get(id)
    if matches_weakly(request.headers.get("If-None-Match"), post.etag):
        return empty_response(304, {"ETag": post.etag, "Cache-Control": REVALIDATE})
    shown = schemas.Post.model_validate(post)
    return json_response(shown, headers={"ETag": post.etag, "Cache-Control": REVALIDATE})


@blueprint.patch("/<uuid:id>")
def update_post(id: UUID) -> Response:
    author_id = current.user_id()
    data = read_body(schemas.PostUpdate)
    if_match = request.headers.get("If-Match")
    post = current.services().posts.update(id, author_id, data.changes, if_match)
    return json_response(schemas.Post.model_validate(post), headers={"ETag": post.etag})


@blueprint.delete("/<uuid:id>")
def delete_post(id: UUID) -> Response:
    current.services().posts.delete(id, current.user_id(), request.headers.get("If-Match"))
    return empty_response()
