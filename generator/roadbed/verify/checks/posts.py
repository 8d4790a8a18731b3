"""POSTS-01 … POSTS-11: writing, reading, validators, lists and cursors."""

from __future__ import annotations

import base64
import itertools
import json
import time
import unicodedata
import uuid
from collections.abc import Iterator
from functools import partial
from typing import Any

from roadbed.verify.actors import Actor
from roadbed.verify.check import check
from roadbed.verify.checks.err import details
from roadbed.verify.checks.operations import unknown_id
from roadbed.verify.target import Target

TEXTS = {
    "quotes": "\"double\" 'single' `back` “curly”",
    "HTML": "<script>alert(1)</script> & &amp; <b>",
    "SQL": "'; DROP TABLE posts; -- %s $1 ? :x",
    "CRLF": "line one\r\nline two\rline three\nline four\ttab",
    "right-to-left": "שלום עולם \u202eevil\u202c",
    "NFD": unicodedata.normalize("NFD", "Ångström é ñ"),
    "NFC": unicodedata.normalize("NFC", "Ångström é ñ"),
    "emoji": "👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 \U0001f9e8",
    "outer spaces": "  kept  \n",
    "backslashes": "\\n \\u0041 \\\\ \\x00",
    "format strings": "%s %d {0} ${x} {{y}} #{z}",
    "controls": "\x01\x02\x1f\x7f\u0085\u2028\u2029\ufeff",
    "non-characters": "\ufffe\uffff\U0010ffff",
    "numbers as text": "1e400",
}


@check("POSTS-01", "a post is its caller's, whatever the body says")
def creation(t: Target) -> None:
    user, other = t.user(), t.user()
    body = {
        "title": "Mine",
        "body": "Text",
        "author_id": other.id,
        "id": unknown_id(),
        "created_at": "2001-01-01T00:00:00Z",
        "updated_at": "2001-01-01T00:00:00Z",
        "version": 7,
    }
    t.step("POST /v1/posts with author_id, id, created_at, version of its own")
    answer = user.post("/v1/posts", json=body).require(201)
    post = answer.json
    t.equal(set(post), {"id", "author_id", "title", "body", "created_at", "updated_at"})
    t.equal((post["author_id"], post["title"], post["body"]), (user.id, "Mine", "Text"))
    t.expect(post["id"] != body["id"], expected="an id of the server's", saw=post["id"])
    t.expect(not post["created_at"].startswith("2001"), expected="now", saw=post["created_at"])
    t.equal(answer.header("location"), f"/v1/posts/{post['id']}")
    t.equal(answer.header("etag"), '"1"')
    row = t.sql.one("SELECT author_id::text, version FROM posts WHERE id = %s", post["id"])
    t.equal(row, {"author_id": user.id, "version": 1})


