"""The guarantee, over random edits, versions and answers: no edit is ever gone without a word.

`ROADBED_EXAMPLES=2000 pytest tests/update/test_guarantee.py` tries many; a plain run a few.
"""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roadbed.errors import CONFLICTS, OK, SET_ASIDE
from roadbed.update import run as updating
from roadbed.update import state
from roadbed.update.plan import Kind
from roadbed.update.project import open_repository
from roadbed.update.run import Request
from tests.update.conftest import Maker, commit, git
from tests.update.released import COLOURS, V1, V2, VERSIONS

EXAMPLES = int(os.environ.get("ROADBED_EXAMPLES", "20"))
PAIRS = list(itertools.combinations_with_replacement(VERSIONS, 2))
# Where people put files of their own: also where a later version puts one, or wants a folder.
OWN = ("own.py", "added.py", "topic/own.txt", "conf/own.txt", "new_name.py", "conf.new", "blue")


@dataclass(frozen=True)
class Edit:
    """`what` is done to a file of the project (or to `path`); `token` is found again afterwards."""

    what: str
    number: int
    token: str


def edits() -> st.SearchStrategy[list[Edit]]:
    whats = sorted(WAYS)
    one = st.tuples(st.sampled_from(whats), st.integers(0, 200))
    return st.lists(one, min_size=1, max_size=8).map(
        lambda found: [
            Edit(what, number, f"precious-{index}-end")
            for index, (what, number) in enumerate(found)
        ]
    )


def line_in(file: Path, edit: Edit) -> None:
    lines = file.read_bytes().splitlines(keepends=True)
    at = edit.number % (len(lines) + 1)
    lines.insert(at, edit.token.encode() + b"\n")
    file.write_bytes(b"".join(lines))


def line_changed(file: Path, edit: Edit) -> None:
    lines = file.read_bytes().splitlines(keepends=True) or [b""]
    lines[edit.number % len(lines)] = edit.token.encode() + b"\n"
    file.write_bytes(b"".join(lines))


def lines_removed(file: Path, edit: Edit) -> None:
    lines = file.read_bytes().splitlines(keepends=True)
    at = edit.number % (len(lines) + 1)
    file.write_bytes(b"".join([*lines[:at], edit.token.encode() + b"\n", *lines[at + 3 :]]))


def rewritten(file: Path, edit: Edit) -> None:
    file.write_text(f"{edit.token}\n")


def windows(file: Path, edit: Edit) -> None:
    line_in(file, edit)
    file.write_bytes(file.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))


def binary(file: Path, edit: Edit) -> None:
    file.write_bytes(b"\0" + edit.token.encode())


def renamed(file: Path, edit: Edit) -> None:
    line_in(file, edit)
    file.rename(file.with_name(f"moved-{file.name}"))


def linked(file: Path, edit: Edit) -> None:
    file.unlink()
    file.symlink_to(edit.token)


def made_a_folder(file: Path, edit: Edit) -> None:
    file.unlink()
    file.mkdir()
    (file / "own.txt").write_text(edit.token)


def removed(file: Path, _: Edit) -> None:
    file.unlink()


def executable(file: Path, _: Edit) -> None:
    file.chmod(file.stat().st_mode ^ 0o111)


def emptied(file: Path, _: Edit) -> None:
    file.write_bytes(b"")


WAYS: dict[str, Callable[[Path, Edit], None]] = {
    way.__name__: way
    for way in (
        line_in, line_changed, lines_removed, rewritten, windows, binary, renamed, linked,
        made_a_folder, removed, executable, emptied,
    )
}  # fmt: skip
WAYS["own"] = lambda _file, _edit: None


def make_edit(project: Path, edit: Edit) -> None:
    """Do it, where it can be done."""
    if edit.what == "own":
        file = project / OWN[edit.number % len(OWN)]
        if file.parent.is_dir() and not os.path.lexists(file):
            file.write_text(f"{edit.token}\n")
        return
    files = sorted(
        path
        for path in project.rglob("*")
        if path.is_file()
        and not path.is_symlink()
        and ".git" not in path.relative_to(project).parts
        and path.name != ".copier-answers.yml"
    )
    if files:
        WAYS[edit.what](files[edit.number % len(files)], edit)


Contents = dict[str, tuple[str, bytes]]


def contents(project: Path) -> Contents:
    """Every file (with its executable bit) and link of the project."""
    found: Contents = {}
    for path in sorted(project.rglob("*")):
        name = path.relative_to(project).as_posix()
        if name.split("/")[0] == ".git":
            continue
        if path.is_symlink():
            found[name] = ("link", os.fsencode(os.readlink(path)))
        elif path.is_file():
            kind = "run" if path.stat().st_mode & 0o100 else "file"
            found[name] = (kind, path.read_bytes())
    return found


