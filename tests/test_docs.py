"""The docs say what the product says: quotations are current, links lead somewhere."""

from __future__ import annotations

import importlib.util
import re
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

from roadbed import steps
from roadbed.verify.clauses import CLAUSES

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"```.*?```", re.DOTALL)
_CLAUSE = re.compile(r"\b(?:HTTP|ERR|AUTH|JWT|SESS|OAUTH|USERS|POSTS|CACHE|RATE|JOBS|SCHED|OBS|"
                     r"HEALTH|CONFIG|SHUT|SEC|DB)-\d\d\b")  # fmt: skip


@pytest.fixture(scope="module")
def quote() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_quote", DOCS / "quote.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def anchors(page: Path) -> set[str]:
    """The names GitHub gives to a page's headings."""
    headings = re.findall(r"^#+ (.+)$", _CODE.sub("", page.read_text("utf-8")), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)
    return set(plain)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_quotation_is_current(page: Path, quote: ModuleType) -> None:
    text = page.read_text("utf-8")
    # Word by word: where argparse breaks a line depends on Python's version.
    assert text.split() == quote.refreshed(text).split(), "run: .venv/bin/python docs/quote.py"


def test_a_stale_quotation_is_noticed(quote: ModuleType) -> None:
    page = "<!-- quote: exit-codes -->\nas it was once\n<!-- end quote -->\n"
    assert "as it was once" not in quote.refreshed(page)
    assert "| 130 |" in quote.refreshed(page)


def test_a_quotation_of_nothing_is_an_error(quote: ModuleType) -> None:
    for what in ("nonsense", "clauses NOPE", "emitted src/app/ids.py no_such_function"):
        with pytest.raises(quote.UnknownQuote):
            quote.quote(what)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in _LINK.findall(_CODE.sub("", page.read_text("utf-8"))):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name}: {link}"
        assert not anchor or anchor in anchors(target), f"{page.name}: {link}"


def test_every_page_can_be_reached_from_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert [page.name for page in PAGES[1:] if f"(docs/{page.name})" not in readme] == []


def test_the_contract_has_every_clause_with_its_level() -> None:
    text = (DOCS / "contract.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| ([A-Z]+-\d\d) \| (MUST|SHOULD) \|", text, re.MULTILINE))
    assert rows == {clause.id: clause.level for clause in CLAUSES.values()}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_names_a_clause_that_is_none(page: Path) -> None:
    assert set(_CLAUSE.findall(page.read_text("utf-8"))) <= set(CLAUSES)


def test_the_architecture_lists_the_steps_in_their_order() -> None:
    text = (DOCS / "architecture.md").read_text("utf-8")
    table = text.partition("## The steps of `roadbed new`")[2].partition("\n## ")[0]
    named = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    in_order = (*steps.PREPARE, *steps.PREVIEW, *steps.WRITE)
    assert named == [step.__name__ for step in in_order]


def test_every_repository_path_that_the_docs_name_exists() -> None:
    folders = (ROOT, ROOT / "generator/roadbed", DOCS)
    for page in PAGES:
        if page.name in {"glossary.md", "options.md", "contract.md"}:
            continue
        prose = _CODE.sub("", page.read_text("utf-8"))
        prose = prose.partition("## The Python service")[0] + prose.partition("## The steps")[2]
        for name in re.findall(r"`((?:bench|docs|generator|verify|services)/[\w./]*)`", prose):
            assert any((folder / name).exists() for folder in folders), f"{page.name}: {name}"


def test_the_commits_that_the_recipe_names_are_in_the_history() -> None:
    text = (DOCS / "adding-a-framework.md").read_text("utf-8")
    commits = re.findall(r"`([0-9a-f]{7})`", text)
    assert commits
    for commit in commits:
        command = ["git", "-C", str(ROOT), "cat-file", "-e", f"{commit}^{{commit}}"]
        found = subprocess.run(command, capture_output=True, text=True)
        assert found.returncode == 0, f"{commit}: {found.stderr}"


def test_the_readme_names_verbs_that_make_has() -> None:
    verbs = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    readme = (ROOT / "README.md").read_text("utf-8")
    assert set(re.findall(r"(?:^|`)make ([a-z-]+)", readme, re.MULTILINE)) <= verbs
