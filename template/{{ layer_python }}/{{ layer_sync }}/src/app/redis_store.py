"""Redis, as something that may be gone: short timeouts, no retries, and a rest after a failure."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from redis import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError
from redis.retry import Retry

from app.config.core import CoreSettings
from app.outage import Outage, RedisDown

# More than there are threads that serve requests: nobody waits for a connection.
MAX_CONNECTIONS = 256

T = TypeVar("T")


class RedisStore:
    """Runs commands that end in time."""

    def __init__(self, settings: CoreSettings) -> None:
        timeout = settings.redis_timeout_ms / 1000
        self._outage = Outage()
        # `from_pool`, so that closing the client closes the pool.
        self.client = Redis.from_pool(
            ConnectionPool.from_url(
                settings.redis_url,
                max_connections=MAX_CONNECTIONS,
                socket_timeout=timeout,
                socket_connect_timeout=timeout,
                retry=Retry(NoBackoff(), 0),
                client_name=settings.service_name,
            )
        )

    def run(self, command: Callable[[Redis], T], *, even_at_rest: bool = False) -> T:
        """The command's result. Raises RedisDown."""
        if self._outage.resting and not even_at_rest:
            raise RedisDown
        try:
            return command(self.client)
        except ResponseError as error:
            # Redis is there and refuses this one command, as on a key of another type.
            raise RedisDown from error
        except (RedisError, OSError) as error:
            self._outage.begin(error)
            raise RedisDown from error

    def ping(self) -> bool:
        """Whether Redis answers now; asked even while it rests."""
        try:
            self.client.ping()
        except (RedisError, OSError):
            return False
        self._outage.end()
        return True

    def close(self) -> None:
        self.client.close()
