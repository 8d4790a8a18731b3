"""SEC-07: a schema fuzzer (Schemathesis) over the API description, within a budget."""

from __future__ import annotations

import copy
import sys
from pathlib import Path
from subprocess import PIPE, STDOUT, TimeoutExpired, run
from typing import Any

import yaml

from roadbed.verify import contract
from roadbed.verify.check import check
from roadbed.verify.target import Target

_SECONDS = 25
# Operations that end the credential the fuzzer works with, in either variant.
_SUICIDAL = ("/v1/auth/logout-all", "/v1/users/me/password", "deleteMe")
_CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
)


@check("SEC-07", "Schemathesis finds no 5xx and no answer outside the description")
def schema_fuzzer(t: Target) -> None:
    user = t.user("fuzzer")
    post = user.write_post()
    folder = t.stand.folder
    description = folder / "fuzzed-openapi.yaml"
    description.write_text(yaml.safe_dump(_described(t, post["id"], user.id)), "utf-8")
    credential = (
        f"Authorization: Bearer {user.access_token}"
        if t.project.auth == "jwt"
        else f"Cookie: {user.cookie_header}"
    )
    t.step(f"Schemathesis for {_SECONDS} s over every operation, signed in")
    pid = t.ctl.pid("api")
    code, output = _schemathesis(description, t.api.base_url, credential, folder)
    t.expect(code == 0, expected="no failures", saw=_failures(output))
    tested = "operations" in output.lower() or "test cases" in output.lower()
    t.expect(tested, expected="test cases were generated", saw=output[-600:])
    t.equal(t.ctl.pid("api"), pid)
    t.api.get("/healthz").require(200)


def _described(t: Target, post_id: str, user_id: str) -> dict[str, Any]:
    """The contract's description: this variant's operations, with ids that exist as examples."""
    document = copy.deepcopy(contract.document())
    kept = set(contract.operations(t.project.auth, social=t.project.social))
    for template in list(document["paths"]):
        item = document["paths"][template]
        for method in list(contract.methods_of(template)):
            operation = item[method.lower()]
            suicidal = template in _SUICIDAL or operation["operationId"] in _SUICIDAL
            if (method, template) not in kept or suicidal:
                del item[method.lower()]
        if not contract.methods_of(template) & {name.upper() for name in item}:
            del document["paths"][template]
    identifier = document["components"]["parameters"]["Id"]
    identifier["examples"] = {"post": {"value": post_id}, "user": {"value": user_id}}
    return document


def _schemathesis(description: Path, url: str, credential: str, folder: Path) -> tuple[int, str]:
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", str(description),
        "--url", url, "--header", credential,
        "--checks", ",".join(_CHECKS),
        "--phases", "examples,coverage,fuzzing",
        "--max-time", str(_SECONDS), "--max-examples", "25", "--seed", "20261122",
        "--workers", "1", "--no-color", "--request-timeout", "5", "--suppress-health-check", "all",
        "--warnings", "off",
    ]  # fmt: skip
    try:
        done = run(command, stdout=PIPE, stderr=STDOUT, cwd=folder, timeout=_SECONDS * 4, text=True)
    except TimeoutExpired as late:
        return 124, str(late)
    return done.returncode, done.stdout


def _failures(output: str) -> str:
    _, found, rest = output.partition("FAILURES")
    return (rest if found else output)[-1500:]
