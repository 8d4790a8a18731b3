"""`python -m roadbed.verify PROJECT …`: the suite without the rest of the CLI."""

from __future__ import annotations

import argparse
import sys

from roadbed.verify import command


def main() -> int:
    parser = argparse.ArgumentParser(prog="roadbed verify")
    command.add_arguments(parser)
    return command.run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
