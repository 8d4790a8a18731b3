"""The contract suite: boots a generated project on real services and proves every clause.

It knows a project only by its make verbs, its environment and its ports, so the same checks fit
any language and framework.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import shutil
import tempfile
import time
from collections.abc import Collection
from pathlib import Path

from roadbed.services import guardian
from roadbed.verify.check import Check, registered
from roadbed.verify.clauses import CLAUSES, UnknownClause, select
from roadbed.verify.process import Crashed, run_once
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

_SETUP_WITHIN = 900.0


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
    progress: Progress | None = None,
) -> Report:
    """Run the suite (or the checks of some clauses or groups) against a project.

    The folder with the services' logs is kept when something failed, or with `keep`.
    Raises `UnknownClause`, `Crashed` (setup or boot failed), `ServiceError` (no servers).
    """
    from roadbed.verify.run import Run
    from roadbed.verify.runner import Runner

    selected = select(clauses)
    out = progress or Progress()
    began = time.monotonic()
    workdir = Path(tempfile.mkdtemp(prefix="roadbed-verify-"))
    guardian.watch_folder(workdir)
    report = Report(project)
    out.say(f"{project.root.name}: {project.description}")
    try:
        if setup:
            _set_up(project, out)
        runner = Runner(Run(project, workdir), selected, checks or all_checks(), out)
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


def _set_up(project: Project, out: Progress) -> None:
    """`make setup`; a project that is set up already makes this a matter of a second."""
    out.say("make setup …")
    code, stdout, stderr = run_once(
        ["setup"], project.root, _installer_environment(), _SETUP_WITHIN
    )
    if code != 0:
        tail = "\n".join((stdout + stderr).strip().splitlines()[-15:])
        raise Crashed(f"make setup failed with {code}\n{tail}")


def _installer_environment() -> dict[str, str]:
    """Installing needs what the user has set: proxies, mirrors, caches."""
    return dict(os.environ)
