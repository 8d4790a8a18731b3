"""`make demo`: the walk, and that nothing outlives it however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from roadbed.demo_interrupts import SIGNALS, Interrupts
from roadbed.demo_walk import curl, shortened

WALK_WITHIN = 300
GONE_WITHIN = 20


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A TMPDIR for one demo: whatever it starts has its folder or its arguments in here.

    Not pytest's own, which the servers' user may not pass through.
    """
    with tempfile.TemporaryDirectory(prefix="roadbed-test-demo-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def left_behind(scratch: Path) -> list[str]:
    """Command lines of processes that work in `scratch` or were started with a path in it."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            place = os.readlink(entry / "cwd")
        except OSError:
            continue
        if str(scratch) in command or place.startswith(str(scratch)):
            found.append(f"{entry.name} {command}")
    return found


def assert_nothing_left(scratch: Path) -> None:
    deadline = time.monotonic() + GONE_WITHIN
    while left_behind(scratch) or any(scratch.iterdir()):
        if time.monotonic() > deadline:
            raise AssertionError([*left_behind(scratch), *map(str, scratch.iterdir())])
        time.sleep(0.1)


def start(scratch: Path, *words: str) -> subprocess.Popen[str]:
    env = {**os.environ, "TMPDIR": str(scratch), "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"}
    env.pop("DETACH", None)
    return subprocess.Popen(
        [sys.executable, "-m", "roadbed.demo", *words],
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


@pytest.mark.ci
@pytest.mark.slow
def test_the_walk_ends_by_itself_when_detached(scratch: Path) -> None:
    process = start(scratch, "--detach")
    said, _ = process.communicate(timeout=WALK_WITHIN)
    assert process.returncode == 0, said
    for answer in ("201 Created", "304 Not Modified", "412 Precondition", '"post_count": 1'):
        assert answer in said
    assert 'outcome="succeeded"' in said
    assert "Bearer ey" not in said
    assert_nothing_left(scratch)


# A line of its output, and the exit code when Ctrl-C comes right after it.
MOMENTS = (
    ("roadbed new", 130),
    ("make setup", 130),
    ("make api", 130),
    ("It is running", 0),
)


@pytest.mark.ci
@pytest.mark.slow
@pytest.mark.parametrize(("moment", "code"), MOMENTS, ids=[moment for moment, _ in MOMENTS])
def test_ctrl_c_leaves_nothing_behind(scratch: Path, moment: str, code: int) -> None:
    process = start(scratch)
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if moment in line:
            break
    else:
        pytest.fail("".join(said))
    # To the whole group, as a terminal does, and twice, as people do.
    os.killpg(process.pid, signal.SIGINT)
    time.sleep(0.2)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
    rest, _ = process.communicate(timeout=60)
    assert "Traceback" not in rest
    assert process.returncode == code, "".join(said) + rest
    assert_nothing_left(scratch)


@pytest.mark.ci
@pytest.mark.slow
def test_killed_outright_it_leaves_nothing_behind_either(scratch: Path) -> None:
    process = start(scratch)
    assert process.stdout is not None
    for line in process.stdout:
        if "make migrate" in line:
            break
    process.kill()
    process.communicate(timeout=60)
    assert_nothing_left(scratch)


@pytest.fixture
def _own_handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("_own_handlers")
def test_a_signal_is_put_off_to_the_end_of_a_hold() -> None:
    interrupts = Interrupts()
    reached = []
    with interrupts.listening():
        with pytest.raises(KeyboardInterrupt), interrupts.hold():  # noqa: PT012
            os.kill(os.getpid(), signal.SIGINT)
            reached.append("the end of the block")
        os.kill(os.getpid(), signal.SIGINT)
        reached.append("the clearing up")
    assert reached == ["the end of the block", "the clearing up"]


def test_a_curl_line_is_what_a_shell_would_send() -> None:
    line = curl("PATCH", "/v1/posts/1?a=b", {"title": "it's"}, {"If-Match": '"1"'}, True)
    assert line == (
        'curl -s -X PATCH "$API/v1/posts/1?a=b" -H "Authorization: Bearer $TOKEN" '
        "-H 'If-Match: \"1\"' -H 'Content-Type: application/json' "
        '-d \'{"title": "it\'"\'"\'s"}\''
    )


def test_an_answer_is_one_line_without_the_token() -> None:
    assert shortened({"access_token": "eyJ0", "expires_in": 1}) == (
        '{"access_token": "…", "expires_in": 1}'
    )
    assert len(shortened({"title": "x" * 1000})) <= 320
