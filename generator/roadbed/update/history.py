"""Every version of the template this installation can reach, as one bare repository.

The template's own versions come with the installation, so an update needs no network. A project
made from somebody's fork is updated from that fork.
"""

from __future__ import annotations

import io
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from packaging.version import Version

from roadbed import __version__
from roadbed.errors import SourceError, VersionError
from roadbed.questions import load_config
from roadbed.source import TemplateSource, history_path, questions_path
from roadbed.update import versions
from roadbed.update.git import attempt, git, reason, without_credentials

TREE = ("copier.yml", "template")


@dataclass(frozen=True)
class Release:
    """One version. `name` is what an answers file records, `commit` the full hash."""

    name: str
    commit: str

    @property
    def version(self) -> Version | None:
        return versions.parse(self.name)


@dataclass(frozen=True)
class History:
    """The template's repository. `url` is what the project records; `own` is False for a fork."""

    repository: Path
    url: str
    own: bool = True

    def recorded(self, name: str) -> Release:
        """The version a project says it was made from. Raises VersionError."""
        commit = self._commit(name)
        if commit is None:
            raise VersionError(
                f"the project was made from {name}, which {self._describe()} does not know: "
                f"{self._mend()}"
            )
        return Release(name, commit)

    def find(self, name: str) -> Release:
        """A version by tag, by number (`0.2`, `v0.2.0`) or by commit. Raises VersionError."""
        commit = self._commit(name)
        if commit is None:
            wanted = versions.parse(name if "." in name or name.startswith("v") else f"v{name}")
            same = [r for r in self.releases() if wanted is not None and r.version == wanted]
            if not same:
                known = ", ".join(r.name for r in self.releases()[-8:]) or "none"
                raise VersionError(f"there is no version {name}; released are: {known}")
            return same[-1]
        return self._described(commit)

    def releases(self) -> tuple[Release, ...]:
        """Every PEP 440 tag, oldest first."""
        listed = self._git(
            "for-each-ref", "refs/tags",
            "--format=%(refname:strip=2) %(objectname) %(*objectname)",
        )  # fmt: skip
        found = []
        for line in listed.decode().splitlines():
            name, *hashes = line.split(" ")
            release = Release(name, hashes[-1] or hashes[0])
            if versions.parse(name) is not None:
                found.append(release)
        return tuple(sorted(found, key=lambda release: release.version or Version("0")))

    def newest(self, current: Release) -> Release:
        """The latest release, or the latest commit where nothing is released yet.

        A release candidate counts only for a project that was made from one.
        """
        early = current.version is not None and current.version.is_prerelease
        stable = [
            r for r in self.releases() if early or not (r.version and r.version.is_prerelease)
        ]
        if stable:
            return stable[-1]
        commit = self._commit("HEAD")
        if commit is None:
            raise SourceError("the template has no versions: install roadbed again")
        return self._described(commit)

    def is_newer(self, one: Release, other: Release) -> bool:
        """Whether `one` comes after `other`."""
        if one.commit == other.commit:
            return False
        if one.version is not None and other.version is not None and one.version != other.version:
            return one.version > other.version
        older = self._attempt("merge-base", "--is-ancestor", one.commit, other.commit)
        return older.returncode != 0

    def between(self, current: Release, target: Release) -> tuple[Release, ...]:
        """The releases after `current`, up to and with `target`."""
        return tuple(
            release
            for release in self.releases()
            if self.is_newer(release, current) and not self.is_newer(release, target)
        )

    def read(self, release: Release, path: str) -> str | None:
        """A file of that version, None when it has none."""
        done = self._attempt("show", f"{release.commit}:{path}")
        return None if done.returncode else done.stdout.decode("utf-8", "replace")

    def extract(self, release: Release, folder: Path) -> TemplateSource:
        """Write that version's template into `folder` and open it."""
        if self.read(release, TREE[0]) is None:
            raise VersionError(f"{release.name} holds no template: choose a later version")
        packed = self._git("archive", "--format=tar", release.commit, "--", *TREE)
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(folder, filter="tar")
            names = [member.name for member in archive.getmembers() if not member.isdir()]
        inside = (PurePosixPath(name) for name in names if name.startswith("template/"))
        files = tuple(sorted(name.relative_to("template") for name in inside))
        return TemplateSource(folder, files, release.name, dirty=False, url=self.url)

    def _attempt(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        # A template owned by another user is read, never run.
        return attempt(self.repository, *arguments, trusted=True)

    def _git(self, *arguments: str) -> bytes:
        return git(self.repository, *arguments, trusted=True)

    def _commit(self, name: str) -> str | None:
        # A checkout's branches are its owner's business; HEAD, tags and hashes are versions.
        done = self._attempt(
            "rev-parse", "--verify", "--quiet", "--end-of-options",
            f"{name}^{{commit}}",
        )  # fmt: skip
        return None if done.returncode else done.stdout.decode().strip().splitlines()[-1]

    def _described(self, commit: str) -> Release:
        name = self._git("describe", "--tags", "--always", commit).decode().strip()
        return Release(name, commit)

    def _describe(self) -> str:
        return f"roadbed {__version__}" if self.own else without_credentials(self.url)

    def _mend(self) -> str:
        if self.own:
            return "take a newer roadbed (pip install --upgrade roadbed) and try again"
        return "write a version it has as _commit into the answers file, commit, and try again"


@contextmanager
def open_history(url: str) -> Iterator[History]:
    """The versions of the template at `url`, the source a project records. Raises SourceError."""
    if _place(url) == _place(_canonical_url()):
        path = history_path()
        if path.is_dir():
            yield History(path, url)
            return
        if not path.is_file():
            raise SourceError(f"{path} is missing: install roadbed again")
        address, own = str(path), True
    else:
        address, own = _expanded(url), False
    with tempfile.TemporaryDirectory(prefix="roadbed-history-") as scratch:
        bare = Path(scratch) / "history.git"
        clone = ("clone", "--quiet", "--mirror", "--", address, bare)
        done = attempt(Path(scratch), *clone)
        if done.returncode:
            raise SourceError(
                f"the template's source {without_credentials(url)} cannot be read: {reason(done)}"
            )
        yield History(bare, url, own)


def _canonical_url() -> str:
    return str(load_config(questions_path())["canonical_url"]["default"])


def _expanded(url: str) -> str:
    for short, host in (("gh:", "https://github.com/"), ("gl:", "https://gitlab.com/")):
        if url.startswith(short):
            return f"{host}{url.removeprefix(short).lstrip('/')}"
    return url.removeprefix("git+")


def _place(url: str) -> str:
    """Host and path, which are the same whichever protocol leads there."""
    bare = re.sub(r"^(\w+://)?([^/@]*@)?", "", _expanded(url))
    return bare.replace(":", "/", 1).removesuffix("/").removesuffix(".git").lower()
