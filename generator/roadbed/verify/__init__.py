"""The contract suite: boots a generated project on real services and proves every clause.

It knows a project only by its make verbs, its environment and its ports, so the same checks fit
any language and framework.
"""

from __future__ import annotations

import importlib
import pkgutil
import shutil
import tempfile
import time
from collections.abc import Collection
from pathlib import Path

from roadbed.services import guardian
from roadbed.verify.check import Check, registered
from roadbed.verify.clauses import CLAUSES, UnknownClause, select
from roadbed.verify.ground import Place, ThisMachine
from roadbed.verify.process import Crashed
from roadbed.verify.project import NotAProject, Project, load
from roadbed.verify.report import Progress, Report

__all__ = [
    "CLAUSES",
    "Crashed",
    "NotAProject",
    "Progress",
    "Project",
    "Report",
    "UnknownClause",
    "all_checks",
    "load",
    "verify",
]


def all_checks() -> list[Check]:
    """Every check of the suite; importing the modules registers them."""
    from roadbed.verify import checks

    for module in sorted(pkgutil.iter_modules(checks.__path__), key=lambda found: found.name):
        importlib.import_module(f"{checks.__name__}.{module.name}")
    return registered()


def verify(
    project: Project,
    *,
    clauses: Collection[str] | None = None,
    checks: list[Check] | None = None,
    setup: bool = True,
    keep: bool = False,
    place: Place | None = None,
    progress: Progress | None = None,
) -> Report:
    """Run the suite (or the checks of some clauses or groups) against a project.

    `place` is where its processes run: on this machine by default. `setup` installs or builds.
    The folder with the services' logs is kept when something failed, or with `keep`.
    Raises `UnknownClause`, `Crashed` (setup or boot failed), `ServiceError` (no servers).
    """
    from roadbed.verify.run import Run
    from roadbed.verify.runner import Runner

    selected = select(clauses)
    place = place or ThisMachine(project)
    out = progress or Progress()
    began = time.monotonic()
    workdir = Path(tempfile.mkdtemp(prefix="roadbed-verify-"))
    guardian.watch_folder(workdir)
    report = Report(project)
    out.say(f"{project.root.name}: {project.description}")
    try:
        if setup:
            place.get_ready(out)
        runner = Runner(Run(project, workdir, place), selected, checks or all_checks(), out)
        report.verdicts = runner.execute()
    finally:
        failed = bool(report.verdicts) and not report.ok
        if failed or keep:
            report.workdir = workdir
        else:
            shutil.rmtree(workdir, ignore_errors=True)
        guardian.forget_folder(workdir)
    report.seconds = time.monotonic() - began
    out.summary(report)
    if report.workdir:
        out.say(f"Logs of the services: {report.workdir}")
    return report
