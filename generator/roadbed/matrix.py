"""The variants: every combination of choices that is valid, and few that cover every pair.

Choices and rules are copier.yml's own, so what is offered in the wizard is what is built here.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from roadbed.answers import Answers, check
from roadbed.errors import AnswersError
from roadbed.questions import Question, Questionnaire
from roadbed.source import TemplateSource

Choice = tuple[str, str]
Pair = frozenset[Choice]
# Questions whose files stand beside the service: a variant leaves them at their default, for no
# choice of theirs could make the service pass or fail.
BESIDE = frozenset({"deploy", "proxy", "update_workflow"})
_SEED = 20261122
# Greedy is quick and seldom the best at once: the smallest of this many sets is taken.
_TRIES = 20


@dataclass(frozen=True)
class Variant:
    """One combination of choices: (question, value) in the questions' order.

    `name` is unique and a valid folder name: the values, a yes by its question, a no left out.
    """

    name: str
    choices: tuple[Choice, ...]

    @property
    def answers(self) -> Answers:
        return dict(self.choices)

    @property
    def pairs(self) -> set[Pair]:
        """Every two of its choices."""
        return {frozenset(pair) for pair in itertools.combinations(self.choices, 2)}

    @property
    def settings(self) -> tuple[str, ...]:
        """The words of `roadbed new` that ask for it."""
        return tuple(word for key, value in self.choices for word in ("--set", f"{key}={value}"))


def every_variant(source: TemplateSource, questions: Questionnaire) -> tuple[Variant, ...]:
    """Each valid combination of choices, in the questions' and choices' order.

    The questions of BESIDE are left out; `beside_variants` has them.
    """
    asked = [each for each in questions.asked if each.choices and each.name not in BESIDE]
    combined = itertools.product(*(question.values for question in asked))
    variants = (_variant(asked, values) for values in combined)
    return tuple(each for each in variants if not check(each.answers, source, questions).faults)


def beside_variants(service: Variant, questions: Questionnaire) -> tuple[Variant, ...]:
    """`service` with each other choice of each question of BESIDE; only to be rendered."""
    return tuple(
        Variant(
            f"{service.name}-{_word(questions[name], value)}", (*service.choices, (name, value))
        )
        for name in sorted(BESIDE)
        for value in questions[name].values
        if value != questions[name].default
    )


def default_variant(variants: Sequence[Variant], questions: Questionnaire) -> Variant:
    """The one that `roadbed new --defaults` makes."""
    return next(
        each for each in variants if all(questions[key].default == to for key, to in each.choices)
    )


def pairwise(variants: Sequence[Variant], *kept: Variant) -> tuple[Variant, ...]:
    """Few variants, all of `kept` among them, that hold every pair that any variant holds.

    The same arguments give the same set, in the order of `variants`.
    """
    sets = (_cover(variants, kept, random.Random(_SEED + turn)) for turn in range(_TRIES))
    chosen = min(sets, key=len)
    return tuple(each for each in variants if each in chosen)


def _cover(
    variants: Sequence[Variant], kept: Sequence[Variant], luck: random.Random
) -> set[Variant]:
    """Greedy: again and again the variant with the most pairs that are still missing."""
    pairs = {each: each.pairs for each in luck.sample(variants, len(variants))}
    chosen = set(kept)
    missing = set[Pair]().union(*pairs.values()).difference(*(pairs[each] for each in kept))
    while missing:
        best = max(pairs, key=lambda each: len(pairs[each] & missing))
        chosen.add(best)
        missing -= pairs[best]
    return chosen


def named(names: Iterable[str], variants: Sequence[Variant]) -> tuple[Variant, ...]:
    """The variants of these names. Raises AnswersError for those that are not offered."""
    from roadbed.answers import nearest

    known = {each.name: each for each in variants}
    wanted = list(names)
    faults = []
    for name in wanted:
        if name not in known:
            near = nearest(name, list(known))
            mend = f"did you mean '{near}'? " if near else ""
            faults.append(f"{name}: no such variant; {mend}see roadbed matrix --all")
    if faults:
        raise AnswersError(*faults)
    return tuple(each for each in variants if each.name in wanted)


def _variant(asked: Sequence[Question], values: Sequence[str]) -> Variant:
    words = (_word(question, value) for question, value in zip(asked, values, strict=True))
    names = (question.name for question in asked)
    return Variant("-".join(filter(None, words)), tuple(zip(names, values, strict=True)))


def _word(question: Question, value: str) -> str:
    """What a choice adds to a variant's name."""
    if not question.is_boolean:
        return value
    return question.name.replace("_", "-") if value == "true" else ""
