from __future__ import annotations

import json

from roadbed.questions import load_questions
from roadbed.source import TemplateSource
from tests.conftest import Roadbed


def test_json_has_every_question_choice_and_meaning(
    roadbed: Roadbed, source: TemplateSource
) -> None:
    outcome = roadbed("options", "--json")
    assert outcome.code == 0
    described = json.loads(outcome.out)["questions"]
    questions = load_questions(source.questions_file)
    assert [question["name"] for question in described] == list(questions.names)
    for question in described:
        values = questions[question["name"]].values
        assert tuple(choice["value"] for choice in question["choices"]) == values
        assert all(choice["means"] for choice in question["choices"])
    defaults = {question["name"]: question["default"] for question in described}
    assert (defaults["project_slug"], defaults["auth"]) == (None, "jwt")


def test_text_shows_the_same(roadbed: Roadbed, source: TemplateSource) -> None:
    outcome = roadbed("options")
    assert "{{" not in outcome.out
    for question in load_questions(source.questions_file).asked:
        assert question.name in outcome.out
        assert all(f"{value}: " in outcome.out for value in question.values)
