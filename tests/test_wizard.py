"""The wizard in a real pseudo-terminal: a person's keys in, a screen out."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pyte
import pytest
import yaml

from roadbed.errors import ANSWERS, DESTINATION, INTERRUPTED
from tests.conftest import IDENTITY, tree

DOWN, ENTER, CTRL_C, CTRL_D, CTRL_U = "\x1b[B", "\r", "\x03", "\x04", "\x15"
TIMEOUT = 20
# `roadbed` over a template that is given by its path.
OVER = (
    "import sys, pathlib, roadbed.steps as s, roadbed.source as o, roadbed.cli as c;"
    "s.find_source = lambda: o.open_source(pathlib.Path(sys.argv[1]));"
    "sys.exit(c.main(sys.argv[2:]))"
)


class Person:
    """Somebody at a terminal of 100 lines who runs `roadbed`."""

    def __init__(self, template: Path, home: Path, words: list[str], columns: int, **env: str):
        # Of a window's size the terminal speaks, not whoever runs the tests.
        outside = {key: os.environ[key] for key in os.environ if key not in ("COLUMNS", "LINES")}
        self.screen = pyte.Screen(columns, 100)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.child = pexpect.spawn(
            sys.executable,
            ["-c", OVER, str(template), *words],
            cwd=str(home),
            dimensions=(100, columns),
            timeout=TIMEOUT,
            env={**outside, **IDENTITY, "TERM": "xterm-256color", "LANG": "C.UTF-8", **env},
        )
        # prompt_toolkit asks where the cursor is; pyte's screen answers.
        self.screen.write_process_input = self.child.send  # type: ignore[method-assign]

    def sees(self, text: str) -> None:
        """Wait until the screen shows the text."""
        deadline = time.monotonic() + TIMEOUT
        while text not in self.text:
            assert time.monotonic() < deadline, f"no {text!r} on the screen:\n{self.text}"
            self._read()

    def types(self, *keys: str) -> None:
        for key in keys:
            self.child.send(key)

    def ends(self) -> int:
        """Wait for the end and give the exit code."""
        deadline = time.monotonic() + TIMEOUT
        while self._read():
            assert time.monotonic() < deadline, f"it goes on:\n{self.text}"
        self.child.close()
        return int(self.child.exitstatus or 0)

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.screen.display).strip()

    def _read(self) -> bool:
        try:
            data = self.child.read_nonblocking(4096, timeout=1)
        except pexpect.TIMEOUT:
            return bool(self.child.isalive())
        except pexpect.EOF:
            return False
        self.raw += data
        self._stream.feed(data)
        return True


Sits = Callable[..., Person]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def sits(snapshot: Path, home: Path) -> Iterator[Sits]:
    people: list[Person] = []

    def sit(*words: str, columns: int = 80, template: Path = snapshot, **env: str) -> Person:
        people.append(Person(template, home, list(words), columns, **env))
        return people[-1]

    yield sit
    for person in people:
        person.child.close(force=True)


QUESTIONS = (
    "Project name",
    "Project slug",
    "Project description",
    "Framework",
    "Auth",
    "Social login",
    "Queue",
    "Proxy",
    "Deploy",
    "Update workflow",
)


def test_enter_all_the_way(sits: Sits, home: Path, default_project: Path) -> None:
    person = sits("new")
    for question in (*QUESTIONS, "All right?"):
        person.sees(f"? {question}")
        person.types(ENTER)
    assert person.ends() == 0
    assert tree(home / "my-service") == tree(default_project)
    for text in ("cd my-service", "make setup", "http://127.0.0.1:8080", "roadbed new --defaults"):
        assert text in person.text, person.text


def test_arrow_keys_choose(sits: Sits, home: Path) -> None:
    person = sits("new", "shop")
    for question in QUESTIONS:
        person.sees(f"? {question}")
        if question == "Queue":
            assert "enough for most services" in " ".join(person.text.split())
        if question in ("Social login", "Queue"):
            person.types(DOWN)
        person.types(ENTER)
    person.sees("? All right?")
    person.types(ENTER)
    assert person.ends() == 0
    answers = yaml.safe_load((home / "shop/.copier-answers.yml").read_text())
    assert answers["queue"] == "redis"
    assert answers["social_login"] is True


def test_a_bad_answer_is_refused_while_it_is_typed(sits: Sits, home: Path) -> None:
    person = sits("new")
    person.sees("? Project name")
    person.types("Shop", ENTER)
    person.sees("? Project slug")
    person.types(CTRL_U, "No Way", ENTER)
    person.sees("not a kebab-case name")
    person.types(CTRL_U, "way", ENTER)
    person.sees("? Project description")
    person.types(CTRL_C)
    assert person.ends() == INTERRUPTED
    assert list(home.iterdir()) == []


def test_an_answer_can_be_changed_before_it_is_written(sits: Sits, home: Path) -> None:
    person = sits("new", "shop")
    for question in QUESTIONS:
        person.sees(f"? {question}")
        person.types(ENTER)
    person.sees("? All right?")
    person.types(DOWN, ENTER)
    person.sees("? Which one?")
    person.types(ENTER)
    person.sees("? Project name My Service")
    person.types(CTRL_U, "Über Shop", ENTER)
    person.sees("Über Shop\n  Project slug")
    person.types(ENTER)
    assert person.ends() == 0
    answers = yaml.safe_load((home / "shop/.copier-answers.yml").read_text())
    assert answers["project_name"] == "Über Shop"


@pytest.mark.parametrize("key", [CTRL_C, CTRL_D])
@pytest.mark.parametrize("stop", range(len(QUESTIONS) + 1))
def test_leaving_at_any_question_leaves_nothing(
    stop: int, key: str, sits: Sits, home: Path
) -> None:
    person = sits("new")
    questions = [*QUESTIONS, "All right?"]
    for question in questions[:stop]:
        person.sees(f"? {question}")
        person.types(ENTER)
    person.sees(f"? {questions[stop]}")
    # Ctrl-D ends the input only where there is none; a list has no input to end.
    person.types(CTRL_U if key == CTRL_D and stop < 3 else "", key)
    if key == CTRL_D and stop >= 3:
        person.types(CTRL_C)
    assert person.ends() == INTERRUPTED
    assert "nothing was written" in person.text
    assert "Traceback" not in person.text
    assert list(home.iterdir()) == []


def test_leave_is_a_choice(sits: Sits, home: Path) -> None:
    person = sits("new")
    for question in QUESTIONS:
        person.sees(f"? {question}")
        person.types(ENTER)
    person.sees("? All right?")
    person.types(DOWN, DOWN, ENTER)
    assert person.ends() == INTERRUPTED
    assert list(home.iterdir()) == []


def test_a_narrow_window(sits: Sits, home: Path) -> None:
    """In 40 columns no word is cut and nothing is lost."""
    person = sits("new", "shop", columns=40)
    for question in QUESTIONS:
        person.sees(f"? {question}")
        person.types(ENTER)
    person.sees("? All right?")
    for text in ("FastAPI (Python, asynchronous)", "A production backend.", "Change an answer"):
        assert text in person.text, person.text
    person.types(ENTER)
    assert person.ends() == 0
    for text in ("make setup", "http://127.0.0.1:8080/v1/posts", "roadbed new shop --defaults"):
        assert text in person.text, person.text
    assert (home / "shop/openapi.yaml").exists()


def test_what_is_given_is_not_asked(sits: Sits, home: Path) -> None:
    given = [
        "project_name=Shop",
        "project_slug=shop",
        "project_description=Sells.",
        "framework=flask",
        "auth=session",
        "social_login=no",
        "queue=redis",
        "proxy=nginx",
        "deploy=none",
        "update_workflow=no",
    ]
    person = sits("new", *(word for text in given for word in ("--set", text)))
    assert person.ends() == 0
    assert "?" not in person.text.replace("? for", "")
    assert (home / "shop").is_dir()


def test_faults_come_before_the_first_question(sits: Sits, home: Path) -> None:
    for words, code in [(["new", "x", "--set", "auth=x"], ANSWERS), (["new", "con"], DESTINATION)]:
        person = sits(*words)
        assert person.ends() == code
        assert "? Project name" not in person.text
    assert list(home.iterdir()) == []


def test_no_color(sits: Sits) -> None:
    coloured, plain = sits("new"), sits("new", NO_COLOR="1")
    for person in (coloured, plain):
        person.sees("? Project name")
        person.types(CTRL_C)
        assert person.ends() == INTERRUPTED
    assert colours(coloured.raw)
    assert not colours(plain.raw)


def colours(raw: bytes) -> list[bytes]:
    """The escape sequences that set a foreground or background colour."""
    import re

    sequences = re.findall(rb"\x1b\[([0-9;]*)m", raw)
    return [s for s in sequences if re.search(rb"(^|;)(3[0-8]|4[0-8]|9[0-7])(;|$)", s)]
