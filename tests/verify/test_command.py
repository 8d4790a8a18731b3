"""`roadbed verify` on the command line: how it ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from roadbed import errors
from roadbed.cli import main
from roadbed.verify.project import VERBS


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """One whose setup fails."""
    verbs = "".join(f"{verb}:\n\t@echo no {verb} >&2; exit 1\n" for verb in VERBS)
    (tmp_path / "Makefile").write_text(verbs)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([], errors.NOT_RUN),
        (["--clauses", "NOPE"], errors.USAGE),
        (["--report", "/nonexistent/report.json"], errors.NOT_RUN),
    ],
)
def test_each_way_to_fail_has_its_own_code(
    words: list[str], code: int, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(project), *words]) == code
    assert "Traceback" not in capsys.readouterr().err


def test_a_folder_that_is_no_project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(tmp_path)]) == errors.USAGE
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_its_codes_are_those_of_the_whole_program(capsys: pytest.CaptureFixture[str]) -> None:
    """None means one thing here and another in the next command."""
    with pytest.raises(SystemExit):
        main(["verify", "--help"])
    listed = capsys.readouterr().out.partition("exit codes:\n")[2].splitlines()
    codes = {int(line.split()[0]) for line in listed if line.strip()}
    assert codes == {errors.OK, errors.INCOMPLETE, errors.USAGE, errors.NOT_RUN, errors.INTERRUPTED}
    assert errors.EXIT_CODES.keys() >= codes
    assert all("verify" in errors.EXIT_CODES[code] for code in (errors.INCOMPLETE, errors.NOT_RUN))
