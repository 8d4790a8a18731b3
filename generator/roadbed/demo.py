"""`make demo`: a service with the default answers, generated, started and walked through.

Stays until Ctrl-C; with `--detach` (or DETACH=1) it ends after the walk. Either way no process,
no folder and no server is left behind.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack

from roadbed.demo_interrupts import Interrupts
from roadbed.demo_stand import Stand, StartFault
from roadbed.demo_walk import WalkFault, walk
from roadbed.errors import INTERRUPTED, NOT_RUN, RoadbedError
from roadbed.services import ServiceError
from roadbed.terminal import Terminal
from roadbed.verify.process import Crashed

DONE = 0
FAILED = 1


def main(words: Sequence[str] | None = None) -> int:
    """0 when the walk went well, 1 when not, 13 when it could not start, 130 when interrupted."""
    parser = argparse.ArgumentParser(prog="python -m roadbed.demo", description=__doc__)
    detach = os.environ.get("DETACH", "") not in ("", "0")
    parser.add_argument("--detach", action="store_true", default=detach, help="end after the walk")
    arguments = parser.parse_args(words)
    out = Terminal.of(sys.stdout)
    interrupts = Interrupts()
    walked = False
    with interrupts.listening(), ExitStack() as stack:
        try:
            with interrupts.hold():
                stand = Stand.open(stack, out, interrupts)
            stand.start()
            walk(stand.api, stand.worker, stand.mails, out)
            walked = True
            if not arguments.detach:
                _stay(stand, out)
            return DONE
        except KeyboardInterrupt:
            if walked:
                out.line("\nStopping; nothing will be left running.")
                return DONE
            return _fail("stopped; nothing is left running", INTERRUPTED)
        except (RoadbedError, ServiceError, StartFault, OSError) as error:
            return _fail(str(error), NOT_RUN)
        except (WalkFault, Crashed) as error:
            return _fail(str(error), FAILED)


def _stay(stand: Stand, out: Terminal) -> None:
    """Until Ctrl-C, or until one of the processes ends by itself (Crashed)."""
    out.line()
    out.line("It is running:", "bold")
    for name, value in stand.urls().items():
        out.line(f"  {name:<15} {value}")
    out.line("The curl lines above work as they stand. Ctrl-C ends everything.")
    while True:
        time.sleep(0.5)
        stand.check_alive()


def _fail(fault: str, code: int) -> int:
    print(f"demo: {' '.join(fault.split())}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
