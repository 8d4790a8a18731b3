"""The reader of READMEs sees what is wrong; the READMEs themselves are played by test_variants."""

from __future__ import annotations

from pathlib import Path

from tests.readme import Call, calls, comparable, play

README = """
```sh
API=http://127.0.0.1:8080
```

```console
$ NAME=$(echo world)
```

```console
$ echo "hello $NAME at $API"
hello world at http://127.0.0.1:1
$ echo 01a2041d-5854-7baa-931b-d7299e5e244d
01a2041d-5854-7baa-931b-d7299e5e2400
```
"""


def test_every_call_is_found_with_its_answer() -> None:
    assert [call.answer for call in calls(README)] == [
        "",
        "hello world at http://127.0.0.1:1",
        "01a2041d-5854-7baa-931b-d7299e5e2400",
    ]


def test_calls_run_in_one_shell_and_ids_may_differ(tmp_path: Path) -> None:
    shown = calls(README)
    assert comparable(play(shown, "http://127.0.0.1:1", tmp_path)) == comparable(shown)


def test_a_wrong_answer_is_seen(tmp_path: Path) -> None:
    shown = [Call("echo one", "two")]
    assert comparable(play(shown, "http://127.0.0.1:1", tmp_path)) != comparable(shown)


def test_an_id_that_should_repeat_has_to() -> None:
    first, second = (f"01a2041d-5854-7baa-931b-d7299e5e244{n}" for n in (1, 2))
    assert comparable([Call("", f"{first} {first}")]) != comparable([Call("", f"{first} {second}")])
