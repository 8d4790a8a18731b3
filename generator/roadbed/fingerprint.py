"""A variant's rendered service as one short text that changes when the service does, and only then.

What stands beside it (README, image, workflows) is told apart: no run of the service reads it, and
it has proofs of its own.
"""

from __future__ import annotations

import fnmatch
import hashlib
import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from roadbed.answers import check
from roadbed.errors import UsageError
from roadbed.matrix import Variant
from roadbed.questions import load_questions
from roadbed.render import render
from roadbed.source import TemplateSource, open_source

DIGITS = 16
_PATHS = ("copier.yml", "template")
# What stands beside the suite's run in containers, for which image and composition are part of the
# service. The answers are the variant's; those of other questions make no difference to a service.
COMPOSED = (
    ".copier-answers.yml",
    ".github/*",
    "README.md",
    "deploy/ecs/*",
    "deploy/observability/*",
    "deploy/proxy/*",
    "deploy/compose/observability.yaml",
    "deploy/compose/proxy.yaml",
    "docs/*",
    "railway*",
    "render.yaml",
)
# And beside the project's own verbs for setup, lint and test and the suite on processes.
SERVICE = (*COMPOSED, ".dockerignore", "Dockerfile", "compose*.yaml", "deploy/*")


def render_variant(variant: Variant, source: TemplateSource, folder: Path) -> str:
    """Render it into `folder`, which must be empty or missing; its service's fingerprint."""
    answers = check(variant.answers, source, load_questions(source.questions_file)).answers
    render(source, folder, answers)
    return fingerprint(folder)


def stands_beside(name: str, beside: tuple[str, ...] = SERVICE) -> bool:
    """Whether a path of a project, relative and with slashes, is read by no such run."""
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in beside)


def fingerprint(project: Path, *, beside: tuple[str, ...] = SERVICE) -> str:
    """Of a project as rendered: names, contents and who may execute, without what is `beside`."""
    digest = hashlib.sha256()
    for path in sorted(path for path in project.rglob("*") if path.is_file()):
        name = path.relative_to(project).as_posix()
        if stands_beside(name, beside):
            continue
        data = path.read_bytes()
        executable = bool(path.stat().st_mode & 0o100)
        digest.update(f"{len(name.encode())} {name} {executable} {len(data)} ".encode() + data)
    return digest.hexdigest()[:DIGITS]


def fingerprints(
    variants: tuple[Variant, ...], source: TemplateSource, *, beside: tuple[str, ...] = SERVICE
) -> dict[str, str]:
    """By the variants' names. Those whose answers this template does not offer are left out."""
    questions = load_questions(source.questions_file)
    found = {}
    with tempfile.TemporaryDirectory(prefix="roadbed-matrix-") as top:
        for variant in variants:
            if not check(variant.answers, source, questions).faults:
                folder = Path(top, variant.name)
                render_variant(variant, source, folder)
                found[variant.name] = fingerprint(folder, beside=beside)
    return found


def changed_since(
    revision: str, variants: tuple[Variant, ...], source: TemplateSource
) -> tuple[Variant, ...]:
    """Those that rendered otherwise, or were not offered, at a revision of the template.

    Raises UsageError when there is no such revision, or no repository.
    """
    with _template_of(revision, source) as before:
        old = fingerprints(variants, before)
    new = fingerprints(variants, source)
    return tuple(each for each in variants if old.get(each.name) != new[each.name])


@contextmanager
def _template_of(revision: str, source: TemplateSource) -> Iterator[TemplateSource]:
    """The template as it was at a revision."""
    if not (source.root / ".git").exists():
        raise UsageError("--changed-since needs a clone of the template: run it in one")
    command = ["git", "-c", f"safe.directory={source.root}", "-C", str(source.root), "archive"]
    done = subprocess.run(
        [*command, "--format=tar", "--end-of-options", f"{revision}^{{commit}}", *_PATHS],
        capture_output=True,
        check=False,
    )
    if done.returncode:
        fault = "no commit of this repository with a template"
        raise UsageError(f"--changed-since {revision}: {fault}: name a commit, branch or tag")
    with tempfile.TemporaryDirectory(prefix="roadbed-matrix-") as top:
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
            archive.extractall(top, filter="data")
        yield open_source(Path(top))
