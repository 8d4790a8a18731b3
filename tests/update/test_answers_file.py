"""Projects whose answers file somebody named: `copier copy -a NAME`, also one of several."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from roadbed.errors import OK, PROJECT, UPDATE_AVAILABLE, USAGE
from roadbed.verify.project import NotAProject, load
from tests.conftest import Outcome, run, tree
from tests.update.conftest import COPIER, commit, git, plain_copier
from tests.update.released import URL, V1, V2, V4

NAME = ".copier-answers.shop.yml"
Command = Callable[..., Outcome]


def copied(folder: Path, version: str, name: str = NAME) -> Path:
    words: list[str | Path] = ["copy", "-q", "--defaults", "--vcs-ref", version, "-a", name]
    run(COPIER, *words, URL, folder, cwd=folder.parent)
    run("git", "init", "-q", "-b", "main", cwd=folder)
    commit(folder)
    return folder


@pytest.mark.parametrize("name", [NAME, ".copier-answers.yaml", "conf.d/answers.yml"])
def test_an_untouched_project_ends_as_a_fresh_copy(
    name: str, roadbed: Command, tmp_path: Path, reach: Mapping[str, str]
) -> None:
    project = copied(tmp_path / "project", V2, name)
    named = () if name.startswith(".") else ("-a", name)
    assert roadbed("status", project, *named).code == OK
    assert roadbed("update", project, "--check", *named).code == UPDATE_AVAILABLE
    assert roadbed("update", project, "--yes", *named).code == OK
    assert tree(project) == tree(copied(tmp_path / "fresh", V4, name))
    assert not (project / ".copier-answers.yml").exists()
    commit(project)
    assert roadbed("update", project, "--check", *named).code == OK
    plain_copier(project, "-a", name, version=V4, reach=reach)
    assert git(project, "status", "--porcelain") == ""


def test_an_answer_is_set_in_it(roadbed: Command, tmp_path: Path) -> None:
    project = copied(tmp_path / "project", V2)
    assert roadbed("set", "colour=blue", project, "--yes").code == OK
    assert "colour: blue" in (project / NAME).read_text()
    assert (project / "blue/only.py").exists()


def test_of_several_one_has_to_be_named(roadbed: Command, tmp_path: Path) -> None:
    project = copied(tmp_path / "project", V2)
    (project / ".copier-answers.other.yml").write_text("_commit: 1\n_src_path: other\n")
    commit(project)
    outcome = roadbed("update", project, "--check")
    assert outcome.code == PROJECT
    assert "--answers-file .copier-answers.other.yml" in outcome.err
    assert roadbed("update", project, "--check", "--answers-file", NAME).code == UPDATE_AVAILABLE


def test_the_usual_one_may_be_another_templates(roadbed: Command, tmp_path: Path) -> None:
    project = copied(tmp_path / "project", V1)
    other = "_commit: 1\n_src_path: other\n"
    (project / ".copier-answers.yml").write_text(other)
    commit(project)
    assert roadbed("update", project, "--yes", "-a", NAME).code == OK
    assert (project / ".copier-answers.yml").read_text() == other
    assert f"_commit: {V4}" in (project / NAME).read_text()


@pytest.mark.parametrize("name", ["/etc/passwd", "../answers.yml", "", "a/../../b"])
def test_one_outside_the_project_is_refused(name: str, roadbed: Command, tmp_path: Path) -> None:
    assert roadbed("update", tmp_path, "--check", "-a", name).code == USAGE


def test_the_suite_reads_it_as_well(tmp_path: Path) -> None:
    verbs = "".join(f"{verb}:\n" for verb in ("setup", "migrate", "api", "worker", "jobs-retry"))
    (tmp_path / "Makefile").write_text(verbs)
    (tmp_path / NAME).write_text("auth: session\nqueue: kafka\n")
    assert load(tmp_path).auth == "session"
    (tmp_path / ".copier-answers.other.yml").write_text("auth: jwt\n")
    with pytest.raises(NotAProject, match="rename"):
        load(tmp_path)
