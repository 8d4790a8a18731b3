"""People who use the service: signed up, signed in, with credentials of their own."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from roadbed.verify.client import Client, Response

REFRESH_COOKIE = "__Host-refresh_token"
SESSION_COOKIE = "__Host-session"
_run_word = secrets.token_hex(3)
_numbers = itertools.count(1)


@dataclass
class Actor:
    """A user and one sign-in. Requests made through it carry its credential.

    jwt: `access_token` goes out as Bearer, `refresh_token` only where a check sends it.
    sess: `session` goes out as cookie.
    """

    client: Client
    email: str
    password: str
    name: str
    id: str
    auth: str
    access_token: str = ""
    refresh_token: str = ""
    session: str = ""
    signed_up: Response | None = field(default=None, repr=False)

    def request(
        self, method: str, target: str, *, client: Client | None = None, **options: Any
    ) -> Response:
        """As this user; `client` sends it to another instance."""
        if self.auth == "jwt":
            options.setdefault("token", self.access_token)
        else:
            options["cookies"] = {SESSION_COOKIE: self.session, **(options.get("cookies") or {})}
        return (client or self.client).request(method, target, **options)

    def get(self, target: str, **options: Any) -> Response:
        return self.request("GET", target, **options)

    def post(self, target: str, **options: Any) -> Response:
        return self.request("POST", target, **options)

    def put(self, target: str, **options: Any) -> Response:
        return self.request("PUT", target, **options)

    def patch(self, target: str, **options: Any) -> Response:
        return self.request("PATCH", target, **options)

    def delete(self, target: str, **options: Any) -> Response:
        return self.request("DELETE", target, **options)

    def write_post(self, title: str = "A title", body: str = "A body") -> dict[str, Any]:
        """A new post of this user, as the service returned it."""
        answer = self.post("/v1/posts", json={"title": title, "body": body}).require(201)
        return dict(answer.json)

    def refresh(self, *, client: Client | None = None) -> Response:
        """Rotate: on 200 the new tokens replace the old ones. jwt only."""
        answer = refresh_with(client or self.client, self.refresh_token)
        if answer.status == 200:
            self._take(answer)
        return answer

    @property
    def cookies(self) -> Mapping[str, str]:
        """The cookie of this sign-in, as a browser would send it."""
        if self.auth == "jwt":
            return {REFRESH_COOKIE: self.refresh_token}
        return {SESSION_COOKIE: self.session}

    @property
    def cookie_header(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def copy(self, client: Client) -> Actor:
        """The same user without credentials."""
        return replace(self, client=client, access_token="", refresh_token="", session="")

    def _take(self, answer: Response) -> None:
        if self.auth == "jwt":
            self.access_token = answer.json["access_token"]
            cookie = answer.cookie(REFRESH_COOKIE)
            self.refresh_token = cookie.value if cookie else ""
        else:
            cookie = answer.cookie(SESSION_COOKIE)
            self.session = cookie.value if cookie else ""


def new_email(hint: str = "user") -> str:
    """Unique within all runs of a day."""
    return f"{hint}-{_run_word}-{next(_numbers)}@example.com"


def new_password() -> str:
    return f"Pw {secrets.token_urlsafe(15)}"


def sign_up(client: Client, *, email: str, password: str, auth: str, name: str = "Ada") -> Actor:
    """A new user, not yet signed in."""
    answer = client.post(
        "/v1/users", json={"email": email, "name": name, "password": password}
    ).require(201)
    return Actor(client, email, password, name, answer.json["id"], auth, signed_up=answer)


def login(client: Client, email: str, password: str, **options: Any) -> Response:
    """The bare request."""
    return client.post("/v1/auth/login", json={"email": email, "password": password}, **options)


def sign_in(actor: Actor) -> Actor:
    """Give the actor credentials of a new sign-in."""
    answer = login(actor.client, actor.email, actor.password)
    actor._take(answer.require(200 if actor.auth == "jwt" else 204))
    return actor


def refresh_with(client: Client, token: str | None, **options: Any) -> Response:
    """The bare refresh request with this cookie, or with none."""
    cookies = None if token is None else {REFRESH_COOKIE: token}
    return client.post("/v1/auth/refresh", cookies=cookies, **options)
