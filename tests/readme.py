"""The calls that an emitted README shows, run in a shell and compared with what it says."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import NamedTuple

_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
_MARK = "--- next call ---"


class Call(NamedTuple):
    command: str
    answer: str


def calls(readme: str) -> list[Call]:
    """Each `$ command` of the console blocks, with the lines below it."""
    found = []
    for block in _BLOCK.findall(readme):
        for each in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, answer = each.partition("\n")
            found.append(Call(command, answer.strip()))
    return found


def play(shown: list[Call], base_url: str, folder: Path) -> list[Call]:
    """The same commands in one shell in `folder`, so that variables and cookies live on."""
    script = "\n".join(f"{call.command}\nprintf '\\n%s\\n' '{_MARK}'" for call in shown)
    done = subprocess.run(
        ["bash", "-euc", f"API={base_url}\n{script}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        cwd=folder,
    )
    answers = done.stdout.split(_MARK)
    return [
        Call(call.command, answer.strip()) for call, answer in zip(shown, answers, strict=False)
    ]


def comparable(transcript: list[Call]) -> list[Call]:
    """Ids numbered in the order in which they are first seen, and times by their form alone."""
    ids: dict[str, str] = {}

    def number(match: re.Match[str]) -> str:
        return ids.setdefault(match[0], f"<id {len(ids) + 1}>")

    return [
        Call(call.command, _TIME.sub("<time>", _UUID.sub(number, call.answer)))
        for call in transcript
    ]
