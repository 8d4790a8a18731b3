"""The runner of replays refuses what it does not know, and obeys what it does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import IDENTITY, run
from tests.workflows import runner
from tests.workflows.runner import Broken, Job, jobs

WORKFLOW = """
on: push
jobs:
  one:
    strategy:
      matrix:
        from: [here, far away]
    env:
      GREETING: hello
    steps:
      - uses: actions/checkout@0000000000000000000000000000000000000000 # v1.0.0
      - uses: ./.github/actions/setup
      - id: say
        run: echo "said=$GREETING" >> "$GITHUB_OUTPUT"
      - if: matrix.from == 'far away'
        env:
          SAID: ${{ steps.say.outputs.said }}
          FROM: ${{ matrix.from }}
        run: echo "$SAID from $FROM" > "$RUNNER_TEMP/heard"
"""
ACTION = """
runs:
  using: composite
  steps:
    - shell: bash
      run: test -f README.md
"""


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    folder = tmp_path / "origin"
    for name, text in (
        ("README.md", "x\n"),
        (".github/workflows/ci.yml", WORKFLOW),
        (".github/actions/setup/action.yml", ACTION),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    run("git", "init", "-q", cwd=folder)
    run("git", "add", "--all", cwd=folder)
    run("git", "commit", "-q", "-m", "x", cwd=folder, **IDENTITY)
    return folder


def played(origin: Path, old: str = "", new: str = "") -> list[Job]:
    """The jobs, with one thing in the workflow replaced."""
    file = origin / ".github/workflows/ci.yml"
    assert old in WORKFLOW
    file.write_text(WORKFLOW.replace(old, new, 1) if old else WORKFLOW)
    return [*jobs(file, origin, origin.parent)]


def test_steps_run_in_order_with_their_values(origin: Path) -> None:
    here, away = played(origin)
    here.run()
    away.run()
    assert not (here.temporary / "heard").exists()
    assert (away.temporary / "heard").read_text() == "hello from far away\n"


SERVICE = """      CACHE_URL: {url}
    services:
      redis:
        image: {image}
        ports: ["6379:{port}"]
        options: {options}
    steps:
"""


def with_service(
    url: str = "redis://127.0.0.1:6379/0",
    image: str = "redis:8",
    port: str = "6379",
    options: str = '--health-cmd "redis-cli ping"',
) -> str:
    return SERVICE.format(url=url, image=image, port=port, options=options)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("actions/checkout@", "somebody/checkout@", "no action that a replay knows"),
        ("steps.say.outputs", "steps.sing.outputs", "nothing gives a value"),
        ("${{ matrix.from }}", "${{ secrets.TOKEN }}", "nothing gives a value to secrets.TOKEN"),
        ("if: matrix.from == 'far away'", "if: always()", "cannot judge"),
        ('echo "said=$GREETING"', 'echo "said=${{ env.GREETING }}"', "an expression in a script"),
        ("id: say\n        run:", "id: say\n        run: exit 3 #", "ended with 3"),
        ("    steps:\n", with_service(image="nginx:1"), "nothing stands for nginx"),
        ("    steps:\n", with_service(port="80"), "listens on 6379, not on 80"),
        ("    steps:\n", with_service(options="--cpus 1"), "before it answers"),
        (
            "    steps:\n",
            with_service(url="redis://127.0.0.1:6380/0"),
            "nothing in env is the service",
        ),
    ],
)
def test_what_it_does_not_know_is_a_failure(old: str, new: str, fault: str, origin: Path) -> None:
    with pytest.raises(Broken, match=fault):
        played(origin, old, new)[1].run()


def test_a_service_is_a_real_server(origin: Path) -> None:
    _, job = played(origin, "    steps:\n", with_service())
    job.run()
    assert job._environment["CACHE_URL"].startswith("redis://:")


def test_every_action_that_is_played_is_used_somewhere() -> None:
    from tests.conftest import ROOT

    texts = [path.read_text() for path in ROOT.glob("template/**/.github/**/*") if path.is_file()]
    assert all(any(f"uses: {name}@" in text for text in texts) for name in runner.ACTIONS)
