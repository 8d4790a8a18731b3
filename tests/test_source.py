from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from roadbed.errors import SourceError
from roadbed.source import open_source
from tests.conftest import IDENTITY, TAG, run


@pytest.fixture
def checkout(snapshot: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(snapshot, tmp_path / "checkout"))


def test_a_clean_checkout_is_at_its_tag(checkout: Path) -> None:
    source = open_source(checkout)
    assert (source.commit, source.dirty) == (TAG, False)


def test_a_commit_after_the_tag_is_described_as_git_does(checkout: Path) -> None:
    run("git", "commit", "-qm", "x", "--allow-empty", "--no-verify", cwd=checkout, **IDENTITY)
    expected = run("git", "describe", "--tags", "--always", cwd=checkout).strip()
    assert open_source(checkout).commit == expected
    assert expected.startswith(f"{TAG}-1-g")


@pytest.mark.parametrize("name", ["copier.yml", "template/openapi.yaml", "template/new.txt"])
def test_a_changed_template_is_dirty_and_records_a_commit_that_exists(
    name: str, checkout: Path
) -> None:
    with (checkout / name).open("a") as file:
        file.write("# changed\n")
    source = open_source(checkout)
    assert source.dirty
    assert run("git", "rev-parse", "--verify", f"{source.commit}^{{commit}}", cwd=checkout)


def test_a_change_elsewhere_is_no_change_of_the_template(checkout: Path) -> None:
    (checkout / "README.md").write_text("x")
    assert not open_source(checkout).dirty


def test_what_git_ignores_or_has_lost_is_not_read(checkout: Path) -> None:
    before = open_source(checkout).files
    (checkout / ".git/info/exclude").write_text("target/\n")
    (checkout / "template/target").mkdir()
    (checkout / "template/target/x").touch()
    assert open_source(checkout).files == before
    (checkout / "template/openapi.yaml").unlink()
    assert len(open_source(checkout).files) == len(before) - 1


def test_a_plain_folder_has_the_same_files(checkout: Path) -> None:
    files = open_source(checkout).files
    shutil.rmtree(checkout / ".git")
    plain = open_source(checkout)
    assert (plain.files, plain.commit) == (files, None)
    (checkout / "COMMIT").write_text("v9\n")
    assert open_source(checkout).commit == "v9"


def test_no_template_is_one_clear_fault(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="install roadbed again"):
        open_source(tmp_path)


def test_a_broken_repository_is_one_clear_fault(checkout: Path) -> None:
    (checkout / ".git/HEAD").write_text("nonsense")
    with pytest.raises(SourceError, match="git cannot read") as caught:
        open_source(checkout)
    assert "\n" not in str(caught.value)
