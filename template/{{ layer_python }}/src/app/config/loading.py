"""From environment variables to a settings object, or to a list of what is wrong with them."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from app import PROJECT_NAME

EXIT_CONFIG = 78  # EX_CONFIG in sysexits.h

S = TypeVar("S", bound=BaseModel)


class ConfigError(Exception):
    """`problems` maps each faulty variable to what is wrong with it, never to its value."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {problem}" for name, problem in problems.items()))
        self.problems = problems


def load(model: type[S]) -> S:
    # An empty variable is how a compose file or a CI system says "not set".
    values = {
        name: os.environ[name.upper()]
        for name in model.model_fields
        if os.environ.get(name.upper(), "") != ""
    }
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise ConfigError(
            {
                str(fault["loc"][0]).upper(): (
                    "is required" if fault["type"] == "missing" else _sentence(fault["msg"])
                )
                for fault in error.errors(include_url=False, include_input=False)
            }
        ) from None


def load_or_exit(model: type[S]) -> S:
    try:
        return load(model)
    except ConfigError as error:
        for name, problem in error.problems.items():
            line = {
                "timestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
                "level": "error",
                "message": "invalid_configuration",
                "service": os.environ.get("SERVICE_NAME") or PROJECT_NAME,
                "variable": name,
                "problem": problem,
            }
            sys.stdout.write(json.dumps(line) + "\n")
            sys.stdout.flush()
        sys.exit(EXIT_CONFIG)


def _sentence(message: str) -> str:
    return message.removeprefix("Value error, ").removeprefix("Input ")
