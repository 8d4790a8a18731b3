"""An OpenID Provider over real HTTP that signs anybody in, and can misbehave in every way.

It keeps a real provider's rules: only the registered client and redirect URI, a code works once,
and only with the verifier of its challenge. `Account` says who signs in, `Grant.flaw` how the ID
token of one sign-in is wrong; `fail`, `silence` and `down` break the provider as a whole.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import json
import secrets
import threading
import time
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from roadbed.verify.fakes.id_tokens import FLAWS, keys
from roadbed.verify.fakes.port import HeldPort

_SILENT_AT_MOST = 60.0


@dataclass(frozen=True)
class Account:
    """Somebody's account at the provider. A None claim is left out of the ID token."""

    subject: str
    email: str | None
    email_verified: bool | None = True
    name: str | None = "Ada at the provider"


@dataclass
class Grant:
    """One authorization: who signed in, with which request. `flaw` is a key of FLAWS."""

    account: Account
    query: dict[str, str]
    flaw: str | None = None
    alg: Literal["RS256", "ES256"] = "RS256"
    used: bool = False


@dataclass(frozen=True)
class TokenRequest:
    """A request to the token endpoint. `refused` is the provider's error, or ''."""

    at: float
    form: dict[str, str]
    client_id: str
    client_secret: str
    authenticated_by: str
    content_type: str
    refused: str = ""

    @property
    def code(self) -> str:
        return self.form.get("code", "")


@dataclass(frozen=True)
class _Browser:
    """Who the person in front of the browser is, by the provider's own cookie."""

    account: Account
    flaw: str | None
    alg: Literal["RS256", "ES256"]
    declines: bool


