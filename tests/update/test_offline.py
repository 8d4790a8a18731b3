"""The wheel alone: no checkout, no network, no git host. It makes projects and it updates them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from roadbed.errors import CONFLICTS, OK, SOURCE, VERSION
from tests.conftest import IDENTITY, ROOT, TAG, Outcome, run, tree
from tests.test_wheel import installed, wheel
from tests.update.conftest import COPIER, commit, git

pytestmark = pytest.mark.ci
__all__ = ["installed", "wheel"]  # fixtures, over this module's own checkout
CANONICAL = "https://github.com/roadbed-dev/roadbed.git"
OLD = "v0.0.1"


@pytest.fixture(scope="module")
def checkout(snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a release is built from: an older release, then this one at its tag."""
    folder = tmp_path_factory.mktemp("release") / "checkout"
    shutil.copytree(snapshot, folder, ignore=shutil.ignore_patterns(".git"))
    git(folder, "init", "-q", "-b", "main")
    openapi = folder / "template/openapi.yaml"
    current = openapi.read_text()
    openapi.write_text(current.replace("openapi:", "# older\nopenapi:", 1))
    (folder / "template/left.txt").write_text("gone in the next\n")
    commit(folder)
    git(folder, "tag", OLD)
    openapi.write_text(current)
    (folder / "template/left.txt").unlink()
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE", "CHANGELOG.md"):
        shutil.copy2(ROOT / name, folder / name)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "generator", folder / "generator", ignore=ignored)
    shutil.copy2(ROOT / ".gitignore", folder / ".gitignore")
    commit(folder)
    git(folder, "tag", TAG)
    git(folder, "branch", "unfinished")
    return folder


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Nothing can be fetched: git may read this disk alone, and a request ends at once."""
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith("PYTHON")},
        **IDENTITY,
        "HOME": str(tmp_path),
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "GIT_ALLOW_PROTOCOL": "file",
    }


def call(installed: Path, environment: dict[str, str], *words: str | Path) -> Outcome:
    done = subprocess.run(
        [installed, *map(str, words)], env=environment, cwd=environment["HOME"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return Outcome(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def bundle(wheel: Path, tmp_path: Path) -> Path:
    zipfile.ZipFile(wheel).extract("roadbed/_template/history.bundle", tmp_path)
    return tmp_path / "roadbed/_template/history.bundle"


def test_the_wheel_carries_every_version_and_no_branch(bundle: Path) -> None:
    heads = run("git", "bundle", "list-heads", bundle, cwd=bundle.parent).splitlines()
    assert {line.split(" ", 1)[1] for line in heads} == {
        "HEAD", f"refs/tags/{OLD}", f"refs/tags/{TAG}",
    }  # fmt: skip
    run("git", "clone", "-q", bundle, "clone", cwd=bundle.parent)


def test_new_then_nothing_to_update(
    installed: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    assert call(installed, environment, "new", "shop", "--defaults").code == OK
    done = call(installed, environment, "update", "shop", "--yes")
    assert (done.code, "nothing to do" in done.out, done.err) == (OK, True, "")
    recorded = yaml.safe_load((tmp_path / "shop/.copier-answers.yml").read_text())
    assert (recorded["_src_path"], recorded["_commit"]) == (CANONICAL, TAG)


def older_project(checkout: Path, folder: Path) -> Path:
    run(COPIER, "copy", "--quiet", "--defaults", "--vcs-ref", OLD, checkout, folder, cwd=checkout)
    git(folder, "init", "-q", "-b", "main")
    commit(folder)
    return folder


def test_update_from_an_older_version(
    installed: Path, environment: dict[str, str], checkout: Path, tmp_path: Path
) -> None:
    assert call(installed, environment, "new", "fresh", "--defaults").code == OK
    project = older_project(checkout, tmp_path / "project")
    status = call(installed, environment, "status", project)
    assert (status.code, f"behind {TAG}" in status.out) == (OK, True)
    done = call(installed, environment, "update", project, "--yes")
    assert (done.code, done.err) == (OK, "")
    assert {name: data for name, (data, _) in tree(project).items()} == {
        name: data for name, (data, _) in tree(tmp_path / "fresh").items()
    }
    assert CANONICAL in (project / ".copier-answers.yml").read_text()


def test_a_conflict_offline(
    installed: Path, environment: dict[str, str], checkout: Path, tmp_path: Path
) -> None:
    project = older_project(checkout, tmp_path / "project")
    file = project / "openapi.yaml"
    file.write_text(file.read_text().replace("# older\n", "# ours\n"))
    commit(project)
    assert call(installed, environment, "update", project, "--yes").code == CONFLICTS
    assert call(installed, environment, "update", project, "--abort").code == OK
    assert git(project, "status", "--porcelain") == ""


def test_what_is_out_of_reach_is_one_clear_fault(
    installed: Path, environment: dict[str, str], checkout: Path, tmp_path: Path
) -> None:
    """A wheel older than the project, and a fork that cannot be reached."""
    project = older_project(checkout, tmp_path / "project")
    answers = project / ".copier-answers.yml"
    recorded = answers.read_text()
    for old, new, code, reason in (
        (OLD, "v7.0.0", VERSION, "pip install --upgrade roadbed"),
        (CANONICAL, "https://u:s3cret@github.com/a/b.git", SOURCE, "https://github.com/a/b.git"),
    ):
        answers.write_text(recorded.replace(old, new))
        commit(project)
        before = tree(project)
        done = call(installed, environment, "update", project, "--yes")
        assert (done.code, len(done.err.splitlines())) == (code, 1)
        assert reason in done.err
        assert "s3cret" not in done.err
        assert tree(project) == before


def test_plain_copier_with_the_bundle_in_the_addresss_place(
    bundle: Path, environment: dict[str, str], checkout: Path, tmp_path: Path
) -> None:
    project = older_project(checkout, tmp_path / "project")
    mapped = {
        **environment,
        "PATH": os.environ["PATH"],
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{bundle}.insteadOf",
        "GIT_CONFIG_VALUE_0": CANONICAL,
        "COPIER_CACHE_DIR": str(tmp_path / "cache"),
    }
    command: list[str | Path] = [COPIER, "update", "--defaults", "--quiet", project]
    done = subprocess.run(command, env=mapped, cwd=project, capture_output=True, text=True,
                          check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    recorded = yaml.safe_load((project / ".copier-answers.yml").read_text())
    assert (recorded["_src_path"], recorded["_commit"]) == (CANONICAL, TAG)
    assert not (project / "left.txt").exists()


def test_a_shallow_clone_builds_no_wheel(checkout: Path, tmp_path: Path) -> None:
    clone = tmp_path / "shallow"
    run("git", "clone", "-q", "--depth=1", f"file://{checkout}", clone, cwd=tmp_path)
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "build",
        "--no-isolation",
        "--wheel",
        "--outdir",
        tmp_path,
        ".",
    ]
    done = subprocess.run(command, cwd=clone, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "git fetch --unshallow" in done.stdout + done.stderr
    assert not list(tmp_path.glob("*.whl"))
