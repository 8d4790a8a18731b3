"""POSTS-09, -10, -11: the list and its cursors."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Iterator
from typing import Any

from roadbed.verify.actors import Actor
from roadbed.verify.check import check
from roadbed.verify.checks.operations import unknown_id
from roadbed.verify.checks.posts import instant
from roadbed.verify.target import Target


@check("POSTS-09", "the list: order, limit, filter, faults")
def listing(t: Target) -> None:
    user = t.user()
    posts = [user.write_post(f"post {number}") for number in range(25)]
    newest = list(reversed(posts))
    mine = f"/v1/posts?author_id={user.id}"
    t.step("GET an author's posts without limit")
    page = t.api.get(mine).require(200).json
    t.equal(set(page), {"data", "next_cursor"})
    t.equal(page["data"], newest[:20])
    t.expect(isinstance(page["next_cursor"], str), expected="a cursor", saw=page["next_cursor"])
    for limit in (1, 7, 24):
        t.step(f"limit={limit} of 25 posts")
        page = t.api.get(f"{mine}&limit={limit}").require(200).json
        t.equal(page["data"], newest[:limit])
        t.expect(page["next_cursor"], expected="a cursor", saw=page["next_cursor"])
    for limit in (25, 26, 100):
        t.step(f"limit={limit} of 25 posts")
        page = t.api.get(f"{mine}&limit={limit}").require(200).json
        t.equal((page["data"], page["next_cursor"]), (newest, None))
    t.step("the list of everybody's posts is newest first")
    everybody = t.api.get("/v1/posts?limit=100").require(200).json["data"]
    keys = [(instant(post["created_at"]), post["id"]) for post in everybody]
    t.equal(keys, sorted(keys, reverse=True))
    t.step("an unknown author")
    empty = t.api.get(f"/v1/posts?author_id={unknown_id()}").require(200).json
    t.equal(empty, {"data": [], "next_cursor": None})
    faults = [f"limit={value}" for value in (0, 101, -1, "abc", "1.5", "1e1", "", 10**20)]
    faults += ["author_id=abc", "author_id=", "author_id=%00"]
    for query in faults:
        t.step(f"GET /v1/posts?{query}")
        t.api.get(f"/v1/posts?{query}").require(400, code="invalid_parameter")


def _walk(t: Target, query: str, limit: int) -> Iterator[list[dict[str, Any]]]:
    """Page after page."""
    cursor: str | None = ""
    for _ in range(500):
        path = f"/v1/posts?limit={limit}{query}" + (f"&cursor={cursor}" if cursor else "")
        page = t.api.get(path).require(200).json
        yield page["data"]
        cursor = page["next_cursor"]
        if cursor is None:
            return
    t.expect(False, expected="an end", saw="500 pages and still a cursor")


@check("POSTS-10", "a walk sees every untouched post once while others write")
def walking(t: Target) -> None:
    user = t.user()
    rows = []
    for number in range(250):
        at = f"2024-01-01 00:{number // 60:02}:{number % 60:02}.123+00"
        rows.append((unknown_id(), user.id, f"post {number}", "b", at))
    t.sql.many(
        "INSERT INTO posts (id, author_id, title, body, created_at) VALUES (%s, %s, %s, %s, %s)",
        rows,
    )
    untouched = {row[0] for row in rows}
    seen: list[str] = []
    for number, page in enumerate(_walk(t, f"&author_id={user.id}", 7)):
        ids = [post["id"] for post in page]
        seen += ids
        if number % 3 == 0 and ids:
            # The cursor's own row goes, so do one behind it and one ahead; a new one comes.
            remaining = [row[0] for row in reversed(rows) if row[0] not in seen]
            gone = [ids[-1], ids[0], *remaining[10:11]]
            t.sql.execute("DELETE FROM posts WHERE id = ANY(%s::uuid[])", gone)
            untouched -= set(gone)
            user.write_post("inserted meanwhile")
    t.step("walked 250 posts by 7 while posts were inserted and deleted, the cursor's row too")
    ours = [post for post in seen if post in untouched]
    order = [row[0] for row in reversed(rows) if row[0] in untouched]
    t.equal(len(ours), len(order))
    t.expect(ours == order, expected="each exactly once, newest first", saw="another order")


@check("POSTS-10", "rows of one moment are each seen once")
def equal_times(t: Target) -> None:
    for what, moments in (
        ("equal created_at", ["2024-02-02 02:02:02.222+00"]),
        ("microseconds", [f"2024-03-03 03:03:03.333{n:03}+00" for n in range(0, 60, 2)]),
        ("half-milliseconds", ["2024-03-03 03:03:03.4445+00", "2024-03-03 03:03:03.4455+00"]),
    ):
        user = t.user()
        moment = itertools.cycle(moments)
        rows = [(unknown_id(), user.id, "t", "b", next(moment)) for _ in range(60)]
        t.sql.many(
            "INSERT INTO posts (id, author_id, title, body, created_at)"
            " VALUES (%s, %s, %s, %s, %s)",
            rows,
        )
        for limit in (1, 7, 59):
            t.step(f"walked 60 rows put in by SQL with {what}, by {limit}")
            seen = [
                post["id"] for page in _walk(t, f"&author_id={user.id}", limit) for post in page
            ]
            t.equal(len(seen), 60)
            t.equal(set(seen), {row[0] for row in rows})


def _cursors(user: Actor) -> tuple[str, str]:
    """Two good cursors of one list."""
    first = user.get(f"/v1/posts?author_id={user.id}&limit=2").require(200).json["next_cursor"]
    path = f"/v1/posts?author_id={user.id}&limit=2&cursor={first}"
    return first, user.get(path).require(200).json["next_cursor"]


@check("POSTS-11", "a bent cursor is 400")
def bent_cursors(t: Target) -> None:
    user = t.user()
    for number in range(6):
        user.write_post(f"post {number}")
    good, second = _cursors(user)
    t.step("read a cursor")
    url_safe = all(char.isalnum() or char in "-_.~=" for char in good)
    t.expect(url_safe, expected="URL-safe characters", saw=good)
    bent = {
        "truncated by one": good[:-1],
        "truncated by half": good[: len(good) // 2],
        "doubled": good + good,
        "two of them mixed": good[: len(good) // 2] + second[len(second) // 2 :] + "x",
        "a JSON of ours": _encode({"created_at": "2024-01-01T00:00:00Z", "id": unknown_id()}),
        "JSON with quotes": _encode(["2024-01-01' OR '1'='1", "x'; DROP TABLE posts; --"]),
        "a list": _encode([1, 2]),
        "a number": _encode(5),
        "a plain id": unknown_id(),
        "SQL": "1'%20OR%201=1--",
        "a NUL": "%00",
        "no ASCII": "%F0%9F%98%80",
        "bytes": base64.urlsafe_b64encode(bytes(range(256))).decode().rstrip("="),
        "very long": "A" * 600,
        "a timestamp": "2024-01-01T00:00:00Z",
    }
    for what, cursor in bent.items():
        t.step(f"GET /v1/posts with a cursor: {what}")
        t.api.get(f"/v1/posts?cursor={cursor}").require(400, code="invalid_parameter")
    for index in range(len(good)):
        flipped = chr(ord(good[index]) ^ 1)
        if not (flipped.isalnum() or flipped in "-_"):
            flipped = "A" if good[index] != "A" else "B"
        cursor = good[:index] + flipped + good[index + 1 :]
        t.step(f"GET /v1/posts with character {index} of a cursor changed")
        t.api.get(f"/v1/posts?cursor={cursor}").require(400, code="invalid_parameter")
    t.step("the good cursor still works")
    t.api.get(f"/v1/posts?author_id={user.id}&limit=2&cursor={good}").require(200)


def _encode(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
