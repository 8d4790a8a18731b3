"""`roadbed options`: every question, its choices and default, and what each choice becomes."""

from __future__ import annotations

import json
from typing import Any

from roadbed.meanings import meaning
from roadbed.questions import Question, Questionnaire
from roadbed.terminal import Terminal


def describe(questions: Questionnaire) -> list[dict[str, Any]]:
    """The questions as plain data, for `--json`.

    `default` is null where it is computed from earlier answers; `means` maps a framework to a
    sentence.
    """
    frameworks = questions["framework"].values
    return [
        {
            "name": question.name,
            "help": question.help,
            "default": None if question.default_is_computed else question.default,
            "choices": [
                {
                    "value": choice.value,
                    "label": choice.label,
                    "means": _means(question, choice.value, frameworks),
                }
                for choice in question.choices
            ],
        }
        for question in questions.asked
    ]


def _means(question: Question, choice: str, frameworks: tuple[str, ...]) -> dict[str, str]:
    if question.name == "framework":
        return {choice: meaning(choice, question.name, choice)}
    return {framework: meaning(framework, question.name, choice) for framework in frameworks}


def show_options(questions: Questionnaire, out: Terminal, *, as_json: bool) -> None:
    """Print them, as text or as JSON."""
    described = describe(questions)
    if as_json:
        out.line(json.dumps({"questions": described}, indent=2, ensure_ascii=True))
        return
    for question in described:
        default = question["default"]
        shown = "computed from the name" if default is None else f"default: {default}"
        out.line(f"{out.paint(question['name'], 'bold')}  {out.paint(f'({shown})', 'dim')}")
        out.paragraph(question["help"], indent="  ")
        for choice in question["choices"]:
            out.line(f"  {out.paint(choice['value'], 'cyan')}: {choice['label']}")
            for framework, sentence in choice["means"].items():
                out.paragraph(f"{framework}: {sentence}", indent="      ")
        out.line()
    out.paragraph("Set one with: roadbed new --set NAME=VALUE", "dim")
