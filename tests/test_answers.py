from __future__ import annotations

import string
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from roadbed import answers as answering
from roadbed.errors import AnswersError
from roadbed.questions import Questionnaire, as_text, load_questions
from roadbed.render import render
from roadbed.source import TemplateSource


@pytest.fixture(scope="module")
def questions(source: TemplateSource) -> Questionnaire:
    return load_questions(source.questions_file)


def test_defaults_are_valid(source: TemplateSource, questions: Questionnaire) -> None:
    checked = answering.check({}, source, questions)
    assert checked.faults == ()
    assert checked.answers["project_slug"] == "my-service"
    assert tuple(checked.answers) == questions.names


def test_all_faults_are_reported_at_once(source: TemplateSource, questions: Questionnaire) -> None:
    given_answers = {
        "auht": "jwt",
        "layer_jwt": ".",
        "project_slug": "../x",
        "framework": "fastapy",
        "queue": ["postgres"],
        "project_description": "two\nlines",
    }
    faults = "\n".join(answering.check(given_answers, source, questions).faults)
    assert len(faults.splitlines()) == len(given_answers)
    assert "did you mean 'auth'?" in faults
    assert "did you mean 'fastapi'?" in faults
    assert "layer_jwt: computed" in faults


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("My Service", "my-service"),
        ("Café Ünïté", "cafe-uenite"),
        ("日本語", "my-service"),
        ("3 amigos", "service-3-amigos"),
        ("Test", "test-service"),
        ("con", "con-service"),
        ("FastAPI", "fastapi-service"),
        ("a" * 80, "a" * 63),
        ("ab " * 26 + "c", ("ab-" * 21)[:62]),
    ],
)
def test_slug_default(
    name: str, slug: str, source: TemplateSource, questions: Questionnaire
) -> None:
    checked = answering.check({"project_name": name}, source, questions)
    assert checked.faults == ()
    assert checked.answers["project_slug"] == slug


@pytest.mark.parametrize(
    "slug",
    [
        "", "../x", "con", "-rf", "a" * 64, "a" * 300, "é", "A", "a_b", "a b", "a--b", "a-", "1a",
        "a\n", "test", "app", "nul", "fn", "class", "redis", "{{ 1 }}", "a/b", "\x00", "\udcff",
    ],
)  # fmt: skip
def test_hostile_slugs_are_refused(
    slug: str, source: TemplateSource, questions: Questionnaire
) -> None:
    (fault,) = answering.check({"project_slug": slug}, source, questions).faults
    assert fault.startswith("project_slug: ")
    assert "\n" not in fault


@settings(deadline=None, max_examples=150)
@given(st.text(max_size=90))
@example("{{ 7 * 7 }}")
@example("{% raw %}")
@example('"; DROP TABLE x; --')
def test_any_name_is_recorded_as_it_is_or_refused(text: str) -> None:
    """Whatever is typed: one clear fault, or a default slug that is valid."""
    source, questions = _checkout()
    checked = answering.check({"project_name": text}, source, questions)
    if checked.faults:
        assert all(len(fault.splitlines()) == 1 for fault in checked.faults)
        return
    assert checked.answers["project_name"] == text
    slug = checked.answers["project_slug"]
    assert set(slug) <= set(string.ascii_lowercase + string.digits + "-")
    assert slug[0] in string.ascii_lowercase
    assert len(slug) <= 63


@settings(deadline=None, max_examples=25)
@given(
    name=st.text(min_size=1, max_size=80).filter(
        lambda text: text.isprintable() and text == text.strip() and any(map(str.isalpha, text))
    ),
    description=st.text(min_size=1, max_size=200).filter(
        lambda text: text.isprintable() and text == text.strip() and text
    ),
)
@example(name="null", description="~")
@example(name="yes", description="1e5")
@example(name="a: b # c", description="'\"\\ {{ x }} {% y %}")
def test_answers_file_gives_back_what_was_answered(name: str, description: str) -> None:
    """Read again, the answers file holds the same texts: nothing is rendered or retyped."""
    import tempfile

    source, questions = _checkout()
    wanted = {"project_name": name, "project_description": description}
    checked = answering.check(wanted, source, questions)
    assert checked.faults == ()
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        render(source, project, checked.answers)
        again = answering.read_answers(project / ".copier-answers.yml")
    assert {name: as_text(value) for name, value in again.items()} == checked.answers


def _checkout() -> tuple[TemplateSource, Questionnaire]:
    # Hypothesis forbids function-scoped fixtures; the checkout itself does as well.
    from roadbed.source import find_source

    global _SOURCE
    if _SOURCE is None:
        _SOURCE = find_source()
    return _SOURCE, load_questions(_SOURCE.questions_file)


_SOURCE: TemplateSource | None = None


def test_settings_win_in_order() -> None:
    assert answering.parse_settings(["a=1", "b=x=y", "a=2"]) == {"a": "2", "b": "x=y"}


def test_settings_without_a_key_or_value_are_all_named() -> None:
    with pytest.raises(AnswersError) as caught:
        answering.parse_settings(["a", "=b", "c=d"])
    assert len(caught.value.faults) == 2


@pytest.mark.parametrize("text", ["- a\n", "a: [\n", "\xff"])
def test_an_answers_file_that_is_none_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "answers.yml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(AnswersError, match="answers file") as caught:
        answering.read_answers(path)
    assert "\n" not in str(caught.value)


def test_copiers_own_keys_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "answers.yml"
    path.write_text(yaml.safe_dump({"_commit": "v1", "auth": "jwt"}))
    assert answering.read_answers(path) == {"auth": "jwt"}


@pytest.mark.parametrize("text", ["true", "yes", "ON", "1", True])
def test_a_yes_in_any_spelling(
    text: object, source: TemplateSource, questions: Questionnaire, tmp_path: Path
) -> None:
    checked = answering.check({"social_login": text}, source, questions)
    assert checked.faults == ()
    assert checked.answers["social_login"] == "true"
    render(source, tmp_path / "p", checked.answers)
    recorded = yaml.safe_load((tmp_path / "p/.copier-answers.yml").read_text())
    assert recorded["social_login"] is True


def test_neither_yes_nor_no_is_a_fault(source: TemplateSource, questions: Questionnaire) -> None:
    """Copier itself takes any text for a yes."""
    (fault,) = answering.check({"social_login": "flase"}, source, questions).faults
    assert fault == (
        "social_login: 'flase' is not offered; did you mean 'false'? choose from: false, true"
    )
