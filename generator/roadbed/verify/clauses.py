"""The table of the contract's clauses: what the suite has to prove, as data."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

Level = Literal["MUST", "SHOULD"]


@dataclass(frozen=True)
class Clause:
    """One clause. `faults` are upper-case tags of what is broken to prove it (empty: nothing)."""

    id: str
    level: Level
    variant: str
    faults: tuple[str, ...]
    summary: str

    @property
    def group(self) -> str:
        return self.id.partition("-")[0]

    def applies_to(self, variants: Collection[str]) -> bool:
        """Whether a project of these variants ("jwt", "broker", …) has to keep it."""
        return self.variant == "all" or self.variant in variants


# id | level | variant | faults | what a client or operator can rely on, in our words
_TABLE = """
HTTP-01 | MUST | all | - | Unknown paths are 404 not_found, with or without credentials
HTTP-02 | MUST | all | - | Every body is UTF-8 JSON; 204 and 304 have none; Accept changes nothing
HTTP-03 | MUST | all | - | Bodies match the API description: names, nulls, ids, timestamps
HTTP-04 | MUST | all | - | A malformed id in a path is a 404
HTTP-05 | MUST | all | - | Creation answers 201 with a relative Location that can be followed
HTTP-06 | MUST | all | - | A wrong method is 405 with the exact Allow list
HTTP-07 | MUST | all | - | A body that is not application/json is 415; bodyless operations need none
HTTP-08 | MUST | all | - | A body over the limit is 413, counted on the stream
HTTP-09 | MUST | all | - | What does not parse is 400, what parses and is wrong is 422
HTTP-10 | MUST | all | - | With several faults 401 comes first, 403 before 412, 422 before 409
HTTP-11 | MUST | all | - | no-store everywhere but on posts; ETag on single posts only
ERR-01 | MUST | all | - | One error envelope and no other members
ERR-02 | MUST | all | - | Every 4xx and 5xx has a code of the closed list, with its status
ERR-03 | MUST | all | - | details name field and rule, together, and never echo a value
ERR-04 | MUST | all | PG | An unexpected fault is a bare 500; the log has the cause
ERR-05 | MUST | all | PG | A dependency that is down is a quick 503 with Retry-After
AUTH-01 | MUST | all | - | No usable credential: 401 and WWW-Authenticate; public routes ignore it
AUTH-02 | MUST | all | - | A wrong password and an unknown email get the same answer
AUTH-03 | MUST | all | - | … and take the same time
AUTH-04 | MUST | all | - | Somebody else's post is 403, somebody else's job 404; nothing changes
AUTH-05 | MUST | all | - | Passwords count to the last byte, as sent
AUTH-06 | MUST | all | - | Passwords are kept as Argon2id of full strength, salted
AUTH-07 | MUST | all | - | No usable secret lies in PostgreSQL or Redis; all are random enough
AUTH-08 | MUST | all | - | Forgot-password tells nothing; its link starts with PUBLIC_APP_URL
AUTH-09 | MUST | all | - | A reset token works once, for a while, and ends every session
AUTH-10 | MUST | all | - | The sign-up mail's token verifies the email, once
AUTH-11 | MUST | all | - | Logout is always 204, clears the cookie and ends that session
AUTH-12 | MUST | all | - | logout-all ends every credential at once on every instance
AUTH-13 | MUST | all | - | A deleted user's credentials are worth nothing
AUTH-14 | MUST | all | - | Changing the password needs the old one and ends the other sessions
JWT-01 | MUST | jwt | - | Login gives an access token and one hardened refresh cookie
JWT-02 | MUST | jwt | - | Access tokens are HS256 at+jwt with exactly the agreed claims
JWT-03 | MUST | jwt | - | Forged signatures and algorithms are refused
JWT-04 | MUST | jwt | - | Wrong or missing claims and token mix-ups are refused
JWT-05 | MUST | jwt | - | Refresh rotates and inherits the family's expiry
JWT-06 | MUST | jwt | - | Reuse of a refresh token revokes its family, and only that
JWT-07 | MUST | jwt | - | Of parallel refreshes with one token at most one wins
JWT-08 | MUST | jwt | - | A bad refresh cookie is 401 and cleared
JWT-09 | MUST | jwt | REDIS | Signing in and out works without Redis
SESS-01 | MUST | sess | - | Login gives one hardened session cookie; state in Redis under a hash
SESS-02 | MUST | sess | - | The session id is always the server's
SESS-03 | MUST | sess | - | A session works and dies on all instances
SESS-04 | MUST | sess | - | Idle and absolute timeouts hold
SESS-05 | MUST | sess | REDIS | Redis away: 503 for sessions, not 401; they work again after
SESS-06 | SHOULD | sess | REDIS | Sessions survive a Redis restart
OAUTH-01 | MUST | oauth | - | Start redirects to the provider with PKCE, state and nonce
OAUTH-02 | MUST | oauth | - | Each start is bound to the browser by its own cookie
OAUTH-03 | MUST | oauth | - | The callback redeems the code, signs in and goes to the one URL
OAUTH-04 | MUST | oauth | - | Wrong or foreign state stops before the provider is asked
OAUTH-05 | MUST | oauth | - | A sign-in transaction works once and not for long
OAUTH-06 | MUST | oauth | IDP | Wrong ID tokens are refused
OAUTH-07 | MUST | oauth | IDP | A refusing or broken provider gives a clean failure in time
OAUTH-08 | MUST | oauth | - | The identity is provider and subject, not the email
OAUTH-09 | MUST | oauth | - | Linking needs a verified email on both sides
OAUTH-10 | MUST | oauth | - | Linking an unverified account evicts whoever pre-registered it
USERS-01 | MUST | all | - | Sign-up answers with the private view and no secrets; no sign-in
USERS-02 | MUST | all | - | Email and name rules; emails compare without case
USERS-03 | MUST | all | - | Password rules: length in code points, common ones refused
USERS-04 | MUST | all | - | A taken email is 409, also in a race: one row, one mail
USERS-05 | MUST | all | - | Own view is private, anyone's view is public and has no email
USERS-06 | MUST | all | - | Deleting oneself removes everything at once; the email is free again
POSTS-01 | MUST | all | - | A post is created as its caller's, whatever the body says
POSTS-02 | MUST | all | - | Title and body limits count code points; nothing is trimmed
POSTS-03 | MUST | all | - | Text comes back exactly; NUL and lone surrogates are refused
POSTS-04 | MUST | all | - | A post is public; an unknown one is 404
POSTS-05 | MUST | all | - | PATCH changes what is sent and nothing else
POSTS-06 | MUST | all | - | DELETE is 204, then 404 everywhere
POSTS-07 | MUST | all | - | A strong ETag everywhere the same; If-None-Match gives 304
POSTS-08 | MUST | all | - | If-Match guards writes, also in a race over two instances
POSTS-09 | MUST | all | - | The list: order, limit, author filter, faults
POSTS-10 | MUST | all | - | Paging sees every untouched post exactly once while others write
POSTS-11 | MUST | all | - | A cursor is opaque; a bent one is 400
CACHE-01 | MUST | all | - | Single posts are cached, with a jittered TTL on every key
CACHE-02 | MUST | all | - | After a write no instance serves the old post
CACHE-03 | MUST | all | REDIS | Redis down or hung costs speed only, and not for long
CACHE-04 | MUST | all | - | An unreadable cached value is a miss
RATE-01 | MUST | all | - | Over a limit: 429 with a Retry-After that is true
RATE-02 | SHOULD | all | - | RateLimit headers tell the tightest policy
RATE-03 | MUST | all | - | The window slides, proven by three streams
RATE-04 | MUST | all | - | One budget over all instances, exact in a race
RATE-05 | MUST | all | - | Signed-in users have budgets of their own
RATE-06 | MUST | all | - | The client's IP is taken from the trusted hop only; IPv6 by /64
RATE-07 | MUST | all | - | Five failed logins close that email and IP
RATE-08 | MUST | all | - | Legitimate users are never locked out; probes are never limited
RATE-09 | MUST | all | - | Forgot-password mails are limited in silence
RATE-10 | MUST | all | REDIS | Without Redis requests pass, quickly, and it is counted
JOBS-01 | MUST | all | - | One export at a time: asking again gives the same job
JOBS-02 | MUST | all | - | A job's status is its owner's to see
JOBS-03 | MUST | all | - | Job and row are written together or not at all
JOBS-04 | MUST | all | SMTP | A mail server that is down delays mail, not sign-up
JOBS-05 | MUST | broker | BROKER | A broker that is down or comes back empty loses no job
JOBS-06 | MUST | all | WORKER | A killed worker's jobs run again
JOBS-07 | MUST | all | WORKER | Repeats of a job can be recognised by Message-ID
JOBS-08 | MUST | all | SMTP | Retries back off exponentially, with jitter
JOBS-09 | MUST | all | SMTP | After the last attempt a job is dead, visible and left alone
JOBS-10 | MUST | all | - | jobs-retry brings a dead job back, and only a dead one
JOBS-11 | MUST | all | - | Two workers share the work without doubling it
JOBS-12 | MUST | all | - | Payloads hold ids, not secrets
JOBS-13 | MUST | all | - | A poison job dies alone
SCHED-01 | MUST | all | - | The purge deletes what is expired and nothing else
SCHED-02 | MUST | all | - | Two workers, one run per tick
SCHED-03 | MUST | all | WORKER | Missed ticks cause one run
OBS-01 | MUST | all | - | A request id everywhere: header, error body, log, job
OBS-02 | MUST | all | - | Every stdout line is one JSON object with the agreed members
OBS-03 | MUST | all | - | One access line per request; probes are silent
OBS-04 | MUST | all | - | No secret in any log line or span
OBS-05 | MUST | all | - | Security events are logged, once, unforgeable
OBS-06 | MUST | all | - | Metrics on the admin port only
OBS-07 | MUST | all | - | The request histogram counts every request
OBS-08 | MUST | all | - | Label values are bounded
OBS-09 | MUST | all | - | Job, cache and rate-limit metrics move with the facts
OBS-10 | MUST | all | - | An incoming trace is continued, a broken one replaced
OBS-11 | MUST | all | WORKER | The trace reaches the worker, later and on retries too
OBS-12 | MUST | all | OTLP | A collector that is down or slow is nobody's problem
HEALTH-01 | MUST | all | PG REDIS | Liveness asks nobody
HEALTH-02 | MUST | all | PG REDIS | Readiness tells the truth in time and recovers
HEALTH-03 | MUST | all | WORKER | The worker answers both probes
HEALTH-04 | MUST | all | PG BOOT | Started before its database, it becomes ready by itself
CONFIG-01 | MUST | all | BOOT | Every faulty variable is named and nothing starts
CONFIG-02 | MUST | all | BOOT | Weak secrets are refused
CONFIG-03 | MUST | all | BOOT | Production refuses insecure switches
CONFIG-04 | MUST | all | BOOT | .env.example names every variable and does not boot as it is
CONFIG-05 | MUST | all | - | No debug or framework surface in production
SHUT-01 | MUST | all | API | SIGTERM lets requests in flight finish, then exits 0
SHUT-02 | MUST | all | API | Rolling restarts lose no request
SHUT-03 | MUST | all | API | A request that never ends does not keep the process
SHUT-04 | MUST | all | WORKER | A worker told to stop finishes or gives back its job
SEC-01 | MUST | all | - | Security headers on every response
SEC-02 | MUST | all | - | CORS for listed origins, also on errors
SEC-03 | MUST | all | - | No CORS for anybody else
SEC-04 | MUST | all | - | Cross-site unsafe requests are refused
SEC-05 | MUST | all | - | Unknown members change nothing
SEC-06 | MUST | all | - | Only sign-up tells whether an email is registered
SEC-07 | MUST | all | - | Hostile input never gives 5xx, a crash or a hang
DB-01 | MUST | all | - | migrate works on empty, again, and twice at once
DB-02 | MUST | all | BOOT | Services never touch the schema
DB-03 | MUST | all | - | The schema repeats the API's limits; indexes and keys as agreed
DB-04 | MUST | all | - | Feed indexes are built without blocking writers
DB-05 | MUST | all | PG | No query hangs
DB-06 | MUST | all | - | The pool is bounded; who waits too long gets 503
DB-07 | MUST | all | PG | A PostgreSQL restart loses no acknowledged write
"""


def _parse(table: str) -> dict[str, Clause]:
    clauses: dict[str, Clause] = {}
    for line in table.strip().splitlines():
        name, level, variant, faults, summary = (part.strip() for part in line.split("|"))
        clauses[name] = Clause(
            id=name,
            level="MUST" if level == "MUST" else "SHOULD",
            variant=variant,
            faults=() if faults == "-" else tuple(faults.split()),
            summary=summary,
        )
    return clauses


CLAUSES = _parse(_TABLE)


class UnknownClause(ValueError):
    """A selection names something the contract does not have."""


def select(selection: Collection[str] | None) -> list[Clause]:
    """Clauses by id ("JOBS-05") or group ("AUTH"), in the contract's order; None means all."""
    if selection is None:
        return list(CLAUSES.values())
    wanted = {word.strip().upper() for word in selection if word.strip()}
    groups = {clause.group for clause in CLAUSES.values()}
    unknown = sorted(word for word in wanted if word not in CLAUSES and word not in groups)
    if unknown or not wanted:
        raise UnknownClause(
            f"no such clause: {', '.join(unknown) or '(empty)'}; "
            f"use an id such as JOBS-05 or a group of {', '.join(sorted(groups))}"
        )
    return [clause for clause in CLAUSES.values() if {clause.id, clause.group} & wanted]
