"""A generated project as the suite knows it: its make verbs and its variant."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from roadbed.answers_file import answers_files

VERBS = ("setup", "migrate", "api", "worker", "jobs-retry")
_TARGET = re.compile(r"^([A-Za-z0-9][\w-]*)\s*:(?![=:])", re.MULTILINE)


class NotAProject(Exception):
    """The folder cannot be verified: one line with the fault and the mend."""


@dataclass(frozen=True)
class Project:
    """`auth` is jwt or session; `queue` postgres, redis, rabbitmq or kafka."""

    root: Path
    auth: str = "jwt"
    queue: str = "postgres"
    social: bool = False

    @property
    def variants(self) -> frozenset[str]:
        """The contract's variant words that hold for this project."""
        found = {"jwt" if self.auth == "jwt" else "sess"}
        if self.social:
            found.add("oauth")
        if self.queue != "postgres":
            found.add("broker")
        return frozenset(found)

    @property
    def description(self) -> str:
        social = "third-party login" if self.social else "no third-party login"
        return f"auth {self.auth}, queue {self.queue}, {social}"


def load(
    folder: str | Path,
    *,
    auth: str | None = None,
    queue: str | None = None,
    social: bool | None = None,
) -> Project:
    """Read a project. What is given wins over the answers file, which may be missing."""
    root = Path(folder).resolve()
    makefile = root / "Makefile"
    if not makefile.is_file():
        raise NotAProject(f"{root} has no Makefile; name the folder of a generated project")
    verbs = set(_TARGET.findall(makefile.read_text("utf-8")))
    missing = [verb for verb in VERBS if verb not in verbs]
    if missing:
        raise NotAProject(
            f"{makefile} has no target {', '.join(missing)}; the suite drives a project by its "
            f"make verbs {', '.join(VERBS)}"
        )
    answers = _answers(root)
    return Project(
        root=root,
        auth=auth or _one_of(answers, "auth", ("jwt", "session"), "jwt"),
        queue=queue
        or _one_of(answers, "queue", ("postgres", "redis", "rabbitmq", "kafka"), "postgres"),
        social=bool(answers.get("social_login", False)) if social is None else social,
    )


def _answers(root: Path) -> dict[str, Any]:
    found = answers_files(root)
    if not found:
        return {}
    if len(found) > 1:
        names = ", ".join(map(str, found))
        raise NotAProject(f"{root} holds {names}: rename the service's to .copier-answers.yml")
    path = root / found[0]
    try:
        answers = yaml.safe_load(path.read_text("utf-8"))
    except yaml.YAMLError as error:
        raise NotAProject(f"{path} is no YAML: {str(error).splitlines()[0]}") from None
    return answers if isinstance(answers, dict) else {}


def _one_of(answers: dict[str, Any], key: str, known: tuple[str, ...], default: str) -> str:
    value = str(answers.get(key, default))
    if value not in known:
        raise NotAProject(
            f"the answers file: {key} is {value!r}; the suite knows {', '.join(known)}"
        )
    return value
