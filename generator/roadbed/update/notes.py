"""What people must know before they deploy an update: variables, migrations, the changelog."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from packaging.version import InvalidVersion, Version

from roadbed.update.guard import is_migration
from roadbed.update.plan import Kind, Plan, Tree

ENV_EXAMPLE = PurePosixPath(".env.example")
CHANGELOG = "CHANGELOG.md"
_VARIABLE = re.compile(r"^([A-Z][A-Z0-9_]*)=(.*)$", re.MULTILINE)
_DJANGO = re.compile(rb"^class Migration\(.*Migration\):", re.MULTILINE)
_REVISION = re.compile(rb"^revision(?:\s*:\s*\w+)?\s*=\s*[\"']([^\"']+)[\"']", re.MULTILINE)
_HEADING = re.compile(r"^## +\[?v?(?P<version>[0-9][^\s\]]*)\]?(?P<rest>.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Variables:
    """`added`: name and example of each variable the operator has to know before deploying."""

    added: dict[str, str]
    removed: tuple[str, ...]


def compare_variables(root: Path, base: Tree, theirs: Tree) -> Variables:
    """What .env.example lists anew, and no longer. What the team lists already is not news."""
    before, after = (_variables(tree) for tree in (base, theirs))
    try:
        own = dict(_VARIABLE.findall((root / ENV_EXAMPLE).read_text("utf-8", "replace")))
    except OSError:
        own = {}
    added = {name: after[name] for name in after if name not in before and name not in own}
    return Variables(added, tuple(name for name in before if name not in after))


def _variables(tree: Tree) -> dict[str, str]:
    entry = tree.get(ENV_EXAMPLE)
    return dict(_VARIABLE.findall(entry.data.decode("utf-8", "replace"))) if entry else {}


def new_migrations(plan: Plan) -> tuple[PurePosixPath, ...]:
    """The migrations that come with the update."""
    return tuple(c.path for c in plan.of(Kind.ADDED, Kind.MOVED) if is_migration(c.path))


def migration_clashes(root: Path, plan: Plan, theirs: Tree) -> tuple[str, ...]:
    """A sentence for what people must mend before the new migrations run beside their own.

    Two of the same identity always. Separate branches only in Django, which wants one newest
    migration in each app; for other tools the template's and the team's live side by side.
    """
    new = new_migrations(plan)
    django = [path for path in new if _DJANGO.search(theirs[path].data)]
    clashes = list(_branches(root, django, theirs))
    for path in (path for path in new if path not in django):
        taken: dict[str, list[PurePosixPath]] = defaultdict(list)
        for own in _own_migrations(root, path.parent, theirs):
            taken[_identity(own, (root / own).read_bytes())].append(own)
        for own in taken[_identity(path, theirs[path].data)]:
            clashes.append(
                f"{own} and the new {path} have the same identity "
                f"'{_identity(path, theirs[path].data)}': give yours another one, and where a "
                "database has run it, change the name it recorded too"
            )
    return tuple(clashes)


def _branches(root: Path, new: Sequence[PurePosixPath], theirs: Tree) -> Iterable[str]:
    """A sentence for each app that has migrations of the team's and gets some of the template's."""
    for folder in dict.fromkeys(path.parent for path in new):
        own = [each.name for each in _own_migrations(root, folder, theirs) if is_migration(each)]
        added = [path.name for path in new if path.parent == folder]
        if own:
            yield (
                f"{folder}: {', '.join(added)} beside your {', '.join(own)}: join them with "
                "'python manage.py makemigrations --merge' before make migrate"
            )


def _own_migrations(root: Path, folder: PurePosixPath, theirs: Tree) -> Iterable[PurePosixPath]:
    if not (root / folder).is_dir():
        return
    for file in sorted((root / folder).iterdir()):
        path = PurePosixPath(file.relative_to(root).as_posix())
        if file.is_file() and path not in theirs:
            yield path


def _identity(path: PurePosixPath, data: bytes) -> str:
    """What a migration tool knows the file by: its revision, or the number in front of its name."""
    revision = _REVISION.search(data)
    if revision:
        return revision[1].decode("utf-8", "replace")
    number = re.match(r"[Vv]?[\d.]+", path.name)
    return number[0] if number else path.name


def changelog_between(
    text: str | None, current: Version | None, target: Version | None
) -> dict[str, str]:
    """The sections of a CHANGELOG.md after `current`, up to `target`, newest first.

    Without a version on either side there is nothing to compare with, and nothing is shown.
    """
    if text is None or target is None:
        return {}
    sections: dict[str, str] = {}
    headings = list(_HEADING.finditer(text))
    for number, heading in enumerate(headings):
        end = headings[number + 1].start() if number + 1 < len(headings) else len(text)
        try:
            version = Version(heading["version"])
        except InvalidVersion:
            continue
        if (current is None or version > current) and version <= target:
            sections[heading["version"]] = text[heading.end() : end].strip()
    return sections
