from __future__ import annotations

import os
from pathlib import Path

import pytest

from roadbed.destination import check_destination, staged
from roadbed.errors import DestinationError

TEMPLATE = Path("/nonexistent/template")


@pytest.mark.parametrize(
    "name",
    [
        "", "../x", "a/../../x", "con", "CON", "nul.txt", "LPT1", "-rf", "a" * 256, "é" * 128,
        "a\nb", "a\x00b", "a\x1b[31m", "x.", "x ", " x", "\udcff", "x/" * 3000 + "x",
    ],
)  # fmt: skip
def test_hostile_names_are_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DestinationError) as caught:
        check_destination(name, TEMPLATE)
    assert "\n" not in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["shop", "a/b/c", "přehled", "日本", ".", "a" * 255, "my shop"])
def test_ordinary_names_are_taken(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert check_destination(name, TEMPLATE) == tmp_path / name


def test_a_place_that_is_taken_is_refused(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    (tmp_path / "file").touch()
    (tmp_path / "broken").symlink_to(tmp_path / "nowhere")
    for name, reason in [
        ("full", "not empty"),
        ("file", "is a file"),
        ("file/x", "is a file"),
        ("broken", "broken link"),
    ]:
        with pytest.raises(DestinationError, match=reason):
            check_destination(str(tmp_path / name), TEMPLATE)


def test_the_template_is_no_place_for_a_project(tmp_path: Path) -> None:
    with pytest.raises(DestinationError, match="inside the template"):
        check_destination(str(tmp_path / "template" / "x"), tmp_path)


@pytest.mark.parametrize("exists", [False, True])
def test_staged_fills_the_place_at_the_end(exists: bool, tmp_path: Path) -> None:
    path = tmp_path / "a" / "b"
    if exists:
        path.mkdir(parents=True)
    with staged(path) as folder:
        (folder / "src").mkdir()
        (folder / "src" / "x").write_text("x")
        assert not (path / "src").exists()
    assert (path / "src" / "x").read_text() == "x"
    assert sorted(entry.name for entry in (tmp_path / "a").iterdir()) == ["b"]
    assert path.stat().st_mode & 0o777 == 0o777 & ~_umask()


@pytest.mark.parametrize("exists", [False, True])
@pytest.mark.parametrize("fault", [KeyboardInterrupt, OSError, SystemExit])
def test_staged_leaves_nothing_when_it_fails(
    exists: bool, fault: type[BaseException], tmp_path: Path
) -> None:
    path = tmp_path / "a" / "b"
    if exists:
        path.mkdir(parents=True)
    with pytest.raises(fault):
        _fill(path, fault)
    left = [entry.relative_to(tmp_path).as_posix() for entry in tmp_path.rglob("*")]
    assert sorted(left) == (["a", "a/b"] if exists else [])


def test_a_failed_move_is_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Into a folder that exists, entries move one by one: a failure undoes those before it."""
    rename = os.rename

    def fails_on_second(old: Path, new: Path) -> None:
        if Path(new).parent == tmp_path and Path(new).name == "b":
            raise OSError(5, "Input/output error")
        rename(old, new)

    monkeypatch.setattr("os.rename", fails_on_second)
    with pytest.raises(OSError, match="Input/output"):
        _fill(tmp_path, None)
    assert not list(tmp_path.iterdir())


def _fill(path: Path, fault: type[BaseException] | None) -> None:
    with staged(path) as folder:
        (folder / "a").touch()
        (folder / "b").touch()
        if fault is not None:
            raise fault


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
