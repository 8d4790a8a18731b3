"""What `roadbed update` says: the plan before, the outcome after, or both as JSON."""

from __future__ import annotations

import json
from typing import Any

from roadbed.terminal import Terminal
from roadbed.update.plan import Change, Kind
from roadbed.update.run import Proposal

_STYLES = {
    Kind.ADDED: ("green",),
    Kind.CHANGED: ("green",),
    Kind.MERGED: ("cyan",),
    Kind.MOVED: ("cyan",),
    Kind.REMOVED: ("green",),
    Kind.CONFLICT: ("red", "bold"),
    Kind.BESIDE: ("red", "bold"),
    Kind.SET_ASIDE: ("yellow", "bold"),
    Kind.LEFT_OUT: ("yellow",),
    Kind.RETAINED: ("yellow",),
}
_WIDTH = max(len(kind) for kind in Kind)


def explain(change: Change) -> str:
    """What a person should know about this path, empty when its kind says it all."""
    other = change.other
    return {
        Kind.MERGED: "your edits and the template's",
        Kind.MOVED: f"from {other}, with your edits",
        Kind.CONFLICT: f"from {other}, both sides changed it" if other else "both sides changed it",
        Kind.BESIDE: f"yours stays; the template's version is in {other}",
        Kind.SET_ASIDE: f"the template's wins; your version is in {other}",
        Kind.LEFT_OUT: "the template changed it, you removed or replaced it: nothing is done",
        Kind.RETAINED: "no longer in the template; it stays, a database may have run it",
    }.get(change.kind, "")


def show_plan(proposal: Proposal, out: Terminal) -> None:
    """The whole plan, for people."""
    names = proposal.current.name, proposal.target.name
    way = names[0] if names[0] == names[1] else " -> ".join(names)
    out.line(f"{proposal.project.root.name}: {way}", "bold")
    if proposal.is_nothing:
        out.line("up to date: nothing to do")
        return
    _show_changelog(proposal, out)
    _show_answers(proposal, out)
    out.line()
    out.line("Files", "bold")
    for change in proposal.plan.changes:
        kind = out.paint(change.kind.value.ljust(_WIDTH), *_STYLES[change.kind])
        note = explain(change)
        out.line(f"  {kind}  {change.path}{out.paint(f'  ({note})', 'dim') if note else ''}")
    _show_deployment(proposal, out)
    out.line()
    out.line(_counts(proposal))


def _show_changelog(proposal: Proposal, out: Terminal) -> None:
    for version, text in proposal.changelog.items():
        out.line()
        out.line(f"New in {version}", "bold")
        for line in text.splitlines():
            out.line(f"  {line}" if line else "")


def _show_answers(proposal: Proposal, out: Terminal) -> None:
    carried = proposal.carried
    lines = [f"{key}: {value}  (new)" for key, value in carried.added.items()]
    lines += [f"{key}: {old} -> {new}" for key, (old, new) in carried.changed.items()]
    lines += [f"{key}: {value}  (no longer asked)" for key, value in carried.dropped.items()]
    if lines:
        out.line()
        out.line("Answers", "bold")
        for line in lines:
            out.line(f"  {line}")


def _show_deployment(proposal: Proposal, out: Terminal) -> None:
    variables = proposal.variables
    lines = [f"set {name}, for instance {value!r}" if value else f"set {name}"
             for name, value in variables.added.items()]  # fmt: skip
    lines += [f"{name} is no longer read" for name in variables.removed]
    lines += [f"run make migrate, for {path}" for path in proposal.migrations]
    lines += list(proposal.clashes)
    if lines:
        out.line()
        out.line("Before you deploy", "bold")
        for line in lines:
            out.line(f"  {line}")


def _counts(proposal: Proposal) -> str:
    found = ((kind, len(proposal.plan.of(kind))) for kind in Kind)
    return ", ".join(f"{count} {kind.value}" for kind, count in found if count)


def show_outcome(proposal: Proposal, out: Terminal) -> None:
    """What to do now that it is applied."""
    plan = proposal.plan
    out.line()
    if plan.unresolved:
        show_unresolved([str(c.path if c.other is None or c.kind is Kind.CONFLICT else c.other)
                         for c in plan.unresolved], out)  # fmt: skip
        return
    for change in plan.of(Kind.SET_ASIDE):
        out.line(f"Your version of {change.path} is in {change.other}: take over what you need",
                 "yellow")  # fmt: skip
    out.line("Done. Look at it with git diff, run the tests, and commit.", "green")


def show_unresolved(paths: list[str] | tuple[str, ...], out: Terminal) -> None:
    """What people have to decide, and how to go on."""
    for path in paths:
        out.line(f"  {path}", "red")
    out.paragraph(
        "Resolve these: take the markers out of a file, and remove a .new file once you have "
        "what you need. Then run roadbed update --continue. To put everything back: roadbed "
        "update --abort."
    )


def as_data(proposal: Proposal, *, applied: bool) -> dict[str, Any]:
    """Plan and outcome for programs. Paths are relative to `project`."""
    carried = proposal.carried
    return {
        "project": str(proposal.project.root),
        "from": proposal.current.name,
        "to": proposal.target.name,
        "available": not proposal.is_nothing,
        "applied": applied,
        "changes": [
            {
                "path": str(change.path),
                "kind": change.kind.value,
                "other": str(change.other) if change.other else None,
            }
            for change in proposal.plan.changes
        ],
        "answers": {
            "added": carried.added,
            "changed": {
                key: {"from": old, "to": new} for key, (old, new) in carried.changed.items()
            },
            "dropped": carried.dropped,
        },
        "before_deploying": {
            "set": proposal.variables.added,
            "unset": list(proposal.variables.removed),
            "migrations": list(proposal.migrations),
            "clashes": list(proposal.clashes),
        },
        "changelog": dict(proposal.changelog),
        "unresolved": [str(change.path) for change in proposal.plan.unresolved],
    }


def print_json(proposal: Proposal, *, applied: bool) -> None:
    print(json.dumps(as_data(proposal, applied=applied), indent=2, ensure_ascii=True))
