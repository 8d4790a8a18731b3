"""OAUTH-01 … OAUTH-07: sign-in through an OpenID Provider; the suite plays it and the browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from urllib.parse import parse_qsl, urlencode, urlsplit

from roadbed.verify.actors import REFRESH_COOKIE, SESSION_COOKIE, login
from roadbed.verify.check import check
from roadbed.verify.client import Cookie, Response
from roadbed.verify.fakes.id_tokens import FLAWS
from roadbed.verify.fakes.openid import challenge_of
from roadbed.verify.social import (
    START,
    TRANSACTION_COOKIE,
    Journey,
    account,
    actor,
    begin,
    come_back,
    failed,
    identities_of,
    nothing_made,
    redeemed,
    succeeded,
    users_with,
)
from roadbed.verify.target import Target

_RANDOM = re.compile(r"[A-Za-z0-9._~-]{22,}\Z")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}\Z")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}\Z")


@check("OAUTH-01", "start sends the browser to the provider with exactly the agreed parameters")
def start(t: Target) -> None:
    t.step(f"GET {START}")
    answer = t.api.get(START).require(303)
    location = answer.header("location") or ""
    address = urlsplit(location)
    endpoint = f"{address.scheme}://{address.netloc}{address.path}"
    t.equal(endpoint, t.openid.metadata()["authorization_endpoint"])
    t.equal(address.fragment, "")
    pairs = parse_qsl(address.query, keep_blank_values=True)
    query = dict(pairs)
    t.equal(len(pairs), len(query), did="counted the parameters (each once)")
    random = {name: query.pop(name, "") for name in ("state", "nonce", "code_challenge")}
    t.equal(
        query,
        {
            "response_type": "code",
            "client_id": t.env["OAUTH_CLIENT_ID"],
            "redirect_uri": t.env["OAUTH_REDIRECT_URI"],
            "scope": "openid email profile",
            "code_challenge_method": "S256",
        },
    )
    for name in ("state", "nonce"):
        good = _RANDOM.match(random[name])
        t.expect(good, expected=f"{name} of 128 bits or more", saw=random[name])
    good = _CHALLENGE.match(random["code_challenge"])
    t.expect(good, expected="43 base64url characters", saw=random["code_challenge"])


@check("OAUTH-01", "an unknown provider is a 404")
def unknown_provider(t: Target) -> None:
    for name in ("nobody", "SUITE", "suite2", "%00", "x" * 300):
        for end in ("start", "callback", "callback?code=x&state=y"):
            t.step(f"GET /v1/auth/oauth/{name[:20]}/{end}")
            t.api.get(f"/v1/auth/oauth/{name}/{end}").require(404, code="not_found")


@check("OAUTH-02", "each start is a transaction of its own, bound to the browser by a cookie")
def bound(t: Target) -> None:
    journeys = []
    for number in range(20):
        t.step(f"start {number + 1} of 20")
        journey = begin(t, client=(t.api, t.api2)[number % 2])
        journeys.append(journey)
        t.equal(len(journey.started.cookies), 1)
        _transaction_cookie(t, journey.started.cookies[0])
    for what in ("state", "nonce", "code_challenge"):
        values = {journey.query[what] for journey in journeys}
        t.equal(len(values), 20, did=f"counted the different {what}s of 20 starts")
    t.equal(len({journey.transaction for journey in journeys}), 20)
    t.step("let three of them through; searched all 20 Locations for the verifiers")
    for journey in journeys[:3]:
        back = journey.consent(account(t))
        succeeded(t, journey.back(back))
        verifier = redeemed(t, back["code"]).form["code_verifier"]
        for other in journeys:
            location = other.started.headers["location"]
            t.expect(verifier not in location, expected="the verifier in no URL", saw=location)
            hidden = verifier not in other.started.headers["set-cookie"]
            t.expect(hidden, expected="the verifier in no cookie", saw="found")


def _transaction_cookie(t: Target, cookie: Cookie) -> None:
    t.equal(cookie.name, TRANSACTION_COOKIE)
    good = _RANDOM.match(cookie.value)
    t.expect(good, expected="a random value of 128 bits or more", saw=cookie.line)
    wanted = {"path": "/", "max-age": "600", "secure": "", "httponly": "", "samesite": "lax"}
    saw = {name: value.lower() for name, value in cookie.attributes.items() if name != "expires"}
    t.equal(saw, wanted, did=f"{START}; attributes of the cookie")


@check("OAUTH-03", "the callback redeems the code as agreed and signs in")
def redeems(t: Target) -> None:
    who = account(t)
    journey = begin(t)
    back = journey.consent(who)
    t.step("came back with the code, on the other instance")
    answer = journey.back(back, client=t.api2)
    request = redeemed(t, back["code"])
    t.equal(request.refused, "", did="redeemed the code; the provider's opinion")
    t.equal(request.form.get("grant_type"), "authorization_code")
    t.equal(request.form.get("redirect_uri"), journey.query["redirect_uri"])
    verifier = request.form.get("code_verifier", "")
    t.expect(_VERIFIER.match(verifier), expected="a verifier of RFC 7636", saw=verifier)
    t.equal(challenge_of(verifier), journey.query["code_challenge"], did="S256 of the verifier")
    by = request.authenticated_by
    t.expect(by.startswith("client_secret_"), expected="client authentication", saw=by)
    media_type = request.content_type.partition(";")[0].strip().lower()
    t.equal(media_type, "application/x-www-form-urlencoded")
    succeeded(t, answer)
    given = [cookie for cookie in answer.cookies if cookie.value]
    t.equal(len(given), 1, did="counted the cookies that the callback set")
    _credential_cookie(t, given[0])
    user = actor(t, who, answer)
    me = user.get("/v1/users/me", client=t.api2).require(200).json
    t.equal((me["email"], me["email_verified"]), (who.email, True))
    t.equal(identities_of(t, who), [user.id], did="looked the identity up")
    t.equal(users_with(t, who), 1, did="counted the users")


def _credential_cookie(t: Target, cookie: Cookie) -> None:
    jwt = t.project.auth == "jwt"
    t.equal(cookie.name, REFRESH_COOKIE if jwt else SESSION_COOKIE)
    lifetime = t.setting("REFRESH_TOKEN_TTL" if jwt else "SESSION_ABSOLUTE_TTL")
    wanted = {"path": "/", "max-age": lifetime, "secure": "", "httponly": "", "samesite": "strict"}
    saw = {name: value.lower() for name, value in cookie.attributes.items() if name != "expires"}
    t.equal(saw, wanted, did="callback; attributes of the credential's cookie")


@check("OAUTH-03", "no parameter leads elsewhere than to the one URL")
def no_open_redirect(t: Target) -> None:
    evil = "https://evil.test/"
    names = ("next", "return_to", "redirect", "redirect_uri", "redirect_url", "url", "continue")
    more = dict.fromkeys(names, evil)
    who = account(t)
    t.step("start with next, return_to, redirect … to another site")
    journey = begin(t, path=f"{START}?{urlencode(more)}")
    t.equal(journey.query["redirect_uri"], t.env["OAUTH_REDIRECT_URI"])
    t.expect("evil" not in journey.started.headers["location"], expected="ignored", saw="found")
    t.step("callback with next, return_to, redirect … to another site")
    succeeded(t, journey.back({**journey.consent(who), **more}))
    t.step("a callback that fails, with the same")
    failed(t, journey.back({"code": "x", "state": "y", **more}), "oauth_state_invalid")


@check("OAUTH-04", "a wrong, foreign or missing state stops before the provider is asked")
def wrong_state(t: Target) -> None:
    def no_cookie(journey: Journey, back: dict[str, str]) -> Response:
        return journey.back(back, cookies={})

    def made_up_cookie(journey: Journey, back: dict[str, str]) -> Response:
        return journey.back(back, cookies={TRANSACTION_COOKIE: "A" * 43})

    def no_state(journey: Journey, back: dict[str, str]) -> Response:
        return journey.back({name: value for name, value in back.items() if name != "state"})

    def empty_state(journey: Journey, back: dict[str, str]) -> Response:
        return journey.back({**back, "state": ""})

    def altered_state(journey: Journey, back: dict[str, str]) -> Response:
        state = back["state"]
        return journey.back({**back, "state": ("A" if state[0] != "A" else "B") + state[1:]})

    def cut_state(journey: Journey, back: dict[str, str]) -> Response:
        return journey.back({**back, "state": back["state"][:-1]})

    def another_browser(_journey: Journey, back: dict[str, str]) -> Response:
        return begin(t).back(back)

    def state_of_another(journey: Journey, back: dict[str, str]) -> Response:
        return journey.back({**back, "state": begin(t).query["state"]})

    def non_ascii(journey: Journey, back: dict[str, str]) -> Response:
        return journey.back({**back, "state": "ü" + back["state"]})

    cases: dict[str, Callable[[Journey, dict[str, str]], Response]] = {
        "no transaction cookie": no_cookie,
        "a made-up transaction cookie": made_up_cookie,
        "no state": no_state,
        "an empty state": empty_state,
        "an altered state": altered_state,
        "a truncated state": cut_state,
        "another browser's cookie": another_browser,
        "another transaction's state": state_of_another,
        "a state that is not ASCII": non_ascii,
    }
    for what, send in cases.items():
        who = account(t)
        journey = begin(t)
        back = journey.consent(who)
        t.step(f"callback with {what}")
        failed(t, send(journey, back), "oauth_state_invalid")
        asked = len(t.openid.token_requests(back["code"]))
        t.equal(asked, 0, did=f"callback with {what}; counted the provider's token requests")
        nothing_made(t, who)
    t.step("callback with nothing at all")
    failed(t, come_back(t.api, {}, {}), "oauth_state_invalid")


@check("OAUTH-05", "a transaction works once, also in a race")
def once(t: Target) -> None:
    journey = begin(t)
    back = journey.consent(account(t))
    t.step("a good callback")
    succeeded(t, journey.back(back))
    for client in (t.api, t.api2):
        t.step("the same callback again")
        failed(t, journey.back(back, client=client), "oauth_state_invalid")
    redeemed(t, back["code"])
    t.step("one callback, five times at once over two instances")
    journey = begin(t)
    back = journey.consent(account(t))
    clients = (t.api, t.api2, t.api, t.api2, t.api)
    answers = t.race([partial(journey.back, back, client=client) for client in clients])
    locations = sorted(str(answer.header("location")) for answer in answers)
    refused = f"{t.env['OAUTH_FAILURE_URL']}?error=oauth_state_invalid"
    t.equal(locations, sorted([t.env["OAUTH_SUCCESS_URL"], *[refused] * 4]))
    redeemed(t, back["code"])


@check("OAUTH-05", "a transaction dies after 600 s", services=("api",))
def late(t: Target) -> None:
    t.step("start; looked for the transaction in Redis")
    before = set(t.redis.scan_iter("oauth_tx:*"))
    journey = begin(t)
    made = set(t.redis.scan_iter("oauth_tx:*")) - before
    t.expect(len(made) == 1, expected="one new key oauth_tx:{sha256(tx)}", saw=sorted(made))
    key = made.pop()
    t.expect(journey.transaction not in key, expected="a hashed key", saw=key)
    t.within(float(t.redis.ttl(key)), 590, 600, did="read the transaction's TTL")
    back = journey.consent(account(t))
    t.step("let its TTL pass (PEXPIRE 1), then a good callback")
    t.redis.pexpire(key, 1)
    t.eventually(lambda: not t.redis.exists(key), timeout=2, expected="the key is gone")
    failed(t, journey.back(back), "oauth_state_invalid")
    t.equal(t.openid.token_requests(back["code"]), [])


@check("OAUTH-06", "wrong ID tokens are refused")
def wrong_tokens(t: Target) -> None:
    for flaw in FLAWS:
        who = account(t)
        t.step(f"signed in with an ID token that has this flaw: {flaw}")
        failed(t, begin(t).through(who, flaw=flaw), "oauth_token_invalid")
        nothing_made(t, who)
    t.step("after all that, a good ID token")
    succeeded(t, begin(t).through(account(t)))


@check("OAUTH-06", "a response of another issuer is refused")
def wrong_issuer(t: Target) -> None:
    who = account(t)
    for iss in ("https://evil.test", t.env["OAUTH_ISSUER"] + "/", ""):
        journey = begin(t)
        t.step(f"callback with iss={iss!r}")
        answer = journey.back({**journey.consent(who), "iss": iss})
        failed(t, answer, "oauth_token_invalid")
        nothing_made(t, who)
    t.step("callback without iss")
    journey = begin(t)
    back = journey.consent(who)
    back.pop("iss")
    succeeded(t, journey.back(back))


@check("OAUTH-07", "who declines is told so, and the provider's words go nowhere")
def denied(t: Target) -> None:
    journey = begin(t)
    back = journey.consent(account(t), declines=True)
    t.step("callback with error=access_denied")
    failed(t, journey.back(back), "oauth_denied")
    for error in (
        "<script>alert(1)</script>",
        "https://evil.test/?x=",
        "server_error",
        "x\r\ny: z",
    ):
        journey = begin(t)
        t.step(f"callback with error={error!r}")
        said = {"state": journey.query["state"], "error": error, "error_description": error}
        answer = journey.back(said).require(303)
        known = [
            f"{t.env['OAUTH_FAILURE_URL']}?error={reason}"
            for reason in ("oauth_denied", "oauth_unavailable", "oauth_token_invalid")
        ]
        location = answer.header("location")
        t.expect(location in known, expected=" or ".join(known), saw=location)
        reflected = any(error in value for _, value in answer.headers) and error != "server_error"
        t.expect(not reflected, expected="nothing reflected", saw=answer.headers)


@check(
    "OAUTH-07",
    "a provider that is down, failing or silent costs ten seconds at most",
    faults=("IDP",),
)
def unavailable(t: Target) -> None:
    user, known = t.user(), account(t)
    succeeded(t, begin(t).through(known))
    troubles: dict[str, Callable[[], None]] = {
        "down": t.openid.down,
        "answering 500": partial(t.openid.fail, 500),
        "answering 503": partial(t.openid.fail, 503),
        "silent": t.openid.silence,
    }
    for what, break_it in troubles.items():
        who = account(t)
        journey = begin(t)
        back = journey.consent(who)
        t.step(f"callback while the provider is {what}")
        break_it()
        _unavailable_in_time(t, journey.back(back))
        t.step(f"password login while the provider is {what}")
        answer = login(t.api, user.email, user.password).require(200, 204)
        t.within(answer.elapsed, 0, 3)
        t.openid.reset()
        nothing_made(t, who)
        t.step(f"the provider was {what} and is well again")
        succeeded(t, begin(t).through(who))


@check(
    "OAUTH-07",
    "a service that has never met its provider says so in time",
    faults=("IDP",),
    services=(),
)
def never_met(t: Target) -> None:
    troubles: dict[str, Callable[[], None]] = {
        "down": t.openid.down,
        "answering 500": partial(t.openid.fail, 500),
        "silent": t.openid.silence,
    }
    with t.extra_api() as service:
        client = t.of(service)
        for what, break_it in troubles.items():
            break_it()
            t.step(f"start while the provider is {what}, for the first time")
            _unavailable_in_time(t, client.get(START, timeout=20))
            t.openid.reset()
        t.step("start when the provider is well again")
        journey = begin(t, client=client)
        succeeded(t, journey.back(journey.consent(account(t)), client=client))


def _unavailable_in_time(t: Target, answer: Response) -> None:
    failed(t, answer, "oauth_unavailable")
    t.within(answer.elapsed, 0, 10)
