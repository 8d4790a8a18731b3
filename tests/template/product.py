"""The rules for a whole variant as it is rendered, each a function that lists its violations.

A rule takes what was emitted, so that a test can plant a violation and see it found. They need no
process, so that they hold for the full product of choices; what needs one (lint, types, tests) is
the business of the variants that are booted.
"""

from __future__ import annotations

import ast
import json
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml

from tests.template.features import (
    FEATURES,
    LANGUAGES,
    MODULES,
    NODE_UNIMPORTED,
    UNIMPORTED,
    UPCOMING_FEATURES,
    VARIABLES,
    Choice,
)

ANSWERS = ".copier-answers.yml"
LEFTOVER = re.compile(r"\{%|%\}|\{#-|\{\{ ?(layer_|project_|framework|auth|queue|social|_copier)")
GENERATOR = re.compile(r"roadbed|copier|jinja", re.IGNORECASE)
# Where the tool that made a project may be named: it is what these run, or what they record.
NAMES_THE_TOOL = frozenset({ANSWERS, ".github/workflows/update.yml"})
# The same in every variant: the whole contract's API, and verbs that act on what they find.
COMMON = frozenset({"openapi.yaml", "Makefile", ANSWERS})
_PARSERS: dict[str, Callable[[str], object]] = {
    ".toml": tomllib.loads,
    ".json": json.loads,
    ".yml": yaml.safe_load,
    ".yaml": yaml.safe_load,
    ".py": ast.parse,
}
# Most files are the same in most variants.
_parsed = cache(lambda suffix, text: _PARSERS[suffix](text))
_VARIABLE = re.compile(r"^([A-Z][A-Z0-9_]*)=", re.MULTILINE)
_REQUIREMENT = re.compile(r"^[A-Za-z0-9._-]+(\[[a-z0-9,-]+\])?")
# A module that a TypeScript file names: `from "x"`, `import "x"`, `import("x")`.
_MODULE = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*"([^"./][^"]*)\"""")
_SETTING = re.compile(r"`([A-Z][A-Z0-9_]+)`")


@dataclass
class Emitted:
    """A rendered variant: its choices and its files' texts by path."""

    choices: frozenset[Choice]
    files: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, choices: Mapping[str, str], folder: Path) -> Emitted:
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        texts = {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in paths}
        return cls(frozenset(with_language(choices).items()), texts)

    def has(self, *conditions: Choice) -> bool:
        return self.choices.issuperset(conditions)


def with_language(choices: Mapping[str, str]) -> dict[str, str]:
    """The choices, and the language that follows from them."""
    return {**choices, "language": LANGUAGES[choices["framework"]]}


def leftovers(emitted: Emitted) -> list[str]:
    """Template language in a project is a tag that nobody closed, or a name nobody gave."""
    unrendered = [f"{name}: not rendered" for name in emitted.files if name.endswith(".jinja")]
    return unrendered + [
        f"{name}: holds {found.group()!r}"
        for name, text in emitted.files.items()
        if (found := LEFTOVER.search(text))
    ]


def unparsable(emitted: Emitted) -> list[str]:
    """Every manifest and every source file can be read by its own tools, and holds something."""
    found = []
    for name, text in emitted.files.items():
        suffix = Path(name).suffix
        try:
            if suffix in _PARSERS and not _parsed(suffix, text):
                found.append(f"{name}: holds nothing")
        except (ValueError, SyntaxError, yaml.YAMLError) as error:
            found.append(f"{name}: {str(error).splitlines()[0]}")
    return found


def words_of_the_generator(emitted: Emitted) -> list[str]:
    """A project stands on its own: what it came from is known where it is updated, nowhere else."""
    return [
        f"{name}: speaks of {found.group()!r}"
        for name, text in emitted.files.items()
        if name not in NAMES_THE_TOOL and (found := GENERATOR.search(text))
    ]


def dependencies(emitted: Emitted) -> list[str]:
    """What is imported is declared, and what is declared is imported or has a reason to be."""
    if "pyproject.toml" not in emitted.files:
        return []
    manifest = tomllib.loads(emitted.files["pyproject.toml"])
    run = {_distribution(entry) for entry in manifest["project"]["dependencies"]}
    develop = {_distribution(entry) for entry in manifest["dependency-groups"]["dev"]}
    source = set(_imported(emitted, "src/", "migrations/"))
    tests = set(_imported(emitted, "tests/"))
    return [
        *_unused(run, source, "dependencies"),
        *_unused(develop, tests, "dev"),
        *_undeclared(source, run, "src"),
        *_undeclared(tests, run | develop, "tests"),
    ]