@pytest.fixture(scope="module")
def workshop(maker: Maker) -> Maker:
    return maker


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="ROADBED_EXAMPLES" not in os.environ,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    pair=st.sampled_from(PAIRS),
    colours=st.tuples(st.sampled_from(COLOURS), st.sampled_from(COLOURS)),
    edits=edits(),
)
def test_no_edit_is_ever_gone(
    workshop: Maker, pair: tuple[str, str], colours: tuple[str, str], edits: list[Edit]
) -> None:
    (old, new), (before, after) = pair, colours
    with tempfile.TemporaryDirectory() as scratch:
        project = workshop.committed(Path(scratch) / "project", old, colour=before)
        for edit in edits:
            make_edit(project, edit)
        commit(project)
        was = contents(project)
        proposal = updating.propose(Request(project, to=new, changes={"colour": after}))
        code = updating.apply(proposal) if proposal.plan.changes else OK
        now = contents(project)
        base = contents(workshop.fresh(old, colour=before))
        fresh = contents(workshop.fresh(new, colour=after))
        check_tokens(edits, was, now)
        check_untouched_paths(was, now, base, fresh, proposal)
        check_edited_paths(was, now, base, proposal)
        check_code(code, proposal)
        check_what_comes_next(project, was, now, new, after, code)


def check_tokens(edits: list[Edit], was: Contents, now: Contents) -> None:
    for edit in edits:
        token = edit.token.encode()
        if any(token in data for _, data in was.values()):
            assert any(token in data for _, data in now.values()), edit


def check_untouched_paths(
    was: Contents, now: Contents, base: Contents, fresh: Contents, proposal: Any
) -> None:
    """Whatever nobody has edited is what a fresh copy has."""
    spoken_of = {str(path) for c in proposal.plan.changes for path in (c.path, c.other) if path}
    for name in base.keys() | fresh.keys():
        if was.get(name) != base.get(name) or ".copier-answers.yml" in name:
            continue
        if name in fresh:
            blocked = {
                str(c.path) for c in proposal.plan.of(Kind.BESIDE, Kind.MOVED, Kind.CONFLICT)
            }
            assert now.get(name) == fresh[name] or name in blocked, name
        elif name in now:
            assert name.startswith("migrations/") or name in spoken_of, name


def check_edited_paths(was: Contents, now: Contents, base: Contents, proposal: Any) -> None:
    """What somebody has edited: the edit stands there, or the report says where it is."""
    changes = {str(change.path): change for change in proposal.plan.changes}
    moved = {str(c.other) for c in proposal.plan.changes if c.other}
    for name, entry in was.items():
        if base.get(name) == entry or now.get(name) == entry or name == ".copier-answers.yml":
            continue
        change = changes.get(name)
        if change is None:
            assert name in moved, name
        elif change.kind is Kind.SET_ASIDE:
            assert now[str(change.other)] == entry
        else:
            assert change.kind in {Kind.MERGED, Kind.CONFLICT, Kind.CHANGED}, (name, change)
    for name in base:
        # Removed by the team: it does not come back, unless the template's next one is another.
        if name not in was and name in now:
            assert name in changes, name


def check_code(code: int, proposal: Any) -> None:
    expected = OK
    if proposal.plan.of(Kind.SET_ASIDE):
        expected = SET_ASIDE
    if proposal.plan.of(Kind.CONFLICT, Kind.BESIDE):
        expected = CONFLICTS
    assert code == expected


def check_what_comes_next(
    project: Path, was: Contents, now: Contents, new: str, colour: str, code: int
) -> None:
    """Conflicts can be taken back; and what is done is done: a second update does nothing."""
    if code == CONFLICTS:
        pending = state.find_pending(project, open_repository(project))
        assert pending is not None
        pending.abort()
        assert contents(project) == was
        assert git(project, "status", "--porcelain") == ""
        return
    commit(project)
    again = updating.propose(Request(project, to=new, changes={"colour": colour}))
    assert not again.plan.changes
    assert contents(project) == now


def test_a_guard_that_is_off_is_noticed(
    maker: Maker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Plant the loss, and see the check above find it."""
    from roadbed.update import plan

    def lose(path: Any, ours: Any, theirs: Any, _names: Any) -> plan.Change:
        return plan.Change(path, Kind.REMOVED, (plan.Write(path, theirs, ours),))

    monkeypatch.setattr(plan, "set_aside", lose)
    project = maker.committed(tmp_path / "project", V1, colour="red")
    edit = Edit("line_in", 3, "precious-0-end")
    line_in(project / "gone.py", edit)
    commit(project)
    was = contents(project)
    assert updating.apply(updating.propose(Request(project, to=V2))) == OK
    with pytest.raises(AssertionError):
        check_tokens([edit], was, contents(project))
