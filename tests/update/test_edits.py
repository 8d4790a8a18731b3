"""What people do to their files, against what the template does: nothing of theirs is ever gone.

Where plain Copier loses work, the test says so by seeing it happen.
"""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import yaml

from roadbed.errors import ANSWERS, CONFLICTS, OK, PROJECT, SET_ASIDE
from tests.conftest import Outcome, tree
from tests.update.conftest import Make, commit, git, plain_copier
from tests.update.released import URL, V1, V2, V3, V4, text

Roadbed = Callable[..., Outcome]


def edit(project: Path, name: str, old: str, new: str) -> None:
    """Replace text in a file of the project, byte for byte."""
    file = project / name
    data = file.read_bytes()
    assert old.encode() in data
    file.write_bytes(data.replace(old.encode(), new.encode()))
    commit(project)


def kinds(outcome: Outcome) -> dict[str, str]:
    return {change["path"]: change["kind"] for change in json.loads(outcome.out)["changes"]}


def test_edits_and_changes_in_different_places_are_merged(make: Make, roadbed: Roadbed) -> None:
    project = make(V1)
    edit(project, "main.py", "main 12\n", "main 12\nours\n")
    outcome = roadbed("update", project, "--to", V2, "--yes", "--json")
    assert (outcome.code, kinds(outcome)["main.py"]) == (OK, "merged")
    expected = text("main", 3, 20).replace("main 12\n", "main 12\nours\n")
    assert (project / "main.py").read_text() == expected


def test_the_merge_is_what_copier_makes(
    make: Make, roadbed: Roadbed, reach: Mapping[str, str], tmp_path: Path
) -> None:
    projects = []
    for name in ("ours", "theirs"):
        project = make(V1, tmp_path / name)
        edit(project, "main.py", "main 12\n", "main 12\nours\n")
        edit(project, "README.md", "readme 20\n", "")
        (project / "own.py").write_text("own\n")
        (project / "stable.py").unlink()
        commit(project)
        projects.append(project)
    ours, theirs = projects
    assert roadbed("update", ours, "--to", V2, "--yes").code == OK
    plain_copier(theirs, version=V2, reach=reach)
    assert tree(ours) == tree(theirs)


def test_both_sides_of_a_conflict_are_in_the_file(make: Make, roadbed: Roadbed) -> None:
    project = make(V1)
    edit(project, "main.py", "main 3\n", "main three\n")
    outcome = roadbed("update", project, "--to", V2, "--yes")
    assert outcome.code == CONFLICTS
    content = (project / "main.py").read_text()
    marked = (
        "<<<<<<< before updating\nmain three\n||||||| last update\nmain 3\n=======\n"
        "main 3 (new)\n>>>>>>> after updating\n"
    )
    assert marked in content
    assert "main 20 (new)\n" in content
    assert "UU main.py" in git(project, "status", "--porcelain")
    stages = git(project, "ls-files", "-u", "main.py").splitlines()
    assert [line.split()[2] for line in stages] == ["1", "2", "3"]
    assert git(project, "show", ":2:main.py") == text("main").replace("main 3\n", "main three\n")
    assert git(project, "show", ":3:main.py") == text("main", 3, 20)


def test_a_conflict_is_resolved_and_continued(make: Make, roadbed: Roadbed) -> None:
    project = make(V1)
    edit(project, "main.py", "main 3\n", "main three\n")
    assert roadbed("update", project, "--to", V2, "--yes").code == CONFLICTS
    refused = roadbed("update", project, "--yes")
    assert (refused.code, "--continue" in refused.err) == (PROJECT, True)
    assert "under way" in roadbed("status", project).out
    waiting = roadbed("update", project, "--continue")
    assert (waiting.code, "main.py" in waiting.out) == (CONFLICTS, True)
    (project / "main.py").write_text(text("main", 3, 20).replace("main 3 (new)\n", "main 3!\n"))
    assert roadbed("update", project, "--continue").code == OK
    assert git(project, "ls-files", "-u") == ""
    commit(project)
    assert roadbed("update", project, "--to", V2, "--yes").code == OK
    assert roadbed("update", project, "--continue").code == PROJECT


def test_a_conflict_is_taken_back(make: Make, roadbed: Roadbed) -> None:
    project = make(V1)
    edit(project, "main.py", "main 3\n", "main three\n")
    edit(project, "gone.py", "gone 3\n", "gone three\n")
    (project / "logo.bin").write_bytes(b"\0our logo")
    commit(project)
    before = tree(project)
    assert roadbed("update", project, "--yes").code == CONFLICTS
    (project / "main.py").write_text("half resolved\n")
    assert roadbed("update", project, "--abort").code == OK
    assert tree(project) == before
    assert git(project, "status", "--porcelain") == ""
    assert roadbed("update", project, "--abort").code == PROJECT


