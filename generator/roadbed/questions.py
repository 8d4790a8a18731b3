"""The questions of copier.yml, read without Copier (whose import alone takes half a second)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from roadbed.errors import SourceError

try:
    from yaml import CSafeLoader as Loader
except ImportError:  # PyYAML was built without libyaml
    from yaml import SafeLoader as Loader  # type: ignore[assignment]


@dataclass(frozen=True)
class Choice:
    """One offered answer. `label` is for people, `value` is what is recorded."""

    value: str
    label: str


NO_YES = (Choice("false", "No"), Choice("true", "Yes"))


@dataclass(frozen=True)
class Question:
    """A question people are asked. `default` may be a Jinja expression over earlier answers."""

    name: str
    help: str
    default: str
    choices: tuple[Choice, ...]
    is_boolean: bool = False

    @property
    def default_is_computed(self) -> bool:
        return "{{" in self.default

    @property
    def values(self) -> tuple[str, ...]:
        return tuple(choice.value for choice in self.choices)

    @property
    def title(self) -> str:
        return self.name.replace("_", " ").capitalize()


@dataclass(frozen=True)
class Questionnaire:
    """`asked` in the order they are asked; `computed` names the hidden answers."""

    asked: tuple[Question, ...]
    computed: frozenset[str]

    def __getitem__(self, name: str) -> Question:
        return next(question for question in self.asked if question.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(question.name for question in self.asked)


def load_config(path: Path) -> dict[str, Any]:
    """A copier.yml as it stands. Raises SourceError when it is missing or is not YAML."""
    try:
        data: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader)
    except (OSError, yaml.YAMLError) as error:
        raise SourceError(f"the questions at {path} cannot be read: {error}") from error
    return data


@cache
def load_questions(path: Path) -> Questionnaire:
    """The questions of a copier.yml. Raises SourceError like `load_config`."""
    data = load_config(path)
    questions = {name: spec for name, spec in data.items() if not name.startswith("_")}
    hidden = frozenset(name for name, spec in questions.items() if spec.get("when") is False)
    asked = tuple(_question(name, spec) for name, spec in questions.items() if name not in hidden)
    return Questionnaire(asked, hidden)


def _question(name: str, spec: dict[str, Any]) -> Question:
    text, boolean = " ".join(spec["help"].split()), spec.get("type") == "bool"
    if boolean:
        return Question(name, text, as_text(spec["default"]), NO_YES, is_boolean=True)
    choices = tuple(Choice(value, label) for label, value in spec.get("choices", {}).items())
    return Question(name, text, as_text(spec["default"]), choices)


def as_text(value: object) -> str:
    """A value as it is typed after `--set NAME=` and as YAML spells it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
