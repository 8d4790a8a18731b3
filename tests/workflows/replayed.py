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

RELEASE = "v1.0.0"


def chosen() -> list[Variant]:
    """The default variant, and one with another queue; with ROADBED_REPLAY=all every one of them.

    The commit draws the other, so that each has its turn.
    """
    source = find_source()
    questions = load_questions(source.questions_file)
    every = every_variant(source, questions)
    default = default_variant(every, questions)
    kept = [(key, value) for key, value in default.choices if key != "queue"]
    queues = [each for each in every if set(kept) <= set(each.choices) and each != default]
    if os.environ.get("ROADBED_REPLAY") != "all":
        commit = run("git", "rev-parse", "HEAD", cwd=ROOT)
        drawn = int(hashlib.sha256(commit.encode()).hexdigest(), 16) % len(queues)
        queues = [queues[drawn]]
    return [default, *queues]


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