@check("POSTS-02", "limits count code points")
def limits(t: Target) -> None:
    user = t.user()
    for unit, name in (
        ("a", "ASCII"),
        ("é", "two bytes"),
        ("😀", "four bytes"),
        ("e\u0301", "NFD"),
    ):
        width = len(unit)
        for member, limit in (("title", 200), ("body", 10_000)):
            fits = unit * (limit // width)
            good = {"title": "t", "body": "b", member: fits}
            t.step(f"POST /v1/posts with a {member} of {len(fits)} code points ({name})")
            t.equal(user.post("/v1/posts", json=good).require(201).json[member], fits)
            answer = user.post("/v1/posts", json={**good, member: fits + "x"})
            t.step(f"POST /v1/posts with a {member} of {len(fits) + 1} code points ({name})")
            answer.require(422, code="validation_failed")
            t.equal(details(answer), {member: {"max_length"}})
    post = user.write_post()
    for member, limit in (("title", 200), ("body", 10_000)):
        for size, status in ((limit, 200), (limit + 1, 422), (0, 422)):
            t.step(f"PATCH a {member} of {size} code points")
            path = f"/v1/posts/{post['id']}"
            user.patch(path, json={member: "😀" * size}).require(status)


@check("POSTS-02", "white space alone is refused, around text it is kept")
def white_space(t: Target) -> None:
    user = t.user()
    for blank in ("", " ", "\n\t", "\u00a0", "\u2003\u3000", "\r\n" * 5):
        for member in ("title", "body"):
            t.step(f"POST /v1/posts with the {member} {blank!r}")
            body = {"title": "t", "body": "b", member: blank}
            answer = user.post("/v1/posts", json=body).require(422, code="validation_failed")
            t.equal(set(details(answer)), {member})
    padded = {"title": "  padded  ", "body": "\n\n text \n"}
    t.step("POST /v1/posts with white space around the text")
    made = user.post("/v1/posts", json=padded).require(201).json
    t.equal({key: made[key] for key in padded}, padded)
    row = t.sql.one("SELECT title, body FROM posts WHERE id = %s", made["id"])
    t.equal(row, padded)


@check("POSTS-03", "text round-trips exactly")
def round_trip(t: Target) -> None:
    user = t.user()
    for what, text in TEXTS.items():
        t.step(f"POST /v1/posts with {what}")
        made = user.post("/v1/posts", json={"title": text, "body": text}).require(201).json
        t.equal((made["title"], made["body"]), (text, text))
        for client in (t.api, t.api2):
            found = client.get(f"/v1/posts/{made['id']}").require(200).json
            t.equal((found["title"], found["body"]), (text, text))
        (listed,) = t.api.get(f"/v1/posts?author_id={user.id}&limit=1").require(200).json["data"]
        t.equal(listed, made)
        row = t.sql.one("SELECT title, body FROM posts WHERE id = %s", made["id"])
        t.equal(row, {"title": text, "body": text})


@check("POSTS-03", "NUL and lone surrogates are refused")
def hostile_characters(t: Target) -> None:
    user = t.user()
    post = user.write_post()
    path = f"/v1/posts/{post['id']}"
    for member in ("title", "body"):
        for text in ("\0", "a\0b", "tail\0"):
            t.step(f"{member} {text!r}")
            body = {"title": "t", "body": "b", member: text}
            for answer in (
                user.post("/v1/posts", json=body),
                user.patch(path, json={member: text}),
            ):
                answer.require(422, code="validation_failed")
                t.equal(details(answer), {member: {"forbidden_char"}})
        for escape in (r"\ud800", r"\udc00", r"a\ud83d", r"\ude00\ud83d", r"\uD800\u0041"):
            t.step(f"{member} with the lone surrogate {escape}")
            raw = json.dumps({"title": "t", "body": "b", member: "MARK"}).replace("MARK", escape)
            kind = {"Content-Type": "application/json"}
            user.post("/v1/posts", body=raw.encode(), headers=kind).require(400, 422)
            raw = json.dumps({member: "MARK"}).replace("MARK", escape)
            user.patch(path, body=raw.encode(), headers=kind).require(400, 422)
    t.step("a pair of surrogates is one character")
    pair = b'{"title": "\\ud83d\\ude00", "body": "b"}'
    kind = {"Content-Type": "application/json"}
    made = user.post("/v1/posts", body=pair, headers=kind).require(201)
    t.equal(made.json["title"], "😀")


@check("POSTS-04", "a post is public, an unknown one 404")
def public_reading(t: Target) -> None:
    user, other = t.user(), t.user()
    post = user.write_post()
    path, away = f"/v1/posts/{post['id']}", f"/v1/posts/{unknown_id()}"
    for what, answer, gone in (
        ("nothing", t.api.get(path), t.api.get(away)),
        ("its author's credential", user.get(path), user.get(away)),
        ("another's credential", other.get(path), other.get(away)),
        ("a bad token", t.api.get(path, token="bad"), t.api.get(away, token="bad")),
    ):
        t.step(f"GET a post with {what}")
        t.equal(answer.require(200).json, post)
        t.step(f"GET an unknown post with {what}")
        gone.require(404, code="not_found")
    for version in (1, 4, 7):
        t.step(f"GET an unknown id of UUID version {version}")
        wanted = uuid.uuid4().hex
        name = str(uuid.UUID(f"{wanted[:12]}{version}{wanted[13:]}"))
        t.api.get(f"/v1/posts/{name}").require(404, code="not_found")


@check("POSTS-05", "PATCH changes what is sent")
def patching(t: Target) -> None:
    user = t.user()
    made = user.post("/v1/posts", json={"title": "one", "body": "two"}).require(201)
    path = f"/v1/posts/{made.json['id']}"
    last, etag = made.json, made.header("etag")
    changes = ({"title": "uno"}, {"body": "due"}, {"title": "eins", "body": "zwei"})
    for change in changes:
        time.sleep(0.01)
        t.step(f"PATCH with {change}")
        answer = user.patch(path, json=change).require(200)
        expected = {**last, **change, "updated_at": answer.json["updated_at"]}
        t.equal(answer.json, expected)
        later = _instant(answer.json["updated_at"]) > _instant(last["updated_at"])
        t.expect(later, expected=f"later than {last['updated_at']}", saw=answer.json["updated_at"])
        t.expect(answer.header("etag") not in (None, etag), expected="a new ETag", saw=etag)
        last, etag = answer.json, answer.header("etag")
        t.equal(t.api.get(path).require(200).json, last)
    bad: list[Any] = [{}, {"title": None}, {"body": None}, {"title": "x", "body": None}, {"x": 1}]
    for body in bad:
        t.step(f"PATCH with {body}")
        user.patch(path, json=body).require(422, code="validation_failed")
    t.step("GET after the refused changes")
    after = t.api.get(path).require(200)
    t.equal((after.json, after.header("etag")), (last, etag))


def _instant(text: str) -> str:
    """Comparable as text: fraction digits filled up."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    return f"{whole}.{fraction:0<6}"


@check("POSTS-06", "DELETE, then 404 everywhere")
def deleting(t: Target) -> None:
    user = t.user()
    post = user.write_post()
    path = f"/v1/posts/{post['id']}"
    for client in (t.api, t.api2):
        client.get(path).require(200)
    t.step("DELETE a post that both instances have read")
    t.equal(user.delete(path).require(204).body, b"")
    for name, client in (("api2", t.api2), ("api", t.api)):
        t.step(f"GET the deleted post on {name}")
        client.get(path).require(404, code="not_found")
    t.step("DELETE and PATCH it again")
    user.delete(path).require(404, code="not_found")
    user.patch(path, json={"title": "x"}).require(404, code="not_found")
    t.equal(t.api.get(f"/v1/posts?author_id={user.id}").require(200).json["data"], [])


@check("POSTS-07", "one strong ETag from every source")
def etags(t: Target) -> None:
    user = t.user()
    made = user.post("/v1/posts", json={"title": "t", "body": "b"}).require(201)
    path = f"/v1/posts/{made.json['id']}"
    etag = made.headers["etag"]
    t.step("created a post")
    t.equal(etag, '"1"')
    t.redis.delete(f"cache:post:{made.json['id']}")
    t.step("GET from the database, then from the cache, on both instances")
    for client in (t.api, t.api, t.api2, t.api2):
        t.equal(client.get(path).require(200).header("etag"), etag)
    for value in (etag, f'"x", {etag}', f"W/{etag}", "*", f'"a" , {etag} , "b"'):
        for state in ("cached", "uncached"):
            if state == "uncached":
                t.redis.delete(f"cache:post:{made.json['id']}")
            t.step(f"GET ({state}) with If-None-Match: {value}")
            answer = t.api.get(path, headers={"If-None-Match": value}).require(304)
            t.equal((answer.body, answer.header("etag")), (b"", etag))
    for value in ('"x"', '"2"', "1", '"11"', 'W/"x"', ""):
        t.step(f"GET with If-None-Match: {value}")
        t.api.get(path, headers={"If-None-Match": value}).require(200)
    t.step("PATCH, then GET with the old ETag")
    changed = user.patch(path, json={"title": "new"}).require(200)
    t.equal(changed.header("etag"), '"2"')
    for client in (t.api2, t.api):
        fresh = client.get(path, headers={"If-None-Match": etag}).require(200)
        t.equal((fresh.header("etag"), fresh.json["title"]), ('"2"', "new"))
    t.step("GET an unknown post with If-None-Match: *")
    t.api.get(f"/v1/posts/{unknown_id()}", headers={"If-None-Match": "*"}).require(404)


@check("POSTS-08", "If-Match guards PATCH and DELETE")
def if_match(t: Target) -> None:
    user = t.user()
    path = f"/v1/posts/{user.write_post('zero')['id']}"
    t.step("PATCH with the right If-Match, *, in a list, and without")
    user.patch(path, json={"title": "one"}, headers={"If-Match": '"1"'}).require(200)
    user.patch(path, json={"title": "two"}, headers={"If-Match": "*"}).require(200)
    user.patch(path, json={"title": "three"}, headers={"If-Match": '"x", "3"'}).require(200)
    user.patch(path, json={"title": "four"}).require(200)
    before = t.api.get(path).require(200)
    t.equal((before.json["title"], before.header("etag")), ("four", '"5"'))
    for value in ('"1"', '"4"', '"6"', 'W/"5"', '"x"', '"05"', '"5x"'):
        headers = {"If-Match": value}
        t.step(f'PATCH and DELETE with If-Match: {value} while the ETag is "5"')
        answer = user.patch(path, json={"title": "no"}, headers=headers)
        answer.require(412, code="precondition_failed")
        user.delete(path, headers=headers).require(412, code="precondition_failed")
        after = t.api2.get(path).require(200)
        t.equal((after.json, after.header("etag")), (before.json, before.header("etag")))
    t.step("DELETE with the right If-Match")
    user.delete(path, headers={"If-Match": '"5"'}).require(204)


@check("POSTS-08", "of ten parallel PATCHes with one ETag one wins")
def if_match_race(t: Target) -> None:
    user = t.user()
    path = f"/v1/posts/{user.write_post()['id']}"
    for number in range(10):
        etag = t.api.get(path).require(200).headers["etag"]
        calls = [
            partial(
                user.patch,
                path,
                json={"title": f"writer {writer}"},
                headers={"If-Match": etag},
                client=client,
            )
            for writer, client in enumerate([t.api, t.api2] * 5)
        ]
        t.step(f"10 parallel PATCHes with If-Match {etag} over two instances, round {number + 1}")
        answers = t.race(calls)
        t.equal(sorted(answer.status for answer in answers), [200] + [412] * 9)
        (winner,) = (answer for answer in answers if answer.status == 200)
        t.equal(t.api2.get(path).require(200).json, winner.json)


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
    keys = [(_instant(post["created_at"]), post["id"]) for post in everybody]
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
