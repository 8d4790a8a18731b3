"""The rules for what stands in template/, each a function that lists its violations.

A rule takes the template's folder, so that a test can plant a violation in a copy and see it
found. The reason for each rule is its docstring.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

# Files that may differ inside; everything else differs by whole file or folder.
MANIFESTS = frozenset(
    {
        ".dockerignore",
        ".env.example",
        ".gitattributes",
        ".gitignore",
        "Cargo.toml",
        "Dockerfile",
        "Makefile",
        "README.md",
        "api.json",
        "build.gradle.kts",
        "compose.yaml",
        "deploy.md",
        "go.mod",
        "migrate.json",
        "package.json",
        "pom.xml",
        "pyproject.toml",
        "render.yaml",
        "tsconfig.json",
        "worker.json",
        "{{ _copier_conf.answers_file }}",
    }
)
# The one source file of a language that holds the project's name, and nothing else of an answer.
NAME_SEATS = frozenset({"{{ layer_python }}/src/app/__init__.py.jinja"})
WORKFLOWS = re.compile(r"(^|/)\.github/.*\.ya?ml(\.jinja)?$")
BRANCH = re.compile(r"\{%-?\+?\s*(if|elif|for)\b")
TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
BRANCHES_PER_100_LINES = 12
# Copier never removes these on update (its own list of version control leftovers).
FORGOTTEN_NAMES = frozenset({"tags", "RCS", "CVS", "__pycache__"})
LAYER = re.compile(r"\{\{ layer_[a-z_]+ \}\}")


def files(template: Path) -> list[Path]:
    """The template's files, relative, without what tools leave behind."""
    skipped = {"__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".venv"}
    return sorted(
        path.relative_to(template)
        for path in template.rglob("*")
        if (path.is_file() or path.is_symlink()) and not skipped & set(path.parts)
    )


def emitted_name(path: Path) -> str:
    return path.name.removesuffix(".jinja")


def is_manifest(path: Path) -> bool:
    return emitted_name(path) in MANIFESTS or bool(WORKFLOWS.search(path.as_posix()))


def branches_in_source(template: Path) -> list[str]:
    """A source file an editor, a linter and a compiler can open as it stands has no tags."""
    found = []
    for path in files(template):
        if is_manifest(path) or path.suffix != ".jinja":
            continue
        count = len(BRANCH.findall((template / path).read_text(encoding="utf-8")))
        if count:
            found.append(f"{path}: {count} branches; vary by whole file or folder")
    return found


def source_with_suffix(template: Path) -> list[str]:
    """Only manifests are rendered; a source file reads a value from its environment.

    The seat of the project's name may hold one tag, inside a string: it still compiles unrendered.
    """
    found = []
    for path in files(template):
        if path.suffix != ".jinja" or is_manifest(path):
            continue
        tags = TAG.findall((template / path).read_text(encoding="utf-8"))
        if path.as_posix() not in NAME_SEATS or tags != ["{{ project_slug }}"]:
            found.append(f"{path}: a source file is plain; drop .jinja")
    return found


def manifests_over_budget(template: Path) -> list[str]:
    """A manifest with more branches than this is several files."""
    found = []
    for path in files(template):
        if path.suffix != ".jinja":
            continue
        text = (template / path).read_text(encoding="utf-8")
        budget = max(1.0, BRANCHES_PER_100_LINES * len(text.splitlines()) / 100)
        count = len(BRANCH.findall(text))
        if count > budget:
            found.append(f"{path}: {count} branches, {budget:.0f} allowed")
    return found


def suffix_without_tags(template: Path) -> list[str]:
    """A .jinja that renders to itself hides a plain file from every tool.

    git's own files are excepted: without the suffix they would act on this repository.
    """
    return [
        f"{path}: holds no tag; drop .jinja"
        for path in files(template)
        if path.suffix == ".jinja"
        and emitted_name(path) not in {".gitignore", ".gitattributes"}
        and not TAG.search((template / path).read_text(encoding="utf-8"))
    ]


def git_files_without_suffix(template: Path) -> list[str]:
    """.gitignore and .gitattributes below template/ would act on this repository."""
    return [
        f"{path}: acts on this repository; name it {path.name}.jinja"
        for path in files(template)
        if path.name in {".gitignore", ".gitattributes"}
    ]


def names_copier_forgets(template: Path) -> list[str]:
    """Copier never removes these on update."""
    return [
        f"{path}: an update never removes this name"
        for path in files(template)
        if FORGOTTEN_NAMES & {part.removesuffix(".jinja") for part in path.parts}
    ]


def symlinks(template: Path) -> list[str]:
    """A symlink dropped from the template stays in every project."""
    return [
        f"{path.relative_to(template)}: a symlink"
        for path in template.rglob("*")
        if path.is_symlink()
    ]


def unknown_layers(template: Path, layers: Iterable[str]) -> list[str]:
    """A mistyped layer emits nothing, or everything, in silence."""
    known = {f"{{{{ {name} }}}}" for name in layers}
    return [
        f"{path}: '{part}' is no layer of copier.yml"
        for path in files(template)
        for part in path.parts[:-1]
        if ("{" in part or "}" in part) and part not in known
    ]


def layers_out_of_order(template: Path) -> list[str]:
    """Layer folders come first in a path, language before all: what is not selected stops there."""
    found = []
    for path in files(template):
        kinds = [bool(LAYER.fullmatch(part)) for part in path.parts[:-1]]
        if kinds != sorted(kinds, reverse=True):
            found.append(f"{path}: a layer's folder stands below a plain folder")
    return found


def twice_written(paths: Iterable[Path], selected: frozenset[str]) -> list[str]:
    """Two active layers that emit one path: the file system's order would decide."""
    writers: dict[str, list[str]] = {}
    for path in paths:
        target = emitted_path(path, selected)
        if target is not None:
            writers.setdefault(target, []).append(path.as_posix())
    return [f"{target}: written by {', '.join(who)}" for target, who in writers.items() if who[1:]]


def file_and_folder(template: Path) -> list[str]:
    """A path that is a file in one variant and a folder in another breaks the update half-way."""
    every = frozenset(part for path in files(template) for part in path.parts if "{" in part)
    targets = {emitted_path(path, every) or "" for path in files(template)}
    folders = {parent.as_posix() for target in targets for parent in Path(target).parents}
    return [f"{target}: a file here, a folder there" for target in sorted(targets & folders)]


def emitted_path(path: Path, selected: frozenset[str]) -> str | None:
    """Where a file lands when the layers named `{{ … }}` in `selected` are active."""
    parts = []
    for part in path.parts[:-1]:
        if not LAYER.fullmatch(part):
            parts.append(part)
        elif part not in selected:
            return None
    return "/".join([*parts, emitted_name(path)])
