"""CONFIG: a service that is configured wrongly does not start, and says all that is wrong."""

from __future__ import annotations

import itertools
import re
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from roadbed.services.ports import free_port
from roadbed.verify.actors import login
from roadbed.verify.check import check
from roadbed.verify.checks.tools import side_by_side
from roadbed.verify.control import Outcome
from roadbed.verify.process import LogLine
from roadbed.verify.target import Target

COMMANDS = ("api", "worker", "migrate")
BOOT_REFUSED_WITHIN = 15.0
CLUE = "hunter2-must-not-be-shown"

REQUIRED: dict[str, frozenset[str]] = {
    "PUBLIC_APP_URL": frozenset(),
    "DATABASE_URL": frozenset(),
    "REDIS_URL": frozenset(),
    "SMTP_URL": frozenset(),
    "MAIL_FROM": frozenset(),
    "JWT_SECRET": frozenset({"jwt"}),
    "JWT_ISSUER": frozenset({"jwt"}),
    "JWT_AUDIENCE": frozenset({"jwt"}),
    "BROKER_URL": frozenset({"broker"}),
    "OAUTH_PROVIDER": frozenset({"oauth"}),
    "OAUTH_ISSUER": frozenset({"oauth"}),
    "OAUTH_CLIENT_ID": frozenset({"oauth"}),
    "OAUTH_CLIENT_SECRET": frozenset({"oauth"}),
    "OAUTH_REDIRECT_URI": frozenset({"oauth"}),
    "OAUTH_SUCCESS_URL": frozenset({"oauth"}),
    "OAUTH_FAILURE_URL": frozenset({"oauth"}),
}
# Every other row of §5, with values no reader of that row could take for good.
# SERVICE_NAME is missing: any text is a name.
MALFORMED: dict[str, tuple[str, ...]] = {
    "APP_ENV": ("prod-ish",),
    "PORT": ("abc", "70000"),
    "ADMIN_PORT": ("-1",),
    "LOG_LEVEL": ("loud",),
    "PUBLIC_APP_URL": ("not a url",),
    "DATABASE_URL": (f"postgresql//app:{CLUE}@db", f"mysql://app:{CLUE}@127.0.0.1/app"),
    "DB_POOL_MAX": ("0",),
    "DB_POOL_TIMEOUT": ("-3",),
    "DB_STATEMENT_TIMEOUT": ("five",),
    "REDIS_URL": (f"http://:{CLUE}@127.0.0.1/0",),
    "REDIS_TIMEOUT_MS": ("-200",),
    "ACCESS_TOKEN_TTL": ("-900",),
    "REFRESH_TOKEN_TTL": ("a month",),
    "SESSION_IDLE_TTL": ("-1",),
    "SESSION_ABSOLUTE_TTL": ("x",),
    "COOKIE_SECURE": ("perhaps",),
    "CORS_ALLOWED_ORIGINS": ("https://app.example.com/path",),
    "TRUSTED_PROXY_HOPS": ("-1",),
    "MAX_BODY_BYTES": ("1 MB",),
    "PASSWORD_MIN_LENGTH": ("7",),
    "VERIFY_TOKEN_TTL": ("-86400",),
    "RESET_TOKEN_TTL": ("soon",),
    "OAUTH_ISSUER": ("not a url",),
    "OAUTH_REDIRECT_URI": ("/v1/auth/oauth/callback",),
    "OAUTH_SUCCESS_URL": ("javascript:alert(1)",),
    "OAUTH_FAILURE_URL": ("//evil.test",),
    "CACHE_TTL": ("-300",),
    "RATE_LIMIT_IP": ("x", "100"),
    "RATE_LIMIT_USER": ("100/",),
    "RATE_LIMIT_SIGNUP": ("-1/60",),
    "RATE_LIMIT_LOGIN": ("5/0",),
    "RATE_LIMIT_LOGIN_IP": ("many/60",),
    "RATE_LIMIT_FORGOT": ("/60",),
    "SMTP_URL": (f"ftp://user:{CLUE}@mail",),
    "MAIL_FROM": ("nobody",),
    "JOB_MAX_ATTEMPTS": ("0",),
    "JOB_BACKOFF_BASE": ("-5",),
    "JOB_BACKOFF_MAX": ("x",),
    "JOB_TIMEOUT": ("-60",),
    "JOB_LEASE": ("x",),
    "JOB_RETENTION": ("-1",),
    "PURGE_INTERVAL": ("-1",),
    "WORKER_CONCURRENCY": ("0",),
    "SHUTDOWN_TIMEOUT": ("-25",),
    "OTEL_EXPORTER_OTLP_ENDPOINT": ("not a url",),
}
ONLY_FOR = {
    "ACCESS_TOKEN_TTL": "jwt",
    "REFRESH_TOKEN_TTL": "jwt",
    "SESSION_IDLE_TTL": "sess",
    "SESSION_ABSOLUTE_TTL": "sess",
    "OAUTH_ISSUER": "oauth",
    "OAUTH_REDIRECT_URI": "oauth",
    "OAUTH_SUCCESS_URL": "oauth",
    "OAUTH_FAILURE_URL": "oauth",
}


