"""Django's settings for tools that import the project without its environment, such as mypy."""

import os

from tests.project import ENVIRONMENT

for name, value in ENVIRONMENT.items():
    os.environ.setdefault(name, value)

from app.settings import *  # noqa: E402, F403
