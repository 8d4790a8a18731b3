"""What can go wrong for the user: each kind has its own exit code and reads as one line.

The command line prints `str(error)`, one line per fault, and ends with `error.exit_code`.
Anything else that is raised is a bug of ours and ends with `UNEXPECTED`.
"""

from __future__ import annotations

from collections.abc import Sequence

OK = 0
INCOMPLETE = 1
USAGE = 2
ANSWERS = 3
DESTINATION = 4
REPOSITORY = 5
WRITING = 6
SOURCE = 7
PROJECT = 8
VERSION = 9
CONFLICTS = 10
SET_ASIDE = 11
UPDATE_AVAILABLE = 12
NOT_RUN = 13
UNEXPECTED = 70
INTERRUPTED = 130

EXIT_CODES: dict[int, str] = {
    OK: "done",
    INCOMPLETE: "something required is missing (doctor), or a clause does not hold (verify)",
    USAGE: "the command line cannot be understood",
    ANSWERS: "an answer is unknown or invalid",
    DESTINATION: "the destination cannot be used",
    REPOSITORY: "git is missing or failed",
    WRITING: "the project could not be written (disk full, input/output error)",
    SOURCE: "the template cannot be read",
    PROJECT: "the project cannot be updated as it is (uncommitted changes, no project …)",
    VERSION: "that version of the template is unknown, or older than the project",
    CONFLICTS: "updated with conflicts: resolve them, then run roadbed update --continue",
    SET_ASIDE: "updated; some of your edits were set aside, each in a file beside its own",
    UPDATE_AVAILABLE: "an update is there (update --check)",
    NOT_RUN: "the suite could not run: setup or boot failed, or no servers (verify)",
    UNEXPECTED: "a fault in roadbed itself",
    INTERRUPTED: "interrupted; nothing was left behind",
}


class RoadbedError(Exception):
    """A fault the user can mend. `faults` are complete sentences, each with its mend."""

    exit_code = UNEXPECTED

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults: Sequence[str] = faults


class UsageError(RoadbedError):
    """The command line itself is wrong."""

    exit_code = USAGE


class AnswersError(RoadbedError):
    """One fault per answer that is unknown or invalid; all of them are reported together."""

    exit_code = ANSWERS


class DestinationError(RoadbedError):
    """The folder that was asked for cannot be used. Nothing was written."""

    exit_code = DESTINATION


class RepositoryError(RoadbedError):
    """git is not there, or refused. Nothing is left behind."""

    exit_code = REPOSITORY


class WritingError(RoadbedError):
    """The file system gave up half-way. What had been written was removed."""

    exit_code = WRITING


class SourceError(RoadbedError):
    """The template is missing or damaged."""

    exit_code = SOURCE


class ProjectError(RoadbedError):
    """The project cannot be updated as it is. Nothing was changed."""

    exit_code = PROJECT


class VersionError(RoadbedError):
    """The version asked for is not there, or older. Nothing was changed."""

    exit_code = VERSION


class InterruptedByUser(RoadbedError):
    """Ctrl-C, or the end of the input, at a question."""

    exit_code = INTERRUPTED
