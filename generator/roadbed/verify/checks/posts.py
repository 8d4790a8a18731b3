"""POSTS-01 … POSTS-11: writing, reading, validators, lists and cursors."""

from __future__ import annotations

import json
import time
import unicodedata
import uuid
from functools import partial
from typing import Any

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
        later = instant(answer.json["updated_at"]) > instant(last["updated_at"])
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


def instant(text: str) -> str:
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
