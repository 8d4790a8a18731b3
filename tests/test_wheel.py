"""The wheel in an environment of its own, with no checkout, no network and no git host."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
import yaml

from tests.conftest import IDENTITY, ROOT, TAG, run, tree


@pytest.fixture(scope="module")
def checkout(snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean checkout of what a release is built from, at the tag."""
    folder = tmp_path_factory.mktemp("release") / "checkout"
    shutil.copytree(snapshot, folder)
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE", "CHANGELOG.md"):
        shutil.copy2(ROOT / name, folder / name)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "generator", folder / "generator", ignore=ignored)
    shutil.copy2(ROOT / ".gitignore", folder / ".gitignore")
    run("git", "add", "--all", cwd=folder)
    run("git", "commit", "-q", "--no-verify", "-m", "Release", cwd=folder, **IDENTITY)
    run("git", "tag", "--force", TAG, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def wheel(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built by way of the source archive, as a release is."""
    # What tools leave in the template must not travel.
    leftover = checkout / "template/{{ layer_python }}/src/app/__pycache__/x.cpython-311.pyc"
    leftover.parent.mkdir()
    leftover.write_bytes(b"\0")
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ".", cwd=checkout)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A `roadbed` in a virtual environment whose other packages are this one's."""
    folder = tmp_path_factory.mktemp("venv") / "venv"
    venv.create(folder, symlinks=True)
    (site,) = folder.glob("lib/python*/site-packages")
    into = f"--python={folder}/bin/python"
    install = ["-m", "pip", into, "install", "--quiet", "--no-index", "--no-deps"]
    run(sys.executable, *install, wheel, cwd=folder)
    import copier

    dependencies = Path(copier.__file__).parents[1]
    for entry in dependencies.iterdir():
        # Not our own: its editable install would bring the checkout back.
        if "roadbed" not in entry.name and not (site / entry.name).exists():
            (site / entry.name).symlink_to(entry)
    return folder / "bin" / "roadbed"


@pytest.mark.ci
def test_the_wheel_carries_exactly_the_templates_files(wheel: Path, snapshot: Path) -> None:
    prefix = "roadbed/_template/"
    packed = {
        name.removeprefix(prefix)
        for name in zipfile.ZipFile(wheel).namelist()
        if name.startswith(prefix)
    }
    listed = run("git", "ls-files", "-z", cwd=snapshot).split("\0")
    assert packed == {*filter(None, listed), "COMMIT", "history.bundle"}
    assert zipfile.ZipFile(wheel).read(f"{prefix}COMMIT").decode().strip() == TAG


@pytest.mark.ci
def test_an_installed_wheel_makes_the_same_project(
    installed: Path, default_project: Path, tmp_path: Path
) -> None:
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("PYTHON")},
        **IDENTITY,
        "HOME": str(tmp_path),
        # Nothing can be fetched: a request ends at once at a port nobody listens on.
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "GIT_ALLOW_PROTOCOL": "none",
    }
    for umask in (0o022, 0o027):
        done = subprocess.run(
            [installed, "new", f"shop{umask}", "--defaults"],
            cwd=tmp_path,
            env=environment,
            umask=umask,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        made = tree(tmp_path / f"shop{umask}")
        assert {name: data for name, (data, _) in made.items()} == {
            name: data for name, (data, _) in tree(default_project).items()
        }
        assert {mode & umask for _, mode in made.values()} == {0}
    where = run(installed.with_name("python"), "-c", "import roadbed; print(roadbed.__file__)",
                cwd=tmp_path, PYTHONPATH="")  # fmt: skip
    assert str(installed.parents[1]) in where


def test_the_version_is_written_once() -> None:
    import tomllib

    from roadbed import __version__

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert "version" in project["dynamic"]
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_copier_is_pinned_to_what_the_renderer_was_written_for() -> None:
    """render.py reaches below Copier's public face; a minor version may move what it holds."""
    import tomllib

    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert "copier>=9.19,<9.20" in dependencies
    config = yaml.safe_load((ROOT / "copier.yml").read_text())
    assert config["_min_copier_version"] == "9.19.0"