class OpenIdProvider:
    """Safe for many threads; grants of different sign-ins never meet."""

    client_id = "suite-client"

    def __init__(self, redirect_uri: str, address: str = "127.0.0.1") -> None:
        self.redirect_uri = redirect_uri
        self._port = HeldPort(address)
        self._server: _Server | None = None
        self._lock = threading.Lock()
        self._grants: dict[str, Grant] = {}
        self._browsers: dict[str, _Browser] = {}
        self._token_requests: list[TokenRequest] = []
        self._tokens: set[str] = set()
        self._awake = threading.Event()
        self._awake.set()
        self._status = 200
        # Hexadecimal, so that no word in it makes it look like a placeholder.
        self.client_secret = secrets.token_hex(24)

    # -- life ---------------------------------------------------------------------------------

    def __enter__(self) -> OpenIdProvider:
        self.up()
        return self

    def __exit__(self, *_: object) -> None:
        self.reset()
        self.down()
        self._port.release()

    @property
    def issuer(self) -> str:
        return f"http://{self._port.address}:{self._port.number}"

    def down(self) -> None:
        """The port is closed: connections are refused."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()
            server.hang_up()

    def up(self) -> None:
        if self._server is None:
            self._server = _Server(self, self._port)
            threading.Thread(
                target=self._server.serve_forever, args=(0.05,), name="openid", daemon=True
            ).start()

    def fail(self, status: int) -> None:
        """Every endpoint answers this status."""
        self._status = status

    def silence(self) -> None:
        """Every endpoint takes the request and says nothing."""
        self._awake.clear()

    def reset(self) -> None:
        """Up, well and talking. What was recorded stays."""
        self._status = 200
        self._awake.set()
        self.up()

    # -- what the suite sees ------------------------------------------------------------------

    def token_requests(self, code: str | None = None) -> list[TokenRequest]:
        """In order of arrival; of one code, or all."""
        with self._lock:
            return [made for made in self._token_requests if code in (None, made.code)]

    @property
    def secrets(self) -> set[str]:
        """Codes, verifiers, tokens and the client's secret: nobody may log them."""
        with self._lock:
            verifiers = {made.form.get("code_verifier", "") for made in self._token_requests}
            return {self.client_secret, *self._grants, *self._tokens, *verifiers} - {""}

    # -- the person in front of the browser ---------------------------------------------------

    def sign_in(
        self,
        account: Account,
        *,
        flaw: str | None = None,
        alg: Literal["RS256", "ES256"] = "RS256",
        declines: bool = False,
    ) -> str:
        """Somebody signs in at the provider; the cookie their browser now sends to it."""
        if flaw is not None and flaw not in FLAWS:
            raise ValueError(f"no such flaw: {flaw}")
        session = secrets.token_urlsafe(16)
        with self._lock:
            self._browsers[session] = _Browser(account, flaw, alg, declines)
        return f"provider_session={session}"

    # -- endpoints: (status, body or Location) ------------------------------------------------

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": ["openid", "email", "profile"],
            "authorization_response_iss_parameter_supported": True,
        }

    def authorize(self, query: dict[str, str], cookie: str) -> tuple[int, str]:
        """The authorization endpoint, for a browser that has signed in: where it is sent."""
        browser = self._browsers.get(cookie.removeprefix("provider_session="))
        if browser is None:
            return 403, "nobody is signed in at the provider"
        # A wrong client or redirect URI is told the person, never the redirect URI (RFC 6749).
        if (query.get("client_id"), query.get("redirect_uri")) != (
            self.client_id,
            self.redirect_uri,
        ):
            return 400, "unknown client or redirect_uri"
        back = {"state": query.get("state", ""), "iss": self.issuer}
        if browser.declines:
            back |= {"error": "access_denied", "error_description": "<script>denied</script>"}
        else:
            code = secrets.token_urlsafe(24)
            with self._lock:
                self._grants[code] = Grant(browser.account, query, browser.flaw, browser.alg)
            back["code"] = code
        return 303, f"{self.redirect_uri}?{urlencode(back)}"

    def token(self, request: TokenRequest) -> tuple[int, dict[str, Any]]:
        """The token endpoint: records the request, and redeems the code if all is right."""
        with self._lock:
            grant = self._grants.get(request.code)
            refused = self._refusal(request, grant)
            self._token_requests.append(replace(request, refused=refused))
            if grant is None or refused:
                return (401 if refused == "invalid_client" else 400), {"error": refused}
            grant.used = True
            answer = {
                "access_token": secrets.token_urlsafe(24),
                "token_type": "Bearer",
                "expires_in": 300,
            }
            id_token = self._id_token(grant)
            if id_token is not None:
                answer["id_token"] = id_token
            self._tokens |= {str(answer["access_token"]), id_token or ""}
            return 200, answer

    def _refusal(self, request: TokenRequest, grant: Grant | None) -> str:
        if (request.client_id, request.client_secret) != (self.client_id, self.client_secret):
            return "invalid_client"
        if request.form.get("grant_type") != "authorization_code":
            return "unsupported_grant_type"
        if grant is None or grant.used or request.form.get("redirect_uri") != self.redirect_uri:
            return "invalid_grant"
        if challenge_of(request.form.get("code_verifier", "")) != grant.query.get("code_challenge"):
            return "invalid_grant"
        return ""

    def _id_token(self, grant: Grant) -> str | None:
        now = int(time.time())
        account = grant.account
        claims = {
            "iss": self.issuer,
            "aud": self.client_id,
            "sub": account.subject,
            "iat": now,
            "exp": now + 300,
            "nonce": grant.query.get("nonce"),
            "email": account.email,
            "email_verified": account.email_verified,
            "name": account.name,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        if grant.flaw is not None:
            return FLAWS[grant.flaw](claims)
        return (keys().rsa if grant.alg == "RS256" else keys().ec).sign(claims)

    def trouble(self) -> int | None:
        """What every endpoint has to answer just now: a status, or None when all is well."""
        self._awake.wait(_SILENT_AT_MOST)
        return None if self._status == 200 else self._status


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a verifier (RFC 7636)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def parameters(query: str) -> dict[str, str]:
    """The first value of each parameter of a query string or form."""
    return {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, provider: OpenIdProvider, port: HeldPort) -> None:
        self.provider = provider
        self._links: set[Any] = set()
        super().__init__((port.address, port.number), _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = port.listener()
        self.server_address = self.socket.getsockname()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._links.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._links.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End the connections that clients keep for later: a server that is down has none."""
        for link in tuple(self._links):
            with contextlib.suppress(OSError):
                link.shutdown(2)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    server: _Server

    def do_GET(self) -> None:
        provider, address = self.server.provider, urlsplit(self.path)
        if (trouble := provider.trouble()) is not None:
            self._answer(trouble, {"error": "server_error"})
        elif address.path == "/.well-known/openid-configuration":
            self._answer(200, provider.metadata())
        elif address.path == "/keys":
            self._answer(200, keys().published())
        elif address.path == "/authorize":
            cookie = self.headers.get("Cookie", "")
            status, said = provider.authorize(parameters(address.query), cookie)
            self._answer(status, {"message": said}, location=said if status == 303 else None)
        else:
            self._answer(404, {"error": "not_found"})

    def do_POST(self) -> None:
        provider = self.server.provider
        form = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        if (trouble := provider.trouble()) is not None:
            self._answer(trouble, {"error": "server_error"})
        elif urlsplit(self.path).path == "/token":
            self._answer(*provider.token(self._token_request(parameters(form))))
        else:
            self._answer(404, {"error": "not_found"})

    def _token_request(self, form: dict[str, str]) -> TokenRequest:
        scheme, _, value = self.headers.get("Authorization", "").partition(" ")
        client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
        by = "client_secret_post" if secret else "none"
        if scheme.lower() == "basic":
            by = "client_secret_basic"
            with contextlib.suppress(binascii.Error, ValueError):
                first, _, second = base64.b64decode(value, validate=True).decode().partition(":")
                client_id, secret = unquote(first), unquote(second)
        content_type = self.headers.get("Content-Type", "")
        return TokenRequest(time.time(), form, client_id, secret, by, content_type)

    def _answer(self, status: int, body: dict[str, Any], location: str | None = None) -> None:
        data = json.dumps(body).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Cache-Control", "no-store")
            self.send_header("Content-Length", str(len(data)))
            if location is not None:
                self.send_header("Location", location)
            self.end_headers()
            self.wfile.write(data)
        except OSError:
            self.close_connection = True  # the client gave up; nobody is left to tell

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: the suite's output is the report."""
