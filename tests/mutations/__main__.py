"""`python -m tests.mutations [WORD …] [--project DIR] [--sample N]`: run the breakages.

Words select by id, clause or group. Without --project the services that are to be broken are
generated and set up first; with it, only what that project can suffer is run.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from roadbed.cli import main as roadbed
from roadbed.verify import load
from tests.mutations import application, broker, identity, operations
from tests.mutations.mutation import Mutation
from tests.mutations.runner import prove

ALL = [*application.MUTATIONS, *operations.MUTATIONS, *identity.MUTATIONS, *broker.MUTATIONS]
# What to ask for so that a project has these variants; the defaults have all others.
ANSWERS: dict[frozenset[str], tuple[str, ...]] = {
    broker.VARIANTS: ("--set", "queue=redis"),
    # With a broker that is a Redis, too: what is said of Redis is said of the sessions' one.
    identity.VARIANTS: (
        *("--set", "auth=session"),
        *("--set", "social_login=true"),
        *("--set", "queue=redis"),
    ),
}


def selected(words: list[str], sample: int, seed: int) -> list[Mutation]:
    """Mutations that a word names, or all; of those a seeded sample when `sample` is not 0."""
    found = [
        mutation
        for mutation in ALL
        if not words
        or {mutation.id, mutation.clause, mutation.clause.partition("-")[0]} & set(words)
    ]
    return random.Random(seed).sample(found, min(sample, len(found))) if sample else found


def generate(folder: Path, variants: frozenset[str] = frozenset()) -> Path:
    """A service that has these variants, and the defaults otherwise; set up."""
    answers = ANSWERS.get(variants, ())
    project = folder / "-".join(["project", *answers[1::2]])
    if project.is_dir():
        return project
    if roadbed(["new", str(project), "--defaults", *answers, "--no-git"]) != 0:
        raise SystemExit("roadbed new failed")
    subprocess.run(["make", "-s", "setup"], cwd=project, check=True)
    return project


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutations", description=__doc__)
    parser.add_argument("words", nargs="*", metavar="WORD")
    parser.add_argument("--project", type=Path)
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    chosen = selected(args.words, args.sample, args.seed)
    if args.project:
        has = load(args.project).variants
        chosen = [mutation for mutation in chosen if mutation.variants <= has]
    if not chosen:
        parser.error(f"no mutation of such a project is called {' or '.join(args.words) or 'so'}")
    missed = []
    with tempfile.TemporaryDirectory(prefix="roadbed-mutations-") as scratch:
        for mutation in chosen:
            project = args.project or generate(Path(scratch), mutation.variants)
            proof = prove(mutation, project)
            word = "caught" if proof.caught else "MISSED"
            print(f"{word} {mutation.clause:<9} {mutation.id} ({proof.seconds:.0f} s)", flush=True)
            if not proof.caught:
                missed.append(mutation.id)
                print(proof.story, flush=True)
    print(f"{len(chosen) - len(missed)} of {len(chosen)} breakages were caught")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