def required(t: Target) -> list[str]:
    return [name for name, variants in REQUIRED.items() if variants <= t.project.variants]


def malformed(t: Target) -> dict[str, tuple[str, ...]]:
    """The rows of this project's variant."""
    return {
        name: values
        for name, values in MALFORMED.items()
        if ONLY_FOR.get(name) in (None, *t.project.variants)
    }


def variables(t: Target) -> set[str]:
    """The names of §5 that apply to this project."""
    optional = {name for name in malformed(t) if name not in REQUIRED}
    return {*required(t), *optional, "SERVICE_NAME"}


# -- CONFIG-01 --------------------------------------------------------------------------------


def refused(t: Target, command: str, names: list[str], outcome: Outcome, did: str) -> None:
    """The command did not start, and named every one of these."""
    t.expect(
        outcome.code not in (0, -9) and outcome.seconds <= BOOT_REFUSED_WITHIN,
        did=f"{did}; make {command}",
        expected=f"exit ≠ 0 within {BOOT_REFUSED_WITHIN:g} s",
        saw=outcome.text,
    )
    silent = [name for name in names if not re.search(rf"\b{name}\b", outcome.output)]
    t.expect(
        not silent,
        did=f"{did}; make {command}",
        expected="every faulty variable named",
        saw=f"not named: {silent}; said: {outcome.text}",
    )
    t.expect(
        CLUE not in outcome.output,
        did=f"{did}; make {command}",
        expected="no value of a secret in the output",
        saw=outcome.text,
    )
    if command != "migrate":
        torn = [line for line in outcome.stdout.splitlines() if LogLine(0, "", line).record is None]
        t.equal(torn, [], did=f"{did}; make {command}; looked for stdout lines that are no JSON")


@contextmanager
def watched_ports(t: Target, did: str) -> Iterator[dict[str, str]]:
    """PORT and ADMIN_PORT for a process that must never listen."""
    ports = {"PORT": free_port(), "ADMIN_PORT": free_port()}
    over, listened = threading.Event(), []

    def watch() -> None:
        while not over.wait(0.02):
            for name, port in ports.items():
                with socket.socket() as probe:
                    if probe.connect_ex((t.address, port)) == 0:
                        listened.append(name)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield {name: str(port) for name, port in ports.items()}
    finally:
        over.set()
        thread.join()
    t.equal(sorted(set(listened)), [], did=f"{did}; tried to connect to its ports all the while")


@check("CONFIG-01", "everything missing: named at once, by api, worker and migrate")
def everything_missing(t: Target) -> None:
    names = required(t)
    for command in COMMANDS:
        did = "unset every required variable"
        with watched_ports(t, did) as ports:
            outcome = t.ctl.run(command, ports, unset=tuple(names), timeout=BOOT_REFUSED_WITHIN + 1)
        refused(t, command, names, outcome, did)


@check("CONFIG-01", "everything malformed: named at once, by api, worker and migrate")
def everything_malformed(t: Target) -> None:
    spoilt = {name: values[0] for name, values in malformed(t).items()}
    did = "spoilt every variable"
    outcome = t.ctl.run("migrate", spoilt, timeout=BOOT_REFUSED_WITHIN + 1)
    refused(t, "migrate", list(spoilt), outcome, did)
    for port in ("PORT", "ADMIN_PORT"):
        del spoilt[port]
    for command in ("api", "worker"):
        with watched_ports(t, did) as ports:
            outcome = t.ctl.run(command, spoilt | ports, timeout=BOOT_REFUSED_WITHIN + 1)
        refused(t, command, list(spoilt), outcome, f"{did} but the ports")


