from __future__ import annotations

from typing import Any

import httpx

from tests.api.accounts import Client
from tests.api.authorization import new_user

POST = {"title": "Hello", "body": "World"}


async def publish(client: Client, headers: dict[str, str], **members: Any) -> httpx.Response:
    return await client.post("/v1/posts", json={**POST, **members}, headers=headers)


async def test_a_post_is_published_changed_and_deleted_by_its_author(client: Client) -> None:
    author = await new_user(client)
    created = await publish(client, author)
    path = created.headers["Location"]
    assert created.status_code == 201
    assert (await client.get(path)).json() == created.json()

    changed = await client.patch(path, json={"title": "Bye"}, headers=author)
    assert changed.json() == {
        **created.json(),
        "title": "Bye",
        "updated_at": changed.json()["updated_at"],
    }
    assert (await client.get(path)).json() == changed.json()

    assert (await client.delete(path, headers=author)).status_code == 204
    assert (await client.get(path)).status_code == 404


async def test_nobody_else_changes_a_post(client: Client) -> None:
    path = (await publish(client, await new_user(client))).headers["Location"]
    other = await new_user(client)

    assert (await client.patch(path, json={"title": "Mine"}, headers=other)).status_code == 403
    assert (await client.delete(path, headers=other)).status_code == 403
    assert (await client.delete(path)).status_code == 401
    assert (await client.get(path)).json()["title"] == "Hello"


async def test_an_etag_saves_the_transfer_and_guards_the_change(client: Client) -> None:
    author = await new_user(client)
    created = await publish(client, author)
    path, etag = created.headers["Location"], created.headers["ETag"]

    unchanged = await client.get(path, headers={"If-None-Match": etag})
    assert unchanged.status_code == 304
    guarded = {**author, "If-Match": etag}
    assert (await client.patch(path, json={"body": "1"}, headers=guarded)).status_code == 200
    assert (await client.patch(path, json={"body": "2"}, headers=guarded)).status_code == 412
    assert (await client.get(path, headers={"If-None-Match": etag})).status_code == 200


async def test_lengths_are_counted_in_code_points(client: Client) -> None:
    author = await new_user(client)

    assert (await publish(client, author, title="😀" * 200)).status_code == 201
    assert (await publish(client, author, title="😀" * 201)).status_code == 422


async def test_the_feed_is_walked_page_by_page_without_gap_or_repeat(client: Client) -> None:
    author = await new_user(client)
    posts = [(await publish(client, author)).json() for _ in range(5)]
    query: dict[str, Any] = {"author_id": posts[0]["author_id"], "limit": 2}

    walked: list[dict[str, Any]] = []
    while True:
        page = (await client.get("/v1/posts", params=query)).json()
        walked += page["data"]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]

    expected = sorted(posts, key=lambda post: (post["created_at"], post["id"]), reverse=True)
    assert walked == expected


async def test_a_foreign_cursor_is_refused(client: Client) -> None:
    response = await client.get("/v1/posts", params={"cursor": "eyJpZCI6IjEifQ"})

    assert response.status_code == 400
    assert response.json()["code"] == "invalid_parameter"
