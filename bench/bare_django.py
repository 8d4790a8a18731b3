"""The least that does the same I/O as the generated service: what Django, django-ninja and gunicorn
cost.

A request verifies the token, runs one Redis script, reads the caller's row and then the post or
the list. No logs, no metrics, no error shapes, no timeouts: this is a measure, not a template.
"""

from __future__ import annotations

import os
import secrets
import sys
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID
from wsgiref.types import WSGIApplication

import django
import jwt
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from gunicorn.app.base import BaseApplication
from psycopg.rows import class_row
from psycopg_pool import ConnectionPool
from pydantic import BaseModel
from redis import Redis

# django-ninja reads Django's settings while it is imported.
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], LOGGING_CONFIG=None, SECRET_KEY="x")
django.setup()

from ninja import NinjaAPI  # noqa: E402
from ninja.errors import HttpError  # noqa: E402

SCRIPT = Path(sys.argv[1]).read_text("utf-8")
LIMIT, _, WINDOW = os.environ["RATE_LIMIT_USER"].partition("/")
USER = b"SELECT id, token_version FROM users WHERE id = %s"
COLUMNS = b"SELECT id, author_id, title, body, created_at, updated_at FROM posts "
ONE = COLUMNS + b"WHERE id = %s"
PAGE = COLUMNS + b"ORDER BY created_at DESC, id DESC LIMIT %s"

redis: Redis = Redis.from_url(os.environ["REDIS_URL"])
count = redis.register_script(SCRIPT)
pool = ConnectionPool(
    os.environ["DATABASE_URL"],
    open=False,
    min_size=1,
    max_size=int(os.environ["DB_POOL_MAX"]),
    kwargs={"autocommit": True, "prepare_threshold": 0},
)
api = NinjaAPI(docs_url=None, openapi_url="")


class User(BaseModel):
    id: UUID
    token_version: int


class Post(BaseModel):
    id: UUID
    author_id: UUID
    title: str
    body: str
    created_at: datetime
    updated_at: datetime


class Health(BaseModel):
    status: str


class Page(BaseModel):
    data: list[Post]


def fetch(row: type[Any], query: bytes, *params: Any) -> list[Any]:
    with pool.connection() as conn, conn.cursor(binary=True, row_factory=class_row(row)) as cursor:
        return cursor.execute(query, params, prepare=True).fetchall()


def require_user(request: HttpRequest) -> None:
    token = request.headers["authorization"].removeprefix("Bearer ")
    claims = jwt.decode(
        token,
        os.environ["JWT_SECRET"],
        algorithms=["HS256"],
        issuer=os.environ["JWT_ISSUER"],
        audience=os.environ["JWT_AUDIENCE"],
    )
    key = f"rl:bare:{claims['sub']}"
    allowed, _, _ = count([key], [LIMIT, int(WINDOW) * 1000, secrets.token_hex(16), 1])
    users = fetch(User, USER, UUID(claims["sub"]))
    if not allowed or not users or users[0].token_version != claims["ver"]:
        raise HttpError(401, "")


def answer(content: BaseModel) -> HttpResponse:
    body = content.model_dump_json()
    return HttpResponse(
        body, "application/json", headers={"Content-Length": str(len(body.encode()))}
    )


@api.get("/healthz")
def live(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - django-ninja knows it by its name
    return answer(Health(status="ok"))


@api.get("/v1/posts")
def list_posts(request: HttpRequest, limit: int = 20) -> HttpResponse:
    require_user(request)
    return answer(Page(data=fetch(Post, PAGE, limit)))


@api.get("/v1/posts/{uuid:id}")
def get_post(request: HttpRequest, id: UUID) -> HttpResponse:
    require_user(request)
    posts = fetch(Post, ONE, id)
    if not posts:
        raise Http404
    return answer(posts[0])


urlpatterns = [path("", api.urls)]


class Server(BaseApplication):
    def load_config(self) -> None:
        options = {
            "bind": f"127.0.0.1:{os.environ['PORT']}",
            "worker_class": "gthread",
            "threads": 128,
            "keepalive": 15,
            "control_socket_disable": True,
            "loglevel": "warning",
            "post_worker_init": lambda _: pool.open(),
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> WSGIApplication:
        return get_wsgi_application()


if __name__ == "__main__":
    Server().run()
