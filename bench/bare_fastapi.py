"""The least that does the same I/O as the generated service: what FastAPI itself costs.

A request verifies the token, runs one Redis script, reads the caller's row and then the post or
the list. No logs, no metrics, no error shapes, no timeouts: this is a measure, not a template.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import jwt
import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request
from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel
from redis.asyncio import Redis

SCRIPT = Path(sys.argv[1]).read_text("utf-8")
LIMIT, _, WINDOW = os.environ["RATE_LIMIT_USER"].partition("/")
USER = b"SELECT id, token_version FROM users WHERE id = %s"
COLUMNS = b"SELECT id, author_id, title, body, created_at, updated_at FROM posts "
ONE = COLUMNS + b"WHERE id = %s"
PAGE = COLUMNS + b"ORDER BY created_at DESC, id DESC LIMIT %s"

redis: Redis = Redis.from_url(os.environ["REDIS_URL"], socket_timeout=None)
count = redis.register_script(SCRIPT)
pool = AsyncConnectionPool(
    os.environ["DATABASE_URL"],
    open=False,
    min_size=1,
    max_size=int(os.environ["DB_POOL_MAX"]),
    kwargs={"autocommit": True, "prepare_threshold": 0},
)


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


class Page(BaseModel):
    data: list[Post]


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    await pool.open()
    yield
    await pool.close()


async def fetch(row: type[Any], query: bytes, *params: Any) -> list[Any]:
    async with pool.connection() as conn, conn.cursor(binary=True, row_factory=class_row(row)) as c:
        await c.execute(query, params, prepare=True)
        return await c.fetchall()


async def current_user(request: Request) -> User:
    token = request.headers["authorization"].removeprefix("Bearer ")
    claims = jwt.decode(
        token,
        os.environ["JWT_SECRET"],
        algorithms=["HS256"],
        issuer=os.environ["JWT_ISSUER"],
        audience=os.environ["JWT_AUDIENCE"],
    )
    key = f"rl:bare:{claims['sub']}"
    allowed, _, _ = await count([key], [LIMIT, int(WINDOW) * 1000, secrets.token_hex(16), 1])
    users = await fetch(User, USER, UUID(claims["sub"]))
    if not allowed or not users or users[0].token_version != claims["ver"]:
        raise HTTPException(401)
    return users[0]


CurrentUser = Annotated[User, Depends(current_user)]
app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)


@app.get("/healthz")
async def live() -> dict[str, str]:
    return {"status": "ok"}


@app.get("/v1/posts")
async def list_posts(_: CurrentUser, limit: int = 20) -> Page:
    return Page(data=await fetch(Post, PAGE, limit))


@app.get("/v1/posts/{id}")
async def get_post(id: UUID, _: CurrentUser) -> Post:
    posts = await fetch(Post, ONE, id)
    if not posts:
        raise HTTPException(404)
    return posts[0]


if __name__ == "__main__":
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        loop="uvloop",
        http="httptools",
        access_log=False,
        proxy_headers=False,
        log_level="warning",
    )
