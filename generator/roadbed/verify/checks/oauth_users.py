"""OAUTH-08 … OAUTH-10: which user somebody becomes who signs in through a provider."""

from __future__ import annotations

from functools import partial

from roadbed.verify.actors import Actor, login, refresh_with
from roadbed.verify.check import check
from roadbed.verify.fakes.openid import Account
from roadbed.verify.social import (
    CALLBACK,
    account,
    actor,
    begin,
    failed,
    identities_of,
    redeemed,
    succeeded,
    users_with,
)
from roadbed.verify.target import Target


@check("OAUTH-08", "the subject is who somebody is, whatever the address")
def subject(t: Target) -> None:
    who = account(t)
    t.step("first sign-in")
    first = actor(t, who, begin(t).through(who))
    moved = Account(who.subject, t.email("moved"))
    t.step("the same subject with a new address")
    t.equal(actor(t, moved, begin(t).through(moved)).id, first.id)
    bare = Account(who.subject, t.email("moved"), email_verified=False)
    t.step("the same subject with a new address that is not verified")
    t.equal(actor(t, bare, begin(t).through(bare)).id, first.id)
    t.equal(identities_of(t, who), [first.id])
    for stranger in (moved, bare):
        t.equal(users_with(t, stranger), 0, did="counted the users with the new address")
    t.step("another subject, that differs in case only")
    other = Account(who.subject.upper(), t.email("upper"))
    other_user = actor(t, other, begin(t).through(other))
    t.expect(other_user.id != first.id, expected="another user", saw=other_user.id)


@check("OAUTH-08", "five first logins at once make one user")
def first_race(t: Target) -> None:
    for number in range(3):
        who = account(t)
        ready = []
        for _ in range(5):
            journey = begin(t)
            ready.append((journey, journey.consent(who)))
        t.step(f"five first logins of one subject at once, round {number + 1}")
        clients = (t.api, t.api2, t.api, t.api2, t.api)
        answers = t.race(
            [
                partial(journey.back, back, client=client)
                for (journey, back), client in zip(ready, clients, strict=True)
            ]
        )
        for answer in answers:
            succeeded(t, answer)
        t.equal(users_with(t, who), 1, did=f"{t.current_step}; counted the users")
        t.equal(len(identities_of(t, who)), 1, did=f"{t.current_step}; counted the identities")


@check("OAUTH-09", "a verified address on both sides is linked")
def links(t: Target) -> None:
    user = t.user(verified=True)
    before = t.sql.one("SELECT * FROM users WHERE id = %s", user.id)
    who = account(t, user.email.upper())
    t.step("signed in at the provider with the address of a verified user, in capitals")
    t.equal(actor(t, who, begin(t).through(who)).id, user.id)
    t.equal(identities_of(t, who), [user.id])
    t.step("the password and the sign-ins of the verified user live on")
    login(t.api, user.email, user.password).require(200, 204)
    user.get("/v1/users/me").require(200)
    after = t.sql.one("SELECT * FROM users WHERE id = %s", user.id)
    for column in ("email", "name", "password_hash", "token_version"):
        t.equal(after[column], before[column], did=f"compared users.{column}")
    second = account(t, user.email)
    t.step("a second account at the provider with the same verified address")
    t.equal(actor(t, second, begin(t).through(second)).id, user.id)


@check("OAUTH-09", "without the provider's word for the address nothing is linked")
def not_linked(t: Target) -> None:
    verified, unverified = t.user(verified=True), t.user()
    for word in (False, None):
        for user, what in ((verified, "a verified user"), (unverified, "an unverified user")):
            before = t.sql.one("SELECT * FROM users WHERE id = %s", user.id)
            who = account(t, user.email, email_verified=word)
            t.step(f"email_verified: {word}, address of {what}")
            failed(t, begin(t).through(who), "oauth_email_unverified")
            t.equal(identities_of(t, who), [])
            t.equal(t.sql.one("SELECT * FROM users WHERE id = %s", user.id), before)
            user.get("/v1/users/me").require(200)


@check("OAUTH-10", "whoever registered the address before its owner is thrown out")
def evicts(t: Target) -> None:
    squatter = t.user()
    devices = [squatter, t.again(squatter, client=t.api2), t.again(squatter)]
    mail = t.smtp.wait(squatter.email, timeout=10)[0]
    t.api.post("/v1/auth/password/forgot", json={"email": squatter.email}).require(202)
    reset = t.smtp.wait(squatter.email, count=2, timeout=10)[-1]
    who = account(t, squatter.email)
    t.step("the owner of the address signs in through the provider")
    owner = actor(t, who, begin(t).through(who))
    t.equal(owner.id, squatter.id)
    t.equal(owner.get("/v1/users/me").require(200).json["email_verified"], True)
    t.step("login with the password of the one who registered the address")
    login(t.api, squatter.email, squatter.password).require(401, code="invalid_credentials")
    stored = t.sql.value("SELECT password_hash FROM users WHERE id = %s", owner.id)
    t.equal(stored, None, did="read users.password_hash")
    for number, device in enumerate(devices):
        _dead(t, device, f"sign-in {number + 1} from before")
    body = {"token": reset.token, "new_password": t.password()}
    t.step("the reset token that was mailed before")
    t.api.post("/v1/auth/password/reset", json=body).require(400, code="token_invalid")
    t.step("the verification token that was mailed before")
    t.api.post("/v1/auth/verify-email", json={"token": mail.token}).require(
        400, code="token_invalid"
    )
    t.step("the owner's sign-in lives on")
    for client in (t.api, t.api2):
        owner.get("/v1/users/me", client=client).require(200)


def _dead(t: Target, device: Actor, what: str) -> None:
    for client in (t.api, t.api2):
        t.step(f"GET /v1/users/me with {what}")
        device.get("/v1/users/me", client=client).require(401, code="unauthenticated")
    if t.project.auth == "jwt":
        t.step(f"refresh with {what}")
        refresh_with(t.api, device.refresh_token).require(401, code="refresh_invalid")


@check(
    "AUTH-07", "what a sign-in through a provider needs lies nowhere in clear", variants=("oauth",)
)
def transaction_at_rest(t: Target) -> None:
    journeys = [begin(t) for _ in range(5)]
    keys = "\n".join(str(key) for key in t.redis.scan_iter(count=1000))
    t.step("searched Redis' keys for five transaction cookies")
    for journey in journeys:
        t.expect(journey.transaction not in keys, expected="only its hash", saw="found in a key")
    t.step(f"{CALLBACK}; searched every table for codes and verifiers")
    for journey in journeys:
        back = journey.consent(account(t))
        succeeded(t, journey.back(back))
        request = redeemed(t, back["code"])
        dump = t.sql.dump()
        for value in (back["code"], request.form["code_verifier"], journey.transaction):
            t.expect(value not in dump, expected="nowhere in clear", saw="found in a table")


@check(
    "SEC-06", "signing in through a provider does not tell who is registered", variants=("oauth",)
)
def no_enumeration(t: Target) -> None:
    user = t.user(verified=True)
    for what, email in (("a registered", user.email), ("an unknown", t.email())):
        t.step(f"an unverified provider account with {what} address")
        who = account(t, email, email_verified=False)
        failed(t, begin(t).through(who), "oauth_email_unverified")
