"""Real servers for a while: PostgreSQL and Redis on free loopback ports, gone without a trace.

    with Postgres.start(workdir) as postgres, Redis.start(workdir) as redis:
        run(DATABASE_URL=postgres.dsn, REDIS_URL=redis.dsn)

Servers of this machine are used when they are there, else embedded ones from a package.
`ROADBED_POSTGRES_URL` and `ROADBED_REDIS_URL` name servers that run already; those are used as
they are and cannot be stopped, paused or wiped (`CannotControl`).
"""

from roadbed.services.postgres import Postgres
from roadbed.services.redis import Redis
from roadbed.services.service import CannotControl, Service, ServiceError

__all__ = ["CannotControl", "Postgres", "Redis", "Service", "ServiceError"]