def test_an_edited_file_of_a_dropped_layer_is_set_aside(
    make: Make, roadbed: Roadbed, reach: Mapping[str, str], tmp_path: Path
) -> None:
    project = make(V1)
    edit(project, "red/only.py", "only red 3\n", "precious\n")
    theirs = Path(shutil.copytree(project, tmp_path / "theirs"))
    outcome = roadbed("set", "colour=blue", project, "--yes")
    assert outcome.code == SET_ASIDE
    assert "red/only.py.orig" in outcome.out
    kept = text("only red").replace("only red 3\n", "precious\n")
    assert (project / "red/only.py.orig").read_text() == kept
    assert not (project / "red/only.py").exists()
    plain_copier(theirs, "-d", "colour=blue", version=V1, reach=reach)
    assert "precious" not in "".join(
        file.read_text("utf-8", "replace") for file in theirs.rglob("*.*") if file.is_file()
    )


def test_the_name_beside_is_one_that_is_free(make: Make, roadbed: Roadbed) -> None:
    project = make(V1)
    (project / "gone.py.orig").write_text("somebody's\n")
    edit(project, "gone.py", "gone 3\n", "precious\n")
    assert roadbed("update", project, "--to", V2, "--yes").code == SET_ASIDE
    assert (project / "gone.py.orig").read_text() == "somebody's\n"
    assert "precious" in (project / "gone.py.orig2").read_text()


def test_edits_follow_a_renamed_file(
    make: Make, roadbed: Roadbed, reach: Mapping[str, str], tmp_path: Path
) -> None:
    project = make(V1)
    edit(project, "old_name.py", "renamed 3\n", "precious\n")
    theirs = Path(shutil.copytree(project, tmp_path / "theirs"))
    outcome = roadbed("update", project, "--to", V2, "--yes", "--json")
    assert (outcome.code, kinds(outcome)["new_name.py"]) == (OK, "moved")
    expected = text("renamed", 12).replace("renamed 3\n", "precious\n")
    assert (project / "new_name.py").read_text() == expected
    assert not (project / "old_name.py").exists()
    plain_copier(theirs, version=V2, reach=reach)
    assert "precious" not in (theirs / "new_name.py").read_text()
    assert not (theirs / "old_name.py").exists()


def test_a_conflict_in_a_renamed_file(make: Make, roadbed: Roadbed) -> None:
    project = make(V1)
    edit(project, "old_name.py", "renamed 12\n", "precious\n")
    assert roadbed("update", project, "--to", V2, "--yes").code == CONFLICTS
    assert "precious" in (project / "new_name.py").read_text()
    assert "AA new_name.py" in git(project, "status", "--porcelain") or "new_name.py" in git(
        project, "ls-files", "-u"
    )
    assert roadbed("update", project, "--abort").code == OK
    assert git(project, "status", "--porcelain") == ""


def test_a_changed_binary_stays_and_the_new_one_is_beside(
    make: Make, roadbed: Roadbed, reach: Mapping[str, str], tmp_path: Path
) -> None:
    project = make(V1)
    (project / "logo.bin").write_bytes(b"\0our logo")
    commit(project)
    theirs = Path(shutil.copytree(project, tmp_path / "theirs"))
    assert roadbed("update", project, "--to", V2, "--yes").code == CONFLICTS
    assert (project / "logo.bin").read_bytes() == b"\0our logo"
    assert (project / "logo.bin.new").read_bytes() == b"\0logo 2"
    assert roadbed("update", project, "--continue").code == CONFLICTS
    (project / "logo.bin.new").unlink()
    assert roadbed("update", project, "--continue").code == OK
    plain_copier(theirs, version=V2, reach=reach)
    assert (theirs / "logo.bin").read_bytes() == b"\0logo 2"


def test_an_edited_ignored_file_is_merged_too(make: Make, roadbed: Roadbed) -> None:
    project = make(V1)
    (project / ".gitignore").write_text("main.py\ngone.py\n")
    git(project, "rm", "-q", "--cached", "main.py", "gone.py")
    commit(project)
    for name in ("main", "gone"):
        file = project / f"{name}.py"
        file.write_text(file.read_text().replace(f"{name} 12\n", "precious\n"))
    assert git(project, "status", "--porcelain") == ""
    assert roadbed("update", project, "--to", V2, "--yes").code == SET_ASIDE
    assert (project / "main.py").read_text() == text("main", 3, 20).replace(
        "main 12\n", "precious\n"
    )
    assert "precious" in (project / "gone.py.orig").read_text()


