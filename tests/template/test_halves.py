"""The floor's two halves say the same: what waits, and what blocks, differ in nothing else.

A module that stands in both is the synchronous one once `async` and `await` are taken out of the
asynchronous one; what cannot be so (pools, deadlines) is named here.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

PYTHON = Path(__file__).resolve().parents[2] / "template/{{ layer_python }}"
ASYNC, SYNC = PYTHON / "{{ layer_async }}", PYTHON / "{{ layer_sync }}"
# Alike in their names, and each at home in its own world.
UNLIKE = frozenset({"src/app/db.py", "src/app/redis_store.py", "src/app/hashing.py"})
NAMES = {
    "redis.asyncio": "redis",
    "AsyncClient": "Client",
    "aclose": "close",
    "AsyncIterator": "Iterator",
    "asynccontextmanager": "contextmanager",
}


def modules(half: Path) -> set[str]:
    return {path.relative_to(half).as_posix() for path in half.rglob("src/**/*.py")}


TWINS = sorted((modules(ASYNC) & modules(SYNC)) - UNLIKE)


class Blocking(ast.NodeTransformer):
    """What an asynchronous module would be if nothing in it waited."""

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        self.generic_visit(node)
        return ast.FunctionDef(**dict(ast.iter_fields(node)))

    def visit_AsyncWith(self, node: ast.AsyncWith) -> ast.AST:
        self.generic_visit(node)
        return ast.With(**dict(ast.iter_fields(node)))

    def visit_AsyncFor(self, node: ast.AsyncFor) -> ast.AST:
        self.generic_visit(node)
        return ast.For(**dict(ast.iter_fields(node)))

    def visit_Await(self, node: ast.Await) -> ast.AST:
        return self.visit(node.value)  # type: ignore[no-any-return]

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.value, ast.Name) and node.value.id == "Awaitable":
            return node.slice
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        node.names = [alias for alias in node.names if alias.name != "Awaitable"]
        return node


def blocking(text: str) -> str:
    for waiting, plain in NAMES.items():
        text = re.sub(rf"\b{re.escape(waiting)}\b", plain, text)
    tree = ast.fix_missing_locations(Blocking().visit(ast.parse(text)))
    return ast.unparse(tree)


def test_the_halves_have_the_same_modules() -> None:
    """But for what only one of them needs."""
    assert modules(ASYNC) - modules(SYNC) == set()
    assert {name for name in modules(SYNC) - modules(ASYNC) if "/wsgi/" not in name} == {
        "src/app/watchdog.py"
    }
    assert modules(ASYNC) >= UNLIKE


@pytest.mark.parametrize("name", TWINS)
def test_a_module_of_both_halves_says_the_same(name: str) -> None:
    ours = blocking((ASYNC / name).read_text("utf-8"))
    assert ast.unparse(ast.parse((SYNC / name).read_text("utf-8"))) == ours


def test_a_difference_is_seen() -> None:
    text = (ASYNC / "src/app/services/posts.py").read_text("utf-8")
    assert blocking(text) != blocking(text.replace("limit + 1", "limit"))
