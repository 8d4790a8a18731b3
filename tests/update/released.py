"""A small template with released versions: each brings one of the changes that hurt.

It has two exclusive layers that share a path, files that are renamed, removed, made executable or
turned into folders, binaries, a new question, a renamed one and new migrations.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.conftest import IDENTITY, run

URL = "https://git.example.test/roadbed/fixture.git"
ANSWERS = "{{ _copier_conf.answers_file }}.jinja"
V1, V2, V3, V4 = VERSIONS = ("v0.1.0", "v0.2.0", "v0.10.0", "v1.0.0")
CANDIDATE = "v1.1.0rc1"
COLOURS = ("red", "blue")

QUESTIONS = f"""\
_min_copier_version: "9.19.0"
_subdirectory: template
_answers_file: .copier-answers.yml
_envops:
  undefined: jinja2.StrictUndefined
canonical_url:
  type: str
  when: false
  default: {URL}
name:
  type: str
  help: The name.
  default: shop
colour:
  type: str
  help: The colour.
  choices:
    Red: red
    Blue: blue
  default: red
"""
LAYERS = """\
layer_red:
  type: str
  when: false
  default: "{{ '.' if colour == 'red' else '' }}"
layer_blue:
  type: str
  when: false
  default: "{{ '.' if colour == 'blue' else '' }}"
"""
SIZE = """\
size:
  type: str
  help: The size.
  choices:
    Small: small
    Large: large
  default: small
"""
# `name` becomes `title`, and brings its answer along.
TITLE = """\
title:
  type: str
  help: The title.
  default: "{{ name | default('shop') }}"
"""
RED, BLUE = "{{ layer_red }}", "{{ layer_blue }}"


def text(topic: str, *changed: int, lines: int = 24) -> str:
    """A file of numbered lines; the `changed` ones differ from the others' wording."""
    return "".join(
        f"{topic} {number}{' (new)' if number in changed else ''}\n" for number in range(lines)
    )


def write_version(folder: Path, version: str) -> None:
    """The template's files as of that version; `folder` holds those of the one before."""
    for path, content in _CHANGES[version].items():
        file = folder / path
        if content is None:
            file.unlink()
            continue
        if file.parent.is_file():
            file.parent.unlink()
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.is_dir():
            shutil.rmtree(file)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    tool = folder / "template/bin/tool"
    tool.chmod(0o644 if version == V1 else 0o755)


def release_all(folder: Path) -> Path:
    """A repository with every version as a tag."""
    folder.mkdir(parents=True)
    run("git", "init", "-q", "-b", "main", cwd=folder)
    for version in (*VERSIONS, CANDIDATE):
        write_version(folder, version)
        run("git", "add", "--all", cwd=folder)
        run("git", "commit", "-q", "--no-verify", "-m", version, cwd=folder, **IDENTITY)
        run("git", "tag", version, cwd=folder)
    return folder


_ANSWERS_TEMPLATE = """\
# Written by the generator.
{% set given = _copier_answers._src_path -%}
{% set source = given if given | regex_search('^(https?|ssh)://|^git@|^gh:') else canonical_url -%}
{{ dict(_copier_answers, _src_path=source) | to_nice_yaml(width=1000) -}}
"""
_CHANGES: dict[str, dict[str, str | bytes | None]] = {
    V1: {
        "copier.yml": QUESTIONS + LAYERS,
        "CHANGELOG.md": "# Changelog\n\n## 0.1.0 - 2026-01-01\n\nThe first.\n",
        f"template/{ANSWERS}": _ANSWERS_TEMPLATE,
        "template/.env.example": "PORT=1\nTOKEN=change-me\nOLD=1\n",
        "template/README.md.jinja": "# {{ name }}\n\n" + text("readme"),
        "template/main.py": text("main"),
        "template/stable.py": text("stable"),
        "template/bin/tool": "#!/bin/sh\n" + text("# tool"),
        "template/logo.bin": b"\0logo 1",
        "template/windows.txt": text("windows").replace("\n", "\r\n"),
        "template/old_name.py": text("renamed"),
        "template/gone.py": text("gone"),
        "template/topic": text("topic"),
        "template/conf/a.txt": text("conf a"),
        "template/conf/b.txt": text("conf b"),
        "template/tags/x.txt": text("tags"),
        "template/no_end.txt": "first\nlast",
        "template/migrations/0001_first.sql": "CREATE TABLE a ();\n",
        f"template/{RED}/transport.py": text("red transport"),
        f"template/{RED}/red/only.py": text("only red"),
        f"template/{RED}/migrations/0002_red.sql": "CREATE TABLE red ();\n",
        f"template/{BLUE}/transport.py": text("blue transport"),
        f"template/{BLUE}/blue/only.py": text("only blue"),
    },
    V2: {
        "CHANGELOG.md": "# Changelog\n\n## 0.2.0 - 2026-02-01\n\nThe second.\n\n"
        "## 0.1.0 - 2026-01-01\n\nThe first.\n",
        "template/.env.example": "PORT=1\nTOKEN=change-me\nNEW_URL=http://localhost\n",
        "template/README.md.jinja": "# {{ name }}\n\n" + text("readme", 5),
        "template/main.py": text("main", 3, 20),
        "template/logo.bin": b"\0logo 2",
        "template/windows.txt": text("windows", 10).replace("\n", "\r\n"),
        "template/old_name.py": None,
        "template/new_name.py": text("renamed", 12),
        "template/gone.py": None,
        "template/added.py": text("added"),
        "template/migrations/0003_second.sql": "CREATE TABLE b ();\n",
        f"template/{RED}/transport.py": text("red transport", 8),
    },
    V3: {
        "copier.yml": QUESTIONS + SIZE + LAYERS,
        "template/README.md.jinja": "# {{ name }}, {{ size }}\n\n" + text("readme", 5, 15),
        "template/bin/tool": "#!/bin/sh\n" + text("# tool", 4),
        "template/topic": None,
        "template/topic/index.txt": text("topic", 2),
        "template/conf/a.txt": None,
        "template/conf/b.txt": None,
        "template/conf": text("conf"),
        "template/tags/x.txt": None,
        "template/no_end.txt": "first\nlast\nmore",
        f"template/{BLUE}/blue/only.py": text("only blue", 2),
    },
    V4: {
        "copier.yml": QUESTIONS.replace(
            QUESTIONS[QUESTIONS.index("name:\n") : QUESTIONS.index("colour:")], TITLE
        )
        + SIZE
        + LAYERS,
        "CHANGELOG.md": "# Changelog\n\n## 1.0.0 - 2026-04-01\n\nThe fourth.\n\n"
        "## 0.10.0 - 2026-03-01\n\nThe third.\n\n## 0.2.0 - 2026-02-01\n\nThe second.\n\n"
        "## 0.1.0 - 2026-01-01\n\nThe first.\n",
        "template/README.md.jinja": "# {{ title }}, {{ size }}\n\n" + text("readme", 5, 15, 22),
        "template/main.py": text("main", 3, 11, 20),
        "template/gone.py": text("gone", 1),
    },
    CANDIDATE: {"template/main.py": text("main", 1, 3, 11, 20)},
}
