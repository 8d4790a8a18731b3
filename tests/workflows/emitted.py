"""What projects get of workflows and deployment files: every different file of every variant."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from roadbed.fingerprint import render_variant
from roadbed.matrix import Variant, beside_variants, default_variant, every_variant, pairwise
from roadbed.questions import load_questions
from roadbed.source import TemplateSource

FOLDERS = (".github/", "deploy/")
FILES = frozenset({"render.yaml"})


# Workflows and deployment files know a project's language, and none of its frameworks.
ONE_OF_EACH_LANGUAGE = frozenset({"fastapi", "fastify"})


def variants(source: TemplateSource) -> tuple[Variant, ...]:
    """Every pair of a choice of the service and one of what stands beside it."""
    questions = load_questions(source.questions_file)
    every = every_variant(source, questions)
    services = [each for each in every if each.answers["framework"] in ONE_OF_EACH_LANGUAGE]
    chosen = pairwise(services, default_variant(services, questions))
    return (*chosen, *(each for service in chosen for each in beside_variants(service, questions)))


def collect(source: TemplateSource, top: Path, *, everything: bool = False) -> None:
    """Put each different file into `top`, in a project's folder named after the first that has it.

    Most variants have most files in common, and tools take a while to start. With `everything`,
    each project of a platform is there as a whole.
    """
    seen: set[tuple[str, str]] = set()
    for variant in variants(source):
        if everything and variant.choices[-1][0] != "deploy":
            continue
        project = top / "rendered"
        render_variant(variant, source, project)
        if everything:
            project.rename(top / variant.name)
            project = top / variant.name
        for path in sorted(each for each in project.rglob("*") if each.is_file()):
            name = path.relative_to(project).as_posix()
            if not (name.startswith(FOLDERS) or name in FILES):
                continue
            mark = (name, hashlib.sha256(path.read_bytes()).hexdigest())
            if mark not in seen:
                seen.add(mark)
                kept = top / "unique" / variant.name / name
                kept.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, kept)
        if not everything:
            shutil.rmtree(project)


def projects(top: Path, name: str) -> Sequence[Path]:
    """The whole projects that have a file of this name."""
    return sorted(
        path for path in top.iterdir() if path.name != "unique" and (path / name).exists()
    )


def named(top: Path, *patterns: str) -> Sequence[Path]:
    """The different files whose path in the project fits one of the patterns."""
    return sorted(_matching(top, patterns))


def _matching(top: Path, patterns: Sequence[str]) -> Iterator[Path]:
    for project in (top / "unique").iterdir():
        for pattern in patterns:
            yield from project.glob(pattern)