@check("CONFIG-01", "each row of the table, missing or malformed alone, is refused")
def each_row_alone(t: Target) -> None:
    turn = itertools.cycle(COMMANDS)
    cases: list[tuple[str, str, dict[str, str], tuple[str, ...]]] = []
    for name in required(t):
        cases.append((next(turn), name, {}, (name,)))
    for name, values in malformed(t).items():
        if name not in REQUIRED:
            cases.append((next(turn), name, {name: values[-1]}, ()))
    for name, value in (("PUBLIC_APP_URL", ""), ("DATABASE_URL", MALFORMED["DATABASE_URL"][1])):
        cases.append((next(turn), name, {name: value}, ()))
    cases.append((next(turn), "JOB_LEASE", {"JOB_TIMEOUT": "60", "JOB_LEASE": "60"}, ()))

    def run(share: list[tuple[str, str, dict[str, str], tuple[str, ...]]]) -> None:
        for command, name, env, unset in share:
            outcome = t.ctl.run(command, env, unset=unset, timeout=BOOT_REFUSED_WITHIN + 1)
            did = f"unset {name}" if unset else f"set {env}"
            refused(t, command, [name], outcome, did.replace(CLUE, "…"))

    side_by_side(lambda: run(cases[::2]), lambda: run(cases[1::2]))


@check("CONFIG-01", "named variables are the faulty ones only")
def the_innocent_are_not_named(t: Target) -> None:
    outcome = t.ctl.run("migrate", {"CACHE_TTL": "-1", "PORT": "abc"}, timeout=16)
    refused(t, "migrate", ["CACHE_TTL", "PORT"], outcome, "set CACHE_TTL=-1 and PORT=abc")
    named = {
        name
        for name in variables(t) - {"CACHE_TTL", "PORT"}
        if re.search(rf"\b{name}\b", outcome.output)
    }
    t.equal(named, set(), did="set CACHE_TTL=-1 and PORT=abc; looked for other names")


# -- CONFIG-02, -03 ---------------------------------------------------------------------------


@check("CONFIG-02", "a weak JWT_SECRET does not boot", variants=["jwt"])
def weak_secret(t: Target) -> None:
    strong = "kT9vQ2xL7mZ4pW8rB3nY6dF1hJ5gC0aU"
    weak = {
        "31 bytes": strong[:31],
        "7 different characters": "abcdefg" * 8,
        "contains change": "ChangeMe-" + strong,
        "contains secret": strong + "-SECRET",
        "contains example": f"{strong[:16]}example{strong[16:]}",
        "contains password": "pAsSwOrD" + strong,
    }
    for what, value in weak.items():
        outcome = t.ctl.run("migrate", {"JWT_SECRET": value}, timeout=16)
        refused(t, "migrate", ["JWT_SECRET"], outcome, f"JWT_SECRET: {what}")
        t.expect(
            value not in outcome.output,
            did=f"JWT_SECRET: {what}",
            expected="the value is not printed",
            saw=outcome.output.replace(value, "<<<the secret>>>"),
        )
    for command in ("api", "worker"):
        outcome = t.ctl.run(command, {"JWT_SECRET": weak["31 bytes"]}, timeout=16)
        refused(t, command, ["JWT_SECRET"], outcome, "JWT_SECRET: 31 bytes")
    for what, value in {
        "32 bytes": strong,
        "32 bytes in fewer characters": "é" * 4 + "abcdefgh" * 3,
    }.items():
        outcome = t.ctl.run("migrate", {"JWT_SECRET": value}, timeout=30)
        t.equal(outcome.code, 0, did=f"JWT_SECRET: {what}, 8 different; {outcome.text}")


@check("CONFIG-02", "a placeholder for the OAuth client secret does not boot", variants=["oauth"])
def weak_client_secret(t: Target) -> None:
    for value in ("change-me", "your-secret", "example"):
        outcome = t.ctl.run("migrate", {"OAUTH_CLIENT_SECRET": value}, timeout=16)
        refused(t, "migrate", ["OAUTH_CLIENT_SECRET"], outcome, f"OAUTH_CLIENT_SECRET={value}")


@check("CONFIG-03", "production refuses what is for development")
def production_is_strict(t: Target) -> None:
    for name, value in (
        ("COOKIE_SECURE", "false"),
        ("CORS_ALLOWED_ORIGINS", "*"),
        ("CORS_ALLOWED_ORIGINS", "https://app.example.com,*"),
        ("CORS_ALLOWED_ORIGINS", "https://*.example.com"),
        ("PUBLIC_APP_URL", "http://app.example.com"),
    ):
        outcome = t.ctl.run("migrate", {name: value}, timeout=16)
        refused(t, "migrate", [name], outcome, f"{name}={value} in production")
    outcome = t.ctl.run("api", {"COOKIE_SECURE": "false"}, unset=("APP_ENV",), timeout=16)
    refused(t, "api", ["COOKIE_SECURE"], outcome, "COOKIE_SECURE=false, APP_ENV unset")


