"""`roadbed new` as a list of named steps, in the order they run.

`PREPARE` finds everything that can be wrong before the first byte is written; then either
`PREVIEW` (for --dry-run) or `WRITE`.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from roadbed import answers as answering
from roadbed.destination import check_destination, staged
from roadbed.errors import AnswersError, DestinationError, WritingError
from roadbed.questions import Questionnaire, load_questions
from roadbed.repository import create_repository, require_git
from roadbed.source import TemplateSource, find_source
from roadbed.terminal import Terminal


@dataclass(frozen=True)
class Request:
    """What the command line asked for. `destination` None means a folder named by the slug."""

    destination: str | None
    settings: tuple[str, ...] = ()
    answers_file: Path | None = None
    interactive: bool = False
    git: bool = True
    source: TemplateSource | None = None


@dataclass
class Run:
    """What the steps find out, each for those after it."""

    request: Request
    out: Terminal
    given: dict[str, Any] = field(default_factory=dict)
    answers: answering.Answers = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    _source: TemplateSource | None = None
    _questions: Questionnaire | None = None
    _destination: Path | None = None

    @property
    def source(self) -> TemplateSource:
        assert self._source is not None, "find_template has not run"
        return self._source

    @property
    def questions(self) -> Questionnaire:
        assert self._questions is not None, "find_template has not run"
        return self._questions

    @property
    def destination(self) -> Path:
        assert self._destination is not None, "settle_destination has not run"
        return self._destination


def find_template(run: Run) -> None:
    """The template of this installation, and its questions."""
    run._source = run.request.source or find_source()
    run._questions = load_questions(run.source.questions_file)


def settle_named_destination(run: Run) -> None:
    """Refuse a destination given by name at once, before anybody answers questions for it."""
    if run.request.destination is not None:
        run._destination = check_destination(run.request.destination, run.source.root)


def require_tools(run: Run) -> None:
    """git, unless it is not wanted."""
    if run.request.git:
        require_git()


def read_given_answers(run: Run) -> None:
    """The answers of --answers and --set; --set wins. All faults are reported together."""
    if run.request.answers_file is not None:
        run.given.update(answering.read_answers(run.request.answers_file))
    run.given.update(answering.parse_settings(run.request.settings))
    checked = answering.check(run.given, run.source, run.questions)
    if checked.faults:
        raise AnswersError(*checked.faults)
    run.answers = checked.answers


def ask_for_the_rest(run: Run) -> None:
    """The wizard, when a person is there to be asked."""
    if not run.request.interactive:
        return
    from roadbed.wizard import ask

    judge = answering.Judge(run.source, run.questions)
    given = {name: run.answers[name] for name in run.given}
    run.answers = ask(run.questions, judge, given, run.out)


def settle_destination(run: Run) -> None:
    """A folder named by the slug, when none was named."""
    if run._destination is None:
        run._destination = check_destination(run.answers["project_slug"], run.source.root)


def list_files(run: Run) -> None:
    """What would be written; writes nothing."""
    from roadbed.render import render

    run.files = render(run.source, run.destination, run.answers, pretend=True).files


def write_project(run: Run) -> None:
    """Render into a staging folder, commit there, and move it into place."""
    from roadbed.render import render

    try:
        with staged(run.destination) as folder:
            run.files = render(run.source, folder, run.answers).files
            if run.request.git:
                create_repository(folder, f"Create {run.answers['project_name']} with roadbed")
    except OSError as error:
        raise _storage_fault(error, run.destination) from error


Step = Callable[[Run], None]

PREPARE: tuple[Step, ...] = (
    find_template,
    settle_named_destination,
    require_tools,
    read_given_answers,
    ask_for_the_rest,
    settle_destination,
)
PREVIEW: tuple[Step, ...] = (list_files,)
WRITE: tuple[Step, ...] = (write_project,)


def execute(run: Run, steps: tuple[Step, ...]) -> None:
    """Run the steps in order."""
    for step in steps:
        step(run)


def _storage_fault(error: OSError, destination: Path) -> WritingError | DestinationError:
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return DestinationError(f"{destination} is not writable: choose another folder")
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return WritingError(
            f"the disk is full: free some space for {destination}; nothing was left behind"
        )
    reason = error.strerror or type(error).__name__
    return WritingError(f"{destination} could not be written: {reason}; nothing was left behind")
