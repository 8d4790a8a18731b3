"""Two answers that must not be told apart."""

from __future__ import annotations

import json

from roadbed.verify.client import Response
from roadbed.verify.target import Target


def same_answer(t: Target, one: Response, other: Response) -> None:
    """Same status, same header names, same bytes once the request id is taken out."""
    t.equal(other.status, one.status)
    t.equal(_names(other), _names(one))
    t.equal(_neutral(other), _neutral(one))


def _names(answer: Response) -> list[str]:
    return sorted({name.lower() for name, _ in answer.headers})


def _neutral(answer: Response) -> bytes:
    body = answer.json
    if isinstance(body, dict) and "request_id" in body:
        return answer.body.replace(json.dumps(body["request_id"]).encode(), b'"<id>"')
    return answer.body
