"""Redis, as something that may be gone: short timeouts, no retries, and a rest after a failure."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import TypeVar

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from app.config.core import CoreSettings
from app.outage import Outage, RedisDown

MAX_CONNECTIONS = 50
SLICES = 10

T = TypeVar("T")


class RedisStore:
    """Runs commands with a deadline."""

    def __init__(self, settings: CoreSettings) -> None:
        self._timeout = settings.redis_timeout_ms / 1000
        self._outage = Outage()
        self.client = Redis(
            connection_pool=BlockingConnectionPool.from_url(
                settings.redis_url,
                max_connections=MAX_CONNECTIONS,
                # `run` has the one deadline, over waiting, connecting, sending and reading.
                timeout=None,
                socket_timeout=None,
                socket_connect_timeout=None,
                retry=Retry(NoBackoff(), 0),
                client_name=settings.service_name,
            )
        )

    async def run(
        self, command: Callable[[Redis], Awaitable[T]], *, even_at_rest: bool = False
    ) -> T:
        """The command's result. Raises RedisDown."""
        if self._outage.resting and not even_at_rest:
            raise RedisDown
        try:
            async with _Deadline(self._timeout):
                return await command(self.client)
        except ResponseError as error:
            # Redis is there and refuses this one command, as on a key of another type.
            raise RedisDown from error
        except (RedisError, OSError, TimeoutError) as error:
            self._outage.begin(error)
            raise RedisDown from error

    async def ping(self) -> bool:
        """Whether Redis answers now; asked even while it rests."""
        try:
            async with _Deadline(self._timeout):
                await self.client.ping()
        except (RedisError, OSError, TimeoutError):
            return False
        self._outage.end()
        return True

    async def close(self) -> None:
        await self.client.aclose(close_connection_pool=True)


class _Deadline:
    """`asyncio.timeout` that does not blame Redis for time in which this process was too busy to
    read its answers. Time is counted in slices, and a slice that ends late counts as one: however
    long the event loop was held up, Redis gets its share of the loop's turns."""

    def __init__(self, seconds: float) -> None:
        self._slice = seconds / SLICES
        self._left = SLICES
        self._scope = asyncio.timeout(None)

    async def __aenter__(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._scope.__aenter__()
        self._timer = self._loop.call_later(self._slice, self._count)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        await self._scope.__aexit__(kind, error, trace)

    def _count(self) -> None:
        self._left -= 1
        if self._left:
            self._timer = self._loop.call_later(self._slice, self._count)
        else:
            self._scope.reschedule(self._loop.time())