def test_windows_line_ends_stay_and_take_the_changes(make: Make, roadbed: Roadbed) -> None:
    project = make(V1)
    file = project / "main.py"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    other = project / "windows.txt"
    other.write_bytes(other.read_bytes().replace(b"\r\n", b"\n").replace(b"windows 3\n", b"ours\n"))
    commit(project)
    assert roadbed("update", project, "--to", V2, "--yes").code == OK
    assert file.read_bytes() == text("main", 3, 20).replace("\n", "\r\n").encode()
    assert other.read_text() == text("windows", 10).replace("windows 3\n", "ours\n")


def test_a_conflict_in_a_file_with_windows_line_ends(make: Make, roadbed: Roadbed) -> None:
    project = make(V1)
    file = project / "main.py"
    file.write_bytes(file.read_bytes().replace(b"main 3\n", b"ours\n").replace(b"\n", b"\r\n"))
    commit(project)
    assert roadbed("update", project, "--to", V2, "--yes").code == CONFLICTS
    data = file.read_bytes()
    assert b"<<<<<<< before updating\r\nours\r\n" in data
    assert data.count(b"\n") == data.count(b"\r\n")
    assert roadbed("update", project, "--continue").code == CONFLICTS


def test_executable_bits(make: Make, roadbed: Roadbed) -> None:
    """The template's arrives, the team's stays, and so do the mode's other bits."""
    project = make(V1)
    (project / "main.py").chmod(0o755)
    (project / "README.md").chmod(0o600)
    commit(project)
    assert roadbed("update", project, "--to", V2, "--yes").code == OK
    modes = {name: stat.S_IMODE((project / name).stat().st_mode)
             for name in ("main.py", "README.md", "bin/tool")}  # fmt: skip
    assert modes == {"main.py": 0o755, "README.md": 0o600, "bin/tool": 0o755}


def test_a_removed_file_stays_removed(make: Make, roadbed: Roadbed) -> None:
    project = make(V1)
    (project / "main.py").unlink()
    commit(project)
    outcome = roadbed("update", project, "--to", V2, "--yes", "--json")
    assert (outcome.code, kinds(outcome)["main.py"]) == (OK, "left out")
    assert not (project / "main.py").exists()


def test_a_file_both_sides_have_added(make: Make, roadbed: Roadbed) -> None:
    project = make(V1)
    (project / "added.py").write_text("ours\n")
    commit(project)
    assert roadbed("update", project, "--to", V2, "--yes").code == CONFLICTS
    content = (project / "added.py").read_text()
    assert "ours\n" in content
    assert "added 7\n" in content


def test_a_file_that_became_a_folder_with_edits_in_it(make: Make, roadbed: Roadbed) -> None:
    project = make(V2)
    edit(project, "topic", "topic 3\n", "precious\n")
    assert roadbed("update", project, "--to", V3, "--yes").code == SET_ASIDE
    assert "precious" in (project / "topic.orig").read_text()
    assert (project / "topic/index.txt").read_text() == text("topic", 2)


def test_a_folder_that_became_a_file_with_edits_in_it(make: Make, roadbed: Roadbed) -> None:
    project = make(V2)
    edit(project, "conf/a.txt", "conf a 3\n", "precious\n")
    assert roadbed("update", project, "--to", V3, "--yes").code == CONFLICTS
    assert "precious" in (project / "conf/a.txt.orig").read_text()
    assert not (project / "conf/b.txt").exists()
    assert (project / "conf.new").read_text() == text("conf")


def test_the_teams_own_files_in_the_way(make: Make, roadbed: Roadbed) -> None:
    project = make(V2)
    (project / "conf/own.txt").write_text("ours\n")
    (project / "topic").unlink()
    (project / "topic").mkdir()
    (project / "topic/index.txt").symlink_to("../main.py")
    commit(project)
    assert roadbed("update", project, "--to", V3, "--yes").code == CONFLICTS
    assert (project / "conf/own.txt").read_text() == "ours\n"
    assert (project / "conf.new").read_text() == text("conf")
    assert (project / "topic/index.txt").is_symlink()
    assert (project / "topic/index.txt.new").read_text() == text("topic", 2)


