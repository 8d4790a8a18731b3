"""The wizard: asks what is not answered yet, shows the whole, and writes only on a yes.

A question with a single choice is not asked; the summary shows its answer.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from typing import Any

import questionary

from roadbed.answers import Answers, Judge
from roadbed.errors import InterruptedByUser
from roadbed.questions import Question, Questionnaire
from roadbed.terminal import Terminal

WRITE, CHANGE, LEAVE = "write", "change", "leave"
_STYLE = questionary.Style([("qmark", "fg:ansicyan"), ("answer", "fg:ansicyan bold")])


def ask(questions: Questionnaire, judge: Judge, given: Mapping[str, Any], out: Terminal) -> Answers:
    """The answers of a person at the terminal, for every question not in `given`.

    Raises InterruptedByUser on Ctrl-C, Ctrl-D, or when the person decides to leave.
    """
    try:
        return _converse(questions, judge, dict(given), out)
    except (KeyboardInterrupt, EOFError):
        raise InterruptedByUser("interrupted: nothing was written") from None


def _converse(questions: Questionnaire, judge: Judge, given: Answers, out: Terminal) -> Answers:
    out.line("A new backend", "bold")
    out.paragraph("Enter takes what is shown, Ctrl-C leaves without a trace.", "dim")
    answers: Answers = {}
    open_ones = [q for q in questions.asked if q.name not in given and len(q.choices) != 1]
    for question in questions.asked:
        if question in open_ones:
            answers[question.name] = _ask_one(question, judge, answers, out)
        else:
            value = given.get(question.name, judge.default(question.name, answers)[0])
            answers[question.name] = value
    while open_ones:
        summarise(questions, answers, out)
        decision = _decide(out)
        if decision == WRITE:
            break
        if decision == LEAVE:
            raise InterruptedByUser("left: nothing was written")
        _change(open_ones, judge, answers, out)
    return answers


def _ask_one(question: Question, judge: Judge, answers: Answers, out: Terminal) -> str:
    out.line()
    out.paragraph(question.help, "dim")
    earlier = {name: value for name, value in answers.items() if name != question.name}
    default = answers.get(question.name) or judge.default(question.name, earlier)[0]
    if question.choices:
        return _select(question.title, {c.label: c.value for c in question.choices}, default, out)
    validate = _validator(judge.validator(question.name, earlier))
    return str(
        questionary.text(
            question.title, default=default, qmark="?", style=_STYLE, validate=validate
        ).unsafe_ask()
    )


def _select(title: str, labels: Mapping[str, str], default: str, out: Terminal) -> str:
    # The pointer and its margin take four columns; a longer label would wrap and lose its place.
    room = max(out.width - 4, 8)
    choices = [
        questionary.Choice(textwrap.shorten(label, room, placeholder="…"), value)
        for label, value in labels.items()
    ]
    return str(
        questionary.select(
            title, choices, default=default, qmark="?", style=_STYLE, instruction=" "
        ).unsafe_ask()
    )


def _validator(fault: Callable[[str], str | None]) -> Callable[[str], bool | str]:
    return lambda text: fault(text) or True


def _decide(out: Terminal) -> str:
    labels = {"Write the project": WRITE, "Change an answer": CHANGE, "Leave": LEAVE}
    out.line()
    return _select("All right?", labels, WRITE, out)


def _change(open_ones: list[Question], judge: Judge, answers: Answers, out: Terminal) -> None:
    labels = {question.title: question.name for question in open_ones}
    name = _select("Which one?", labels, open_ones[0].name, out)
    chosen = next(question for question in open_ones if question.name == name)
    answers[name] = _ask_one(chosen, judge, answers, out)


def summarise(questions: Questionnaire, answers: Answers, out: Terminal) -> None:
    """Show every answer, also those that were not asked."""
    out.line()
    out.line("Summary", "bold")
    width = max(len(question.title) for question in questions.asked)
    for question in questions.asked:
        label = next(
            (c.label for c in question.choices if c.value == answers[question.name]),
            answers[question.name],
        )
        if width + 4 + len(label) <= out.width:
            out.line(f"  {question.title.ljust(width)}  {out.paint(label, 'cyan')}")
        else:
            out.line(f"  {question.title}")
            out.paragraph(label, "cyan", indent="    ")
