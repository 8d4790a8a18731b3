"""Projects as their teams have them on GitHub, for a replay."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from roadbed.fingerprint import render_variant
from roadbed.matrix import Variant, default_variant, every_variant
from roadbed.questions import load_questions
from roadbed.source import TemplateSource, find_source
from tests.conftest import IDENTITY, ROOT, run
from tests.template.features import LANGUAGES

RELEASE = "v1.0.0"


def chosen() -> list[Variant]:
    """The default variant, one with another queue and one in each other language; with
    ROADBED_REPLAY=all every one of them.

    The commit draws the others, so that each has its turn.
    """
    default, others = _alike("queue")
    return [default, *_drawn(others), *one_of_each_language()[1:]]


def one_of_each_language() -> list[Variant]:
    """The default variant, and of each other language a framework's with the same answers."""
    default, others = _alike("framework")
    languages: dict[str, list[Variant]] = {}
    for each in others:
        languages.setdefault(LANGUAGES[each.answers["framework"]], []).append(each)
    del languages[LANGUAGES[default.answers["framework"]]]
    return [default, *(one for several in languages.values() for one in _drawn(several))]


def _alike(question: str) -> tuple[Variant, list[Variant]]:
    """The default variant, and those that differ from it in the answer to one question."""
    source = find_source()
    questions = load_questions(source.questions_file)
    every = every_variant(source, questions)
    default = default_variant(every, questions)
    kept = [(key, value) for key, value in default.choices if key != question]
    return default, [each for each in every if set(kept) <= set(each.choices) and each != default]


def _drawn(variants: list[Variant]) -> list[Variant]:
    if os.environ.get("ROADBED_REPLAY") == "all":
        return variants
    commit = run("git", "rev-parse", "HEAD", cwd=ROOT)
    return [variants[int(hashlib.sha256(commit.encode()).hexdigest(), 16) % len(variants)]]


def make_origin(variant: Variant, source: TemplateSource, folder: Path, *, release: bool) -> Path:
    """A repository with a fresh project, and if wanted a commit after its release."""
    render_variant(variant, source, folder)
    run("git", "init", "-q", "-b", "main", cwd=folder)
    _commit(folder, "The project")
    if release:
        run("git", "tag", RELEASE, cwd=folder)
        (folder / "NOTES.md").write_text("What came after the release.\n")
        _commit(folder, "After the release")
    return folder


def _commit(folder: Path, message: str) -> None:
    run("git", "add", "--all", cwd=folder)
    run("git", "commit", "-q", "--no-verify", "-m", message, cwd=folder, **IDENTITY)