def node_dependencies(emitted: Emitted) -> list[str]:
    """The same of a package.json."""
    if "package.json" not in emitted.files:
        return []
    manifest = json.loads(emitted.files["package.json"])
    run, develop = set(manifest["dependencies"]), set(manifest["devDependencies"])
    source, tests = set[str](), set[str]()
    for name, text in emitted.files.items():
        if name.endswith(".ts"):
            imported = source if name.startswith("src/") else tests
            imported |= {_package(found) for found in _MODULE.findall(text)} - {""}
    return [
        *(
            f"package.json: {name} is imported nowhere"
            for name in sorted(run - source - NODE_UNIMPORTED)
        ),
        *(
            f"package.json: {name} in devDependencies is imported nowhere"
            for name in sorted(develop - tests - NODE_UNIMPORTED)
        ),
        *(f"src: {name} is imported and not declared" for name in sorted(source - run)),
        *(f"tests: {name} is imported and not declared" for name in sorted(tests - run - develop)),
    ]


def features(emitted: Emitted) -> list[str]:
    """A feature's files and words are there when it is chosen, and only then."""
    found = []
    for feature in FEATURES + UPCOMING_FEATURES:
        on = feature.applies(emitted.choices)
        for path in feature.paths:
            there = any(name == path or name.startswith(f"{path}/") for name in emitted.files)
            if there != on:
                found.append(f"{path}: {'missing' if on else 'here'}, {feature.when}")
        if feature.words is None or on:
            continue
        found += [
            f"{name}: speaks of {match.group()!r}, which is for {feature.when}"
            for name, text in emitted.files.items()
            if name not in COMMON and name not in feature.spared
            if (match := re.search(feature.words, text))
        ]
    return found


def environment(emitted: Emitted) -> list[str]:
    """.env.example and the README's table name exactly the contract's variables, each once."""
    wanted = {
        name for when, names in VARIABLES.items() if emitted.has(*when) for name in names.split()
    }
    table = emitted.files["README.md"].partition("\n## Settings\n")[2]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| ")]
    places = {
        ".env.example": _VARIABLE.findall(emitted.files[".env.example"]),
        "README.md": [name for cell in cells for name in _SETTING.findall(cell)],
    }
    return [
        f"{place}: {fault}"
        for place, named in places.items()
        for fault in (
            *(f"{name} is missing" for name in sorted(wanted - set(named))),
            *(f"{name} is not this variant's" for name in sorted(set(named) - wanted)),
            *(f"{name} twice" for name in sorted(set(named)) if named.count(name) > 1),
        )
    ]


Rule = Callable[[Emitted], list[str]]
RULES: tuple[Rule, ...] = (
    leftovers,
    unparsable,
    words_of_the_generator,
    dependencies,
    node_dependencies,
    features,
    environment,
)


def _distribution(requirement: str) -> str:
    found = _REQUIREMENT.match(requirement)
    assert found is not None, requirement
    return found.group().lower()


def _package(module: str) -> str:
    """The package that a module is of; nothing for Node's own."""
    parts = module.split("/")
    own = module.startswith("node:")
    return "" if own else "/".join(parts[:2] if module.startswith("@") else parts[:1])


def _modules(distribution: str) -> tuple[str, ...]:
    """What a distribution is imported as."""
    return MODULES.get(distribution, (distribution.replace("-", "_"),))


def _imported(emitted: Emitted, *folders: str) -> Iterator[str]:
    """Dotted names of other people's modules that the files below these folders import."""
    own = {"app", "tests", "migrations", "__future__"} | sys.stdlib_module_names
    for name, text in emitted.files.items():
        if not name.startswith(folders) or not name.endswith(".py"):
            continue
        yield from (found for found in _imports(text) if found.partition(".")[0] not in own)


@cache
def _imports(text: str) -> tuple[str, ...]:
    found: list[str] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return tuple(found)


def _serves(distribution: str, name: str) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in _modules(distribution))


def _unused(declared: set[str], imported: set[str], where: str) -> list[str]:
    return [
        f"pyproject.toml: {distribution} in {where} is imported nowhere"
        for distribution in sorted(declared - UNIMPORTED)
        if not any(_serves(distribution, name) for name in imported)
    ]


def _undeclared(imported: set[str], declared: set[str], where: str) -> list[str]:
    return [
        f"{where}: {name} is imported and not declared"
        for name in sorted(imported)
        if not any(_serves(distribution, name) for distribution in declared)
    ]
