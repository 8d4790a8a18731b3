"""Every operation with a request that works: the rows of the table-driven checks."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from roadbed.verify import contract
from roadbed.verify.actors import REFRESH_COOKIE, Actor
from roadbed.verify.client import Response
from roadbed.verify.target import Target


@dataclass
class Example:
    """One operation ready to be sent. `body` is None for bodyless operations.

    `status` is what it answers; `cookies` are its credential where a cookie is one.
    """

    method: str
    template: str
    path: str
    status: int
    body: dict[str, Any] | None = None
    cookies: dict[str, str] = field(default_factory=dict)
    actor: Actor | None = None

    @property
    def public(self) -> bool:
        return contract.is_public(self.method, self.template)

    def send(self, t: Target, **options: Any) -> Response:
        """With the credential where one is needed; options override what is sent."""
        if self.body is not None and "body" not in options:
            options.setdefault("json", self.body)
        if self.cookies:
            options["cookies"] = {**self.cookies, **(options.get("cookies") or {})}
        if self.actor is not None and not self.public and not self.cookies:
            return self.actor.request(self.method, self.path, **options)
        return t.api.request(self.method, self.path, **options)


def examples(t: Target, *, bodies_only: bool = False) -> list[Example]:
    """One fresh example per operation of this variant, none of which harms another.

    The mail tokens are unknown ones: those two operations answer 400.
    """
    user, leaver, changer, quitter = t.user(), t.user(), t.user(), t.user()
    post, doomed = user.write_post(), user.write_post()
    job = user.post("/v1/exports").require(202).json
    login_status = 200 if t.project.auth == "jwt" else 204
    unknown = "A" * 43

    def row(method: str, template: str, status: int, **more: Any) -> Example:
        more.setdefault("actor", user)
        return Example(method, template, more.pop("path", template), status, **more)

    change = {"current_password": changer.password, "new_password": t.password()}
    rows = [
        row("POST", "/v1/users", 201, body=sign_up_body(t)),
        row("GET", "/v1/users/me", 200),
        row("DELETE", "/v1/users/me", 204, actor=leaver),
        row("PUT", "/v1/users/me/password", 204, body=change, actor=changer),
        row("GET", "/v1/users/{id}", 200, path=f"/v1/users/{user.id}"),
        row(
            "POST",
            "/v1/auth/login",
            login_status,
            body={"email": user.email, "password": user.password},
        ),
        row("POST", "/v1/auth/logout", 204, cookies=dict(t.again(user).cookies)),
        row("POST", "/v1/auth/logout-all", 204, actor=quitter),
        row("POST", "/v1/auth/verify-email", 400, body={"token": unknown}),
        row("POST", "/v1/auth/password/forgot", 202, body={"email": t.email()}),
        row(
            "POST",
            "/v1/auth/password/reset",
            400,
            body={"token": unknown, "new_password": t.password()},
        ),
        row("GET", "/v1/posts", 200, path="/v1/posts?limit=3"),
        row("POST", "/v1/posts", 201, body={"title": "A title", "body": "A body"}),
        row("GET", "/v1/posts/{id}", 200, path=f"/v1/posts/{post['id']}"),
        row("PATCH", "/v1/posts/{id}", 200, path=f"/v1/posts/{post['id']}", body={"title": "Y"}),
        row("DELETE", "/v1/posts/{id}", 204, path=f"/v1/posts/{doomed['id']}"),
        row("POST", "/v1/exports", 202),
        row("GET", "/v1/jobs/{id}", 200, path=f"/v1/jobs/{job['id']}"),
        row("GET", "/healthz", 200),
        row("GET", "/readyz", 200),
    ]
    if t.project.auth == "jwt":
        cookies = {REFRESH_COOKIE: t.again(user).refresh_token}
        rows.append(row("POST", "/v1/auth/refresh", 200, cookies=cookies))
    return [example for example in rows if example.body is not None or not bodies_only]


def sign_up_body(t: Target) -> dict[str, Any]:
    """A sign-up that works."""
    return {"email": t.email(), "name": "Grace", "password": t.password()}


def unknown_id() -> str:
    """A well-formed id (a UUID of version 7 by its digits) that nothing has."""
    digits = uuid.uuid4().hex
    return str(uuid.UUID(f"0190{digits[4:12]}7{digits[13:16]}8{digits[17:]}"))
