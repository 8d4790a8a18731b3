"""Answers: gathered from a file and from the command line, and checked all together.

The rules are copier.yml's own, run by Copier's own code, so that `roadbed new` and `copier copy`
can never disagree about what is valid.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from roadbed.errors import AnswersError
from roadbed.questions import Questionnaire, as_text
from roadbed.source import TemplateSource

Answers = dict[str, str]
_BOOLEANS = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "t", "f", "1", "0"})


@dataclass(frozen=True)
class Checked:
    """`answers` has a value for every visible question; `faults` is empty when all are valid."""

    answers: Answers
    faults: tuple[str, ...]


def parse_settings(settings: Sequence[str]) -> dict[str, Any]:
    """`KEY=VALUE` texts as a mapping; the last one of a key wins. Raises AnswersError."""
    faults = [
        f"--set {text!r} is not KEY=VALUE: write for instance --set framework=fastapi"
        for text in settings
        if not text.partition("=")[1] or not text.partition("=")[0]
    ]
    if faults:
        raise AnswersError(*faults)
    return {key: value for key, _, value in (text.partition("=") for text in settings)}


def read_answers(path: Path) -> dict[str, Any]:
    """Answers of a YAML or JSON file, also of a project's `.copier-answers.yml`.

    What Copier keeps for itself there (`_commit` …) is left out. Raises AnswersError.
    """
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise AnswersError(f"the answers file {path} cannot be read: {reason}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise AnswersError(f"the answers file {path} is not valid YAML{where}: mend it") from error
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise AnswersError(
            f"the answers file {path} holds no mapping: write one 'key: value' a line"
        )
    return {str(key): value for key, value in data.items() if not str(key).startswith("_")}


def name_faults(given: Mapping[str, Any], questions: Questionnaire) -> list[str]:
    """A fault for each key that is not a question."""
    return [_unknown(key, questions) for key in given if key not in questions.names]


def check(given: Mapping[str, Any], source: TemplateSource, questions: Questionnaire) -> Checked:
    """Complete `given` with the defaults and find every fault in it, in the questions' order."""
    faults = name_faults(given, questions)
    known = {key: value for key, value in given.items() if key in questions.names}
    judge = Judge(source, questions)
    answers: Answers = {}
    for name in questions.names:
        if name in known:
            fault = judge.fault(name, known[name], answers)
            if fault is None:
                answers[name] = judge.parsed(name, known[name], answers)
                continue
            faults.append(f"{name}: {fault}")
        default, fault = judge.default(name, answers)
        if fault is not None and name not in known and not faults:
            faults.append(f"{name}: {fault}; give --set {name}=…")
        answers[name] = default
    return Checked(answers, tuple(faults))


class Judge:
    """Copier's questions over one template: says what an answer's fault is, and the default."""

    def __init__(self, source: TemplateSource, questions: Questionnaire) -> None:
        from roadbed.render import open_worker

        self._questions = questions
        self._worker = open_worker(source, Path("/nonexistent/roadbed"), {})

    def fault(self, name: str, value: Any, earlier: Mapping[str, str]) -> str | None:
        """What is wrong with `value`, and how to mend it; None when it is valid."""
        if isinstance(value, (dict, list)) or value is None:
            return "not a text: write one value"
        if self._questions[name].is_boolean and as_text(value).lower() not in _BOOLEANS:
            return self._reason(name, value, ValueError())  # Copier takes any text for a yes
        try:
            question = self._question(name, earlier)
            question.validate_answer(question.parse_answer(value))
        except (ValueError, TypeError) as error:
            return self._reason(name, value, error)
        return None

    def parsed(self, name: str, value: Any, earlier: Mapping[str, str]) -> str:
        """`value` as Copier records it."""
        return as_text(self._question(name, earlier).parse_answer(value))

    def default(self, name: str, earlier: Mapping[str, str]) -> tuple[str, str | None]:
        """The default after the `earlier` answers, and what is wrong with it, if anything."""
        question = self._question(name, earlier)
        value = as_text(question.render_value(question.default))
        return value, self.fault(name, value, earlier)

    def validator(self, name: str, earlier: Mapping[str, str]) -> Callable[[str], str | None]:
        return lambda value: self.fault(name, value, earlier)

    def _question(self, name: str, earlier: Mapping[str, str]) -> Any:
        from copier._user_data import AnswersMap, Question

        worker = self._worker
        details = worker.template.questions_data
        hidden = {
            key: spec["default"]
            for key, spec in details.items()
            if key in self._questions.computed and not isinstance(spec["default"], str)
        }
        typed = {
            key: value == "true" if self._questions[key].is_boolean else value
            for key, value in earlier.items()
        }
        worker.answers = AnswersMap(user={**hidden, **typed})
        return Question(
            var_name=name,
            answers=worker.answers,
            context=worker._render_context(),
            jinja_env=worker.jinja_env,
            settings=worker.settings,
            **details[name],
        )

    def _reason(self, name: str, value: Any, error: Exception) -> str:
        values = self._questions[name].values
        if not values:
            _, _, reason = str(error).partition(f"question '{name}': ")
            return reason or "not a text: write one value"
        near = nearest(str(value), values)
        mend = f"did you mean '{near}'? " if near else ""
        return f"'{value}' is not offered; {mend}choose from: {', '.join(values)}"


def nearest(word: str, known: Sequence[str]) -> str | None:
    """The known word a mistyped one most likely means."""
    found = difflib.get_close_matches(word.lower(), known, n=1, cutoff=0.5)
    return found[0] if found else None


def _unknown(key: str, questions: Questionnaire) -> str:
    if key in questions.computed:
        return f"{key}: computed from the other answers and cannot be set: leave it out"
    near = nearest(key, questions.names)
    mend = f"did you mean '{near}'? " if near else ""
    return f"{key}: no such question; {mend}choose from: {', '.join(questions.names)}"