@check("CONFIG-03", "COOKIE_SECURE=false in development drops Secure and the __Host- prefix")
def insecure_cookies(t: Target) -> None:
    user = t.user("dev")
    env = {"APP_ENV": "development", "COOKIE_SECURE": "false"}
    with t.extra_api(**env) as service:
        client = t.of(service, observed=False)
        answer = login(client, user.email, user.password).require(200, 204)
        plain = {"jwt": "refresh_token", "session": "session"}[user.auth]
        t.equal([cookie.name for cookie in answer.cookies], [plain], did="signed in; read cookies")
        attributes = answer.cookies[0].attributes
        t.expect(
            "secure" not in attributes and "httponly" in attributes,
            did="signed in with COOKIE_SECURE=false",
            expected="HttpOnly without Secure",
            saw=answer.cookies[0].line.replace(answer.cookies[0].value, "…"),
        )
        t.expect(
            answer.header("strict-transport-security") is None,
            did="signed in with COOKIE_SECURE=false",
            expected="no Strict-Transport-Security",
            saw=answer.header("strict-transport-security"),
        )
        if user.auth == "jwt":
            cookies = {plain: answer.cookies[0].value}
            client.post("/v1/auth/refresh", cookies=cookies).require(200)


# -- CONFIG-04 --------------------------------------------------------------------------------

_ASSIGNMENT = re.compile(r"^\s*(#\s*)?(?:export\s+)?([A-Z][A-Z0-9_]*)=(.*)$", re.MULTILINE)
_PLACEHOLDER = re.compile(r"change|replace|placeholder|example|todo|your|<.*>|^$", re.IGNORECASE)
_REFUSED_IN_PRODUCTION: Mapping[str, Callable[[str], bool]] = {
    "COOKIE_SECURE": lambda value: value.lower() in ("false", "0", "no"),
    "PUBLIC_APP_URL": lambda value: not value.startswith("https://"),
    "CORS_ALLOWED_ORIGINS": lambda value: "*" in value,
}


def example(path: Path) -> tuple[set[str], dict[str, str]]:
    """All names in the file, commented ones too, and the values that are set."""
    names: set[str] = set()
    values: dict[str, str] = {}
    for comment, name, value in _ASSIGNMENT.findall(path.read_text("utf-8")):
        names.add(name)
        if not comment:
            values[name] = re.sub(r"\s+#.*$", "", value).strip().strip("\"'")
    return names, values


@check("CONFIG-04", ".env.example names the table's variables and does not boot as it is")
def example_environment(t: Target) -> None:
    path = t.project.root / ".env.example"
    t.expect(path.is_file(), did="looked for .env.example", expected="the file", saw="none")
    names, values = example(path)
    t.equal(
        (sorted(variables(t) - names), sorted(names - variables(t))),
        ([], []),
        did="compared .env.example with §5: (missing, not in §5)",
    )
    placeholders = [
        name
        for name, value in values.items()
        if (name in required(t) and _PLACEHOLDER.search(value))
        or (name in _REFUSED_IN_PRODUCTION and _REFUSED_IN_PRODUCTION[name](value))
    ]
    for secret in ("JWT_SECRET", "OAUTH_CLIENT_SECRET"):
        if secret in required(t):
            t.expect(
                secret in placeholders or secret not in values,
                did="read .env.example",
                expected=f"a placeholder for {secret}, never a usable one",
                saw="a value",
            )
    placeholders += [name for name in required(t) if name not in values]
    for command in COMMANDS:
        outcome = t.ctl.run(
            command,
            values | {"APP_ENV": "production"},
            unset=tuple(variables(t) - set(values)),
            timeout=16,
        )
        did = "booted with .env.example as it is, APP_ENV=production"
        refused(t, command, placeholders, outcome, did)


# -- CONFIG-05 --------------------------------------------------------------------------------

SURFACES = (
    "/docs", "/redoc", "/swagger-ui", "/swagger-ui.html", "/openapi.json", "/graphql", "/actuator",
    "/actuator/env", "/q/dev", "/q/health", "/admin", "/debug/pprof", "/.env", "/.git/HEAD",
)  # fmt: skip


@check("CONFIG-05", "no framework surface on the public port")
def no_framework_surface(t: Target) -> None:
    user = t.user("curious")
    for path in SURFACES:
        for answer in (t.api.get(path), user.get(path)):
            t.equal((answer.status, answer.code), (404, "not_found"), did=f"GET {path}")
