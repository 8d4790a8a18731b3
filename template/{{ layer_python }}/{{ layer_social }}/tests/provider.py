"""An OpenID provider over real HTTP, which signs in whoever the test says."""

from __future__ import annotations

import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.social_settings import SOCIAL_SETTINGS

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Provider:
    """`claims` is who signs in; `failing` makes every answer a 500."""

    def __init__(self) -> None:
        self.claims: dict[str, Any] = {}
        self.failing = False
        self.token_requests: list[dict[str, str]] = []
        self._nonces: dict[str, str] = {}
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.provider = self

    def __enter__(self) -> Provider:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def consent(self, location: str) -> dict[str, str]:
        """Somebody agrees at the address they were sent to: what their browser comes back with."""
        query = dict(parse_qsl(urlsplit(location).query))
        code = secrets.token_urlsafe(16)
        self._nonces[code] = query["nonce"]
        return {"code": code, "state": query["state"], "iss": self.issuer}

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }

    def token(self, form: dict[str, str]) -> dict[str, Any]:
        self.token_requests.append(form)
        return {"id_token": id_token(self.issuer, self._nonces[form["code"]], **self.claims)}


def published_keys() -> dict[str, Any]:
    public = jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True)
    return {"keys": [{**public, "kid": "1", "use": "sig"}]}


def id_token(issuer: str, nonce: str, **changes: Any) -> str:
    """Signed with the provider's key; a claim of None is left out."""
    now = int(time.time())
    claims = {
        "iss": issuer,
        "aud": SOCIAL_SETTINGS["oauth_client_id"],
        "sub": "subject-1",
        "iat": now,
        "exp": now + 60,
        "nonce": nonce,
        **changes,
    }
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, KEY, algorithm="RS256", headers={"kid": "1"})


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    provider: Provider


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        provider = self.server.provider
        known = {"/.well-known/openid-configuration": provider.metadata, "/keys": published_keys}
        self._answer(known[self.path]())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        self._answer(self.server.provider.token(form))

    def _answer(self, content: dict[str, Any]) -> None:
        self.send_response(500 if self.server.provider.failing else 200)
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())

    def log_message(self, format: str, *args: Any) -> None:
        pass
