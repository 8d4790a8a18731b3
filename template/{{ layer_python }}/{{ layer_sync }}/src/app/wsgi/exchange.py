"""From a WSGI environment to what is known of the request, and to the answer to an error."""

from __future__ import annotations

from http import HTTPStatus
from typing import NamedTuple
from wsgiref.types import StartResponse, WSGIEnvironment

import orjson

from app.errors import ServiceError
from app.exchange import Exchange
from app.responses import ERROR_RESPONSES, error_body, error_headers
from app.security.credentials import challenge

KEY = "app.exchange"
JSON = "application/json"


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def status_line(self) -> str:
        return f"{self.status} {HTTPStatus(self.status).phrase}"

    def send(self, start_response: StartResponse) -> list[bytes]:
        length = {"Content-Length": str(len(self.body))} if self.body else {}
        start_response(self.status_line, list({**self.headers, **length}.items()))
        return [self.body] if self.body else []


def exchange_of(environ: WSGIEnvironment) -> Exchange:
    exchange: Exchange = environ[KEY]
    return exchange


def error_reply(error: ServiceError, exchange: Exchange) -> Reply:
    headers = {"Content-Type": JSON, **error_headers(error)}
    if error.code == "unauthenticated":
        headers["WWW-Authenticate"] = challenge(credential_sent=exchange.credential_sent)
    body = error_body(error.code, exchange.request_id, error.faults)
    return Reply(ERROR_RESPONSES[error.code].status, headers, orjson.dumps(body))
