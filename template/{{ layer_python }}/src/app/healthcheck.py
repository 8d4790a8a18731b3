"""`python -m app.healthcheck [worker]`: does the process of this container live? Exit 0 if so.

For orchestrators that can only run a command. It asks for liveness, not readiness: a database that
is away must not have every container replaced.
"""

from __future__ import annotations

import http.client
import os
import sys

TIMEOUT = 2


def alive(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def main(arguments: list[str]) -> int:
    # The worker has no public port; its probes are on the admin listener.
    name, default = ("ADMIN_PORT", "9090") if arguments == ["worker"] else ("PORT", "8080")
    return 0 if alive(int(os.environ.get(name) or default)) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
