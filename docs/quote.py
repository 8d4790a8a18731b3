"""Keeps what the docs quote equal to what the product says.

A quotation stands between `<!-- quote: WHAT -->` and `<!-- end quote -->`; `python docs/quote.py`
writes every one afresh, and tests/test_docs.py fails when one is out of date.
"""

from __future__ import annotations

import ast
import contextlib
import io
import os
import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from pathlib import Path

from roadbed.cli import main as roadbed
from roadbed.errors import EXIT_CODES
from roadbed.options import describe
from roadbed.questions import load_questions
from roadbed.source import find_source, questions_path
from roadbed.verify.clauses import CLAUSES

ROOT = Path(__file__).resolve().parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
_QUOTE = re.compile(r"(<!-- quote: (.+?) -->\n)(.*?)(<!-- end quote -->)", re.DOTALL)
_LAYER = re.compile(r"{{ layer_(\w+) }}/")
_LISTED = 14


class UnknownQuote(Exception):
    """A page asks for something that cannot be quoted."""


def refreshed(text: str) -> str:
    """A page's text with every quotation as it would be now."""
    return _QUOTE.sub(lambda match: match[1] + quote(match[2]) + match[4], text)


def quote(what: str) -> str:
    """The quoted text for `KIND ARGUMENTS`, ending in a line break."""
    kind, _, arguments = what.partition(" ")
    if kind not in KINDS:
        raise UnknownQuote(f"{what}: one of {', '.join(KINDS)}")
    return KINDS[kind](arguments)


def _command(arguments: str) -> str:
    """What `roadbed ARGUMENTS` prints, 80 columns wide."""
    out = io.StringIO()
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "80"
    try:
        with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):
            roadbed(arguments.split())
    finally:
        os.environ.pop("COLUMNS")
        if before is not None:
            os.environ["COLUMNS"] = before
    return f"```console\n$ roadbed {arguments}\n{out.getvalue().rstrip()}\n```\n"


def _options(_: str) -> str:
    """Every question with its choices, and what a choice becomes in each framework."""
    lines = []
    for question in describe(load_questions(questions_path())):
        default = "computed from the name" if question["default"] is None else question["default"]
        lines += [f"### `{question['name']}`", "", question["help"], "", f"Default: {default}", ""]
        for choice in question["choices"]:
            lines.append(f"- `{choice['value']}`: {choice['label']}")
            lines += [f"  - {name}: {text}" for name, text in choice["means"].items()]
        lines += [""] if question["choices"] else []
    return "\n".join(lines)


def _layers(_: str) -> str:
    """Which layers emit which paths."""
    emitted: dict[str, list[str]] = defaultdict(list)
    for path in find_source().files:
        layers = " + ".join(f"`{name}`" for name in _LAYER.findall(str(path))) or "every project"
        name = _LAYER.sub("", str(path)).removesuffix(".jinja")
        emitted[layers].append(name.replace("{{ _copier_conf.answers_file }}", "answers file"))
    rows = ["| layers | files |", "|---|---|"]
    for layers, names in sorted(emitted.items()):
        shown = names if len(names) <= _LISTED else sorted({_folder(name) for name in names})
        rows.append(f"| {layers} | {', '.join(f'`{name}`' for name in shown)} |")
    return "\n".join(rows) + "\n"


def _folder(name: str) -> str:
    """The folder that stands for a file in a long list, at most three deep."""
    parts = name.split("/")
    return "/".join(parts[: min(3, len(parts) - 1)]) + "/" if len(parts) > 1 else name


def _clauses(group: str) -> str:
    """The clauses of one group as a table."""
    rows = [clause for clause in CLAUSES.values() if clause.group == group]
    if not rows:
        raise UnknownQuote(f"clauses {group}: no such group")
    lines = ["| clause | level | for | broken to prove it | |", "|---|---|---|---|---|"]
    for clause in rows:
        faults = ", ".join(clause.faults) or "nothing"
        lines.append(
            f"| {clause.id} | {clause.level} | {clause.variant} | {faults} | {clause.summary} |"
        )
    return "\n".join(lines) + "\n"


def _exit_codes(_: str) -> str:
    rows = [f"| {code} | {meaning} |" for code, meaning in EXIT_CODES.items()]
    return "\n".join(["| code | |", "|---|---|", *rows]) + "\n"


def _emitted(arguments: str) -> str:
    """A file of a project with the default answers, or one function or class of it."""
    path, _, symbol = arguments.partition(" ")
    text = (_project() / path).read_text("utf-8")
    if symbol:
        nodes = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        found = [n for n in ast.walk(ast.parse(text)) if isinstance(n, nodes) and n.name == symbol]
        if not found:
            raise UnknownQuote(f"emitted {arguments}: no such name")
        first = min([found[0].lineno, *(mark.lineno for mark in found[0].decorator_list)])
        text = "\n".join(text.splitlines()[first - 1 : found[0].end_lineno])
    language = {".py": "python", ".yaml": "yaml", ".sql": "sql"}.get(Path(path).suffix, "text")
    return f"```{language}\n{text.strip()}\n```\n"


@cache
def _project() -> Path:
    folder = Path(_keep().name, "project")
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        roadbed(["new", "--defaults", "--no-git", str(folder)])
    return folder


@cache
def _keep() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="roadbed-docs-")


KINDS: dict[str, Callable[[str], str]] = {
    "command": _command,
    "options": _options,
    "layers": _layers,
    "clauses": _clauses,
    "exit-codes": _exit_codes,
    "emitted": _emitted,
}


if __name__ == "__main__":
    for page in PAGES:
        text = page.read_text("utf-8")
        if refreshed(text) != text:
            page.write_text(refreshed(text), "utf-8")
            print(f"refreshed {page.relative_to(ROOT)}")
    sys.exit(0)
