"""A project nobody has edited becomes what a fresh copy would be, from every version to every."""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import yaml

from roadbed.errors import OK, UPDATE_AVAILABLE, VERSION
from tests.conftest import Outcome, tree
from tests.update.conftest import Make, Maker, commit, git, plain_copier
from tests.update.released import CANDIDATE, COLOURS, URL, V1, V2, V3, V4, VERSIONS

Roadbed = Callable[..., Outcome]
PAIRS = list(itertools.combinations(VERSIONS, 2))
# A migration stays when its layer goes: a database may have run it.
STAYS = "migrations/0002_red.sql"


@pytest.mark.parametrize(("old", "new"), PAIRS)
@pytest.mark.parametrize(("before", "after"), list(itertools.product(COLOURS, COLOURS)))
def test_ends_equal_to_a_fresh_copy(
    old: str, new: str, before: str, after: str, make: Make, maker: Maker, roadbed: Roadbed
) -> None:
    project = make(old, colour=before)
    outcome = roadbed("update", project, "--to", new, "--set", f"colour={after}", "--yes")
    assert outcome.code == OK, outcome
    expected = tree(maker.fresh(new, colour=after))
    if (before, after) == ("red", "blue"):
        expected[STAYS] = tree(maker.fresh(old, colour=before))[STAYS]
    assert tree(project) == expected
    assert not list(project.rglob("*.orig"))
    assert folders(project) == {str(Path(name).parent) for name in expected} | parents(expected)
    commit(project)
    again = roadbed("update", project, "--to", new, "--yes")
    assert (again.code, "nothing to do" in again.out) == (OK, True)
    assert git(project, "status", "--porcelain") == ""


def folders(project: Path) -> set[str]:
    inside = (path for path in project.rglob("*") if path.is_dir())
    names = {path.relative_to(project).as_posix() for path in inside}
    return {name for name in names if not name.startswith(".git")} | {"."}


def parents(names: Mapping[str, object]) -> set[str]:
    return {str(parent) for name in names for parent in Path(name).parents}


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("version", VERSIONS)
def test_set_changes_an_answer_and_no_version(
    version: str, colour: str, make: Make, maker: Maker, roadbed: Roadbed
) -> None:
    other = next(name for name in COLOURS if name != colour)
    project = make(version, colour=colour)
    assert roadbed("set", f"colour={other}", project, "--yes").code == OK
    expected = tree(maker.fresh(version, colour=other))
    if colour == "red":
        expected[STAYS] = tree(maker.fresh(version, colour="red"))[STAYS]
    assert tree(project) == expected
    commit(project)
    assert roadbed("set", f"colour={colour}", project, "--yes").code == OK
    expected = tree(maker.fresh(version, colour=colour))
    expected[STAYS] = tree(maker.fresh(version, colour="red"))[STAYS]
    assert tree(project) == expected


def test_the_newest_is_the_highest_release(make: Make, roadbed: Roadbed) -> None:
    """0.10 is above 0.2, and a release candidate is for those who ask for it."""
    project = make(V1)
    data = json.loads(roadbed("update", project, "--check", "--json").out)
    assert data["to"] == V4
    assert (
        json.loads(roadbed("update", project, "--check", "--json", "--to", "0.2").out)["to"] == V2
    )
    assert roadbed("update", project, "--yes", "--to", CANDIDATE).code == OK
    commit(project)
    assert "nothing to do" in roadbed("update", project, "--yes").out


def test_check_changes_nothing_and_its_code_tells(make: Make, roadbed: Roadbed) -> None:
    project = make(V1)
    before = tree(project)
    assert roadbed("update", project, "--check").code == UPDATE_AVAILABLE
    assert tree(project) == before
    assert git(project, "status", "--porcelain") == ""
    current = make(V4, project.with_name("current"))
    assert roadbed("update", current, "--check").code == OK


def test_an_older_version_is_refused(make: Make, roadbed: Roadbed) -> None:
    project = make(V3)
    outcome = roadbed("update", project, "--to", V1, "--yes")
    assert outcome.code == VERSION
    assert "older" in outcome.err
    unknown = roadbed("update", project, "--to", "v9", "--yes")
    assert (unknown.code, "v0.10.0" in unknown.err) == (VERSION, True)


def test_a_renamed_question_brings_its_answer(make: Make, roadbed: Roadbed) -> None:
    project = make(V1, name="Pet shop")
    assert roadbed("update", project, "--yes").code == OK
    recorded = yaml.safe_load((project / ".copier-answers.yml").read_text())
    assert recorded == {
        "_commit": V4, "_src_path": URL, "title": "Pet shop", "colour": "red", "size": "small",
    }  # fmt: skip


def test_in_a_folder_of_a_larger_repository(maker: Maker, roadbed: Roadbed, tmp_path: Path) -> None:
    """Two projects in one repository, one of them deep inside, others' work untouched."""
    top = tmp_path / "mono"
    project = top / "services/a b/shop"
    project.parent.mkdir(parents=True)
    shutil.copytree(maker.fresh(V1), project)
    shutil.copytree(maker.fresh(V1), top / "other")
    git(top, "init", "-q", "-b", "main")
    commit(top)
    (top / "unrelated.txt").write_text("not committed, and not in the project\n")
    assert roadbed("update", project, "--yes").code == OK
    assert tree(project) == tree(maker.fresh(V4))
    assert tree(top / "other") == tree(maker.fresh(V1))
    assert all(
        line[3:].strip('"').startswith(("services/", "unrelated"))
        for line in git(top, "status", "--porcelain").splitlines()
    )


@pytest.mark.parametrize("route", [((V3, "ours"), (V4, "copier")), ((V2, "copier"), (V4, "ours"))])
def test_either_tool_can_follow_the_other(
    route: tuple[tuple[str, str], ...],
    make: Make,
    maker: Maker,
    roadbed: Roadbed,
    reach: Mapping[str, str],
) -> None:
    """From V2 to V3 a file becomes a folder, which stops Copier half-way: that step is ours."""
    project = make(V1)
    for version, tool in route:
        if tool == "ours":
            assert roadbed("update", project, "--to", version, "--yes").code == OK
        else:
            plain_copier(project, version=version, reach=reach)
        commit(project)
    assert tree(project) == tree(maker.fresh(V4))
