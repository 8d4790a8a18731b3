"""What checks of several groups need beside the Target."""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from roadbed.verify.client import Client, Response
from roadbed.verify.exposition import MEDIA_TYPE, ExpositionError, Scrape, parse
from roadbed.verify.process import LogLine
from roadbed.verify.target import Target

R = TypeVar("R")


def scrape(t: Target, admin: Client) -> Scrape:
    """GET /metrics of an admin listener, read strictly."""
    answer = admin.get("/metrics")
    t.equal(answer.status, 200, did="GET /metrics on the admin port")
    media_type = answer.header("content-type") or ""
    t.expect(
        MEDIA_TYPE.fullmatch(media_type),
        did="GET /metrics on the admin port",
        expected="Content-Type text/plain; version=0.0.4",
        saw=media_type,
    )
    try:
        return parse(answer.body.decode())
    except ExpositionError as error:
        t.expect(
            False,
            did="parsed /metrics strictly",
            expected="the Prometheus text format",
            saw=str(error),
        )
        raise


def fresh_ip() -> str:
    """An IPv4 address nobody else of this run sends from."""
    return f"10.{random.randint(1, 254)}.{random.randint(0, 255)}.{random.randint(1, 254)}"


class Proxied(Client):
    """A client behind a proxy that reports `ip`, unless a request says otherwise itself."""

    def __init__(self, inner: Client, ip: str) -> None:
        self.__dict__.update(inner.__dict__)
        self.ip = ip

    def request(self, method: str, target: str, **options: Any) -> Response:
        given = options.pop("headers", ())
        fields = list(given.items()) if isinstance(given, Mapping) else list(given)
        if "x-forwarded-for" not in {name.lower() for name, _ in fields}:
            fields.append(("X-Forwarded-For", self.ip))
        return super().request(method, target, headers=fields, **options)


def from_ip(client: Client, ip: str | None = None) -> Client:
    """The same client behind a proxy that reports `ip` (needs TRUSTED_PROXY_HOPS=1)."""
    return Proxied(client, ip or fresh_ip())


def request_id() -> str:
    """A well-formed X-Request-Id, to find one request again in the logs."""
    return f"suite-{uuid.uuid4().hex}"


def side_by_side(*jobs: Callable[[], R]) -> list[R]:
    """Runs all at once and returns their results in order; the first error is raised."""
    with ThreadPoolExecutor(max_workers=len(jobs)) as pool:
        return [future.result() for future in [pool.submit(job) for job in jobs]]


def records(
    lines: list[LogLine], *, message: str | None = None, **wanted: object
) -> list[Mapping[str, Any]]:
    """The JSON records among log lines that have this message and these members."""
    found: list[Mapping[str, Any]] = []
    for line in lines:
        record = line.record
        if record is None or (message is not None and record.get("message") != message):
            continue
        if all(record.get(key) == value for key, value in wanted.items()):
            found.append(record)
    return found


def timed(call: Callable[[], Response]) -> tuple[float, Response]:
    """Seconds a request took, and its answer."""
    started = time.monotonic()
    answer = call()
    return time.monotonic() - started, answer


@contextmanager
def background(work: Callable[[threading.Event], None]) -> Iterator[threading.Event]:
    """Runs `work(stop)` in a thread until the block ends; its error is raised at the end."""
    stop = threading.Event()
    errors: list[BaseException] = []

    def run() -> None:
        try:
            work(stop)
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(60)
    if errors:
        raise errors[0]
