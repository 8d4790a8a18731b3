"""Third-party login as a browser lives it: to the provider, through its door, and back."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

from roadbed.verify.actors import Actor, refresh_with
from roadbed.verify.client import Client, Response
from roadbed.verify.fakes.openid import Account, TokenRequest
from roadbed.verify.profiles import OAUTH_PROVIDER
from roadbed.verify.target import Target

TRANSACTION_COOKIE = "__Host-oauth_tx"
START = f"/v1/auth/oauth/{OAUTH_PROVIDER}/start"
CALLBACK = f"/v1/auth/oauth/{OAUTH_PROVIDER}/callback"


@dataclass
class Journey:
    """One browser's sign-in. `query` is what the service asked of the provider."""

    t: Target
    started: Response
    endpoint: str
    query: dict[str, str]
    transaction: str

    @property
    def cookies(self) -> dict[str, str]:
        """What this browser brings back."""
        return {TRANSACTION_COOKIE: self.transaction}

    def consent(
        self,
        account: Account,
        *,
        flaw: str | None = None,
        alg: Literal["RS256", "ES256"] = "RS256",
        declines: bool = False,
    ) -> dict[str, str]:
        """Sign in at the provider; the parameters that it sends the browser back with."""
        t, provider = self.t, self.t.openid
        cookie = provider.sign_in(account, flaw=flaw, alg=alg, declines=declines)
        address = urlsplit(self.endpoint)
        door = Client(str(address.hostname), address.port or 80)
        target = f"{address.path}?{urlencode(self.query)}"
        answer = door.get(target, headers={"Cookie": cookie}).require(303)
        back = urlsplit(answer.headers["location"])
        t.equal(
            f"{back.scheme}://{back.netloc}{back.path}",
            t.env["OAUTH_REDIRECT_URI"],
            did="let the provider send the browser back",
        )
        found = dict(parse_qsl(back.query))
        if "code" in found:
            t.secret(found["code"])
        return found

    def back(
        self,
        parameters: Mapping[str, str],
        *,
        client: Client | None = None,
        cookies: Mapping[str, str] | None = None,
        timeout: float = 20.0,
    ) -> Response:
        """The redirect to the service. `cookies` instead of those this browser has."""
        return come_back(
            client or self.t.api,
            parameters,
            self.cookies if cookies is None else cookies,
            timeout=timeout,
        )

    def through(self, account: Account, **options: Any) -> Response:
        """Consent and come back: the whole rest of the journey."""
        return self.back(self.consent(account, **options))


def come_back(
    client: Client,
    parameters: Mapping[str, str],
    cookies: Mapping[str, str],
    *,
    timeout: float = 20.0,
) -> Response:
    """The bare callback request."""
    path = f"{CALLBACK}?{urlencode(parameters)}" if parameters else CALLBACK
    return client.get(path, cookies=cookies or None, timeout=timeout)


def begin(t: Target, *, client: Client | None = None, path: str = START) -> Journey:
    """A browser that presses "sign in with …": redirected, with a cookie of its own."""
    answer = (client or t.api).get(path, timeout=20.0).require(303)
    address = urlsplit(answer.headers.get("location"))
    cookie = answer.cookie(TRANSACTION_COOKIE)
    t.expect(
        cookie is not None and cookie.value,
        expected=f"a cookie {TRANSACTION_COOKIE}",
        saw=answer.all("set-cookie"),
    )
    assert cookie is not None
    endpoint = f"{address.scheme}://{address.netloc}{address.path}"
    return Journey(t, answer, endpoint, dict(parse_qsl(address.query)), cookie.value)


def account(t: Target, email: str | None = None, *, email_verified: bool | None = True) -> Account:
    """Somebody new at the provider; with this address, or one that nobody has."""
    return Account(f"sub-{secrets.token_hex(8)}", email or t.email("social"), email_verified)


def succeeded(t: Target, answer: Response) -> None:
    """Sent to the success URL, signed in."""
    answer.require(303)
    t.equal(answer.header("location"), t.env["OAUTH_SUCCESS_URL"])
    t.expect(
        credential(t, answer),
        expected="the cookie of a sign-in",
        saw=answer.all("set-cookie"),
    )


def failed(t: Target, answer: Response, reason: str) -> None:
    """Sent to the failure URL with this reason and nothing else, not signed in."""
    answer.require(303)
    t.equal(answer.header("location"), f"{t.env['OAUTH_FAILURE_URL']}?error={reason}")
    given = [cookie.line for cookie in answer.cookies if cookie.value]
    t.expect(not given, expected="no cookie", saw=given)


def credential(t: Target, answer: Response) -> str:
    """The refresh token or session id that an answer hands out, or ''."""
    name = "__Host-refresh_token" if t.project.auth == "jwt" else "__Host-session"
    cookie = answer.cookie(name)
    return cookie.value if cookie else ""


def actor(t: Target, who: Account, answer: Response) -> Actor:
    """The user of a callback that succeeded, with the credentials it handed out."""
    succeeded(t, answer)
    value = credential(t, answer)
    user = Actor(t.api, (who.email or "").lower(), "", who.name or "", "", t.project.auth)
    if t.project.auth == "jwt":
        refreshed = refresh_with(t.api, value).require(200)
        user.access_token = refreshed.json["access_token"]
        cookie = refreshed.cookie("__Host-refresh_token")
        user.refresh_token = cookie.value if cookie else ""
    else:
        user.session = value
    user.id = user.get("/v1/users/me").require(200).json["id"]
    return user


def users_with(t: Target, who: Account) -> int:
    query = "SELECT count(*) FROM users WHERE email = lower(%s)"
    return int(t.sql.value(query, who.email))


def identities_of(t: Target, who: Account) -> list[str]:
    """The users to whom this account at the provider is tied."""
    query = "SELECT user_id::text FROM oauth_identities WHERE provider = %s AND subject = %s"
    rows = t.sql.query(query, t.env["OAUTH_PROVIDER"], who.subject)
    return [str(row["user_id"]) for row in rows]


def nothing_made(t: Target, who: Account) -> None:
    t.equal(users_with(t, who), 0, did=f"{t.current_step}; counted the users with that address")
    t.equal(identities_of(t, who), [], did=f"{t.current_step}; looked for the identity")


def redeemed(t: Target, code: str) -> TokenRequest:
    """The one request to the token endpoint with this code."""
    requests = t.openid.token_requests(code)
    t.equal(len(requests), 1, did=f"{t.current_step}; counted the provider's token requests")
    return requests[0]
