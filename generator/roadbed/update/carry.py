"""Carry a project's answers into another version of the template, by Copier's own rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from roadbed import answers as answering
from roadbed.errors import AnswersError
from roadbed.questions import load_questions
from roadbed.source import TemplateSource


@dataclass(frozen=True)
class Carried:
    """`before` and `after` as each version records them."""

    before: Mapping[str, Any]
    after: Mapping[str, Any]

    @property
    def added(self) -> dict[str, Any]:
        """Questions the new version asks; their answers are defaults unless they were given."""
        return {key: value for key, value in self.after.items() if key not in self.before}

    @property
    def changed(self) -> dict[str, tuple[Any, Any]]:
        both = self.before.keys() & self.after.keys()
        return {
            key: (self.before[key], self.after[key])
            for key in sorted(both)
            if self.before[key] != self.after[key]
        }

    @property
    def dropped(self) -> dict[str, Any]:
        """Answers to questions the new version no longer asks."""
        return {key: value for key, value in self.before.items() if key not in self.after}


def carry(
    recorded: Mapping[str, Any],
    changes: Mapping[str, Any],
    old: TemplateSource,
    new: TemplateSource,
) -> Carried:
    """The answers for both versions. Raises AnswersError, with every fault in them.

    An answer the new version does not offer is a fault: Copier would take the default instead,
    without a word, and remove the files of the layer that was chosen.
    """
    before_questions, after_questions = (load_questions(s.questions_file) for s in (old, new))
    known = {key: value for key, value in recorded.items() if key in before_questions.names}
    kept = {key: value for key, value in recorded.items() if key in after_questions.names}
    faults = answering.name_faults(changes, after_questions)
    faults += answering.check({**kept, **changes}, new, after_questions).faults
    if faults:
        raise AnswersError(*dict.fromkeys(faults))
    faults = list(answering.check(known, old, before_questions).faults)
    if faults:
        raise AnswersError(*(f"in the answers file: {fault}" for fault in faults))
    return Carried(_asked(old, known, {}), _asked(new, recorded, changes))


def _asked(
    source: TemplateSource, earlier: Mapping[str, Any], given: Mapping[str, Any]
) -> dict[str, Any]:
    """What Copier would record, when `earlier` is what an answers file says."""
    from roadbed.render import open_worker

    worker = open_worker(source, Path("/nonexistent/roadbed"), given)
    worker.subproject.__dict__["last_answers"] = dict(earlier)
    worker._ask()
    remembered = worker._answers_to_remember()
    return {key: value for key, value in remembered.items() if not key.startswith("_")}
