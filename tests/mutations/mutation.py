"""One deliberate breakage of a generated project, and the clause whose check must notice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class Stale(Exception):
    """The text to break is not in the project (any more) exactly once."""


@dataclass(frozen=True)
class Mutation:
    """`old` stands exactly once in `file` (relative to the project) and becomes `new`.

    `check` narrows the proof to the checks of `clause` whose title contains it: the one that is
    meant to notice. `variants` are the contract's variant words that the project must have.
    """

    id: str
    clause: str
    file: str
    old: str
    new: str
    check: str = ""
    variants: frozenset[str] = frozenset()

    def apply(self, project: Path) -> None:
        """Break the project. Raises Stale, so that a mutation cannot silently do nothing."""
        path = project / self.file
        text = path.read_text("utf-8") if path.is_file() else ""
        count = text.count(self.old)
        if count != 1:
            raise Stale(f"{self.id}: {self.file} has its text {count} times, not once")
        path.write_text(text.replace(self.old, self.new), "utf-8")