def test_nothing_is_written_through_a_link(make: Make, roadbed: Roadbed, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    project = make(V1)
    shutil.move(project / "bin", outside)
    (project / "bin").symlink_to(outside)
    (project / "topic").unlink()
    (project / "topic").symlink_to(outside)
    (project / "main.py").unlink()
    (project / "main.py").symlink_to("stable.py")
    commit(project)
    before = tree(outside)
    outcome = roadbed("update", project, "--yes", "--json")
    assert outcome.code == CONFLICTS
    assert tree(outside) == before
    assert (project / "main.py").is_symlink()
    assert (project / "main.py.new").read_text() == text("main", 3, 11, 20)
    assert (project / "stable.py").read_text() == text("stable")
    assert kinds(outcome)["bin/tool"] == "left out"
    assert (project / "topic").is_symlink() or (project / "topic.orig").is_symlink()


def test_a_note_in_the_answers_file_stays(make: Make, roadbed: Roadbed) -> None:
    project = make(V1)
    file = project / ".copier-answers.yml"
    file.write_text(file.read_text() + "# ours\n")
    commit(project)
    code = roadbed("update", project, "--yes").code
    kept = file if code == OK else file.with_name(".copier-answers.yml.orig")
    assert "# ours" in kept.read_text()
    assert yaml.safe_load(file.read_text())["_commit"] == V4


def test_an_answer_that_is_no_longer_offered_is_a_fault(make: Make, roadbed: Roadbed) -> None:
    """Copier would take the default without a word and remove the layer's files."""
    project = make(V1)
    file = project / ".copier-answers.yml"
    file.write_text(file.read_text().replace("red", "green"))
    commit(project)
    outcome = roadbed("update", project, "--yes")
    assert outcome.code == ANSWERS
    assert "'green' is not offered" in outcome.err
    assert git(project, "status", "--porcelain") == ""


def test_work_that_is_not_committed_is_refused(make: Make, roadbed: Roadbed) -> None:
    project = make(V1)
    for name in ("main.py", "new-file.txt"):
        (project / name).write_text("work\n")
        outcome = roadbed("update", project, "--yes")
        assert outcome.code == PROJECT
        assert name in outcome.err
        assert len(outcome.err.splitlines()) == 1
        assert roadbed("update", project, "--check").code != PROJECT
        commit(project)


@pytest.mark.parametrize("words", [["update"], ["set", "colour=blue"]])
def test_without_a_terminal_it_never_asks(words: list[str], make: Make, roadbed: Roadbed) -> None:
    project = make(V1)
    outcome = roadbed(*words, project)
    assert outcome.code == 2
    assert "--yes" in outcome.err


def test_what_is_no_project_is_one_clear_fault(
    make: Make, roadbed: Roadbed, tmp_path: Path
) -> None:
    project = make(V1)
    file = project / ".copier-answers.yml"
    good = file.read_text()
    faults = [
        (good.replace("_commit:", "x:"), "does not record _commit"),
        (good.replace(V1, "v9.9.9"), "does not know"),
        ("a: [\n", "not valid YAML"),
        ("[]\n", "no answers"),
        (good.replace(URL, "https://git.example.test/unknown.git"), "cannot be read"),
    ]
    for content, reason in faults:
        file.write_text(content)
        commit(project)
        for words in (["update", project, "--yes"], ["status", project]):
            outcome = roadbed(*words)
            assert outcome.code in {PROJECT, 7, 9}, outcome
            assert reason in outcome.err
            assert len(outcome.err.splitlines()) == 1
    empty = tmp_path / "empty"
    empty.mkdir()
    assert roadbed("update", empty, "--yes").code == PROJECT
    assert roadbed("update", tmp_path / "missing", "--yes").code == PROJECT
    shutil.rmtree(project / ".git")
    file.write_text(good)
    assert "no git repository" in roadbed("update", project, "--yes").err
    assert roadbed("status", project).code == OK


def test_the_plan_says_what_to_do_before_deploying(make: Make, roadbed: Roadbed) -> None:
    project = make(V1)
    (project / "migrations/0003_ours.sql").write_text("CREATE TABLE ours ();\n")
    commit(project)
    data = json.loads(roadbed("update", project, "--check", "--json").out)
    notes = data["before_deploying"]
    assert notes["set"] == {"NEW_URL": "http://localhost"}
    assert notes["unset"] == ["OLD"]
    assert notes["migrations"] == ["migrations/0003_second.sql"]
    assert "migrations/0003_ours.sql" in notes["clashes"][0]
    assert list(data["changelog"]) == ["1.0.0", "0.10.0", "0.2.0"]
    assert data["answers"]["added"] == {"size": "small", "title": "shop"}
    assert data["answers"]["dropped"] == {"name": "shop"}
    shown = roadbed("update", project, "--check").out
    for part in ("The second.", "set NEW_URL", "OLD is no longer read", "run make migrate"):
        assert part in shown
    assert "The first." not in shown
    assert "\x1b" not in shown


def test_status_tells_where_a_project_stands(make: Make, roadbed: Roadbed) -> None:
    project = make(V1)
    edit(project, "main.py", "main 3\n", "ours\n")
    (project / "gone.py").unlink()
    data = json.loads(roadbed("status", project, "--json").out)
    assert data["version"] == V1
    assert data["behind"] == [V2, V3, V4]
    assert (data["edited"], data["removed"]) == (["main.py"], ["gone.py"])
    assert "stable.py" in data["equal"]
    assert data["answers"] == {"colour": "red", "name": "shop"}
    assert "3 releases behind" in roadbed("status", project).out
