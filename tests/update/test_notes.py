from __future__ import annotations

from packaging.version import Version

from roadbed.update.notes import changelog_between
from tests.conftest import ROOT

TEXT = """# Changelog

Words.

## Unreleased

Not yet.

## [0.10.0] - 2026-03-01

Ten.

### Before you deploy

- Set X.

## 0.2.0 (2026-02-01)

Two.

## v0.1.0

One.
"""


def test_the_sections_after_one_version_up_to_another() -> None:
    between = changelog_between(TEXT, Version("0.1.0"), Version("0.10.0"))
    assert list(between) == ["0.10.0", "0.2.0"]
    assert between["0.10.0"] == "Ten.\n\n### Before you deploy\n\n- Set X."
    assert list(changelog_between(TEXT, Version("0.1.0.post3"), Version("0.2.0"))) == ["0.2.0"]
    assert changelog_between(TEXT, Version("0.10.0"), Version("0.10.0")) == {}
    assert changelog_between(TEXT, Version("0.1.0"), None) == {}
    assert changelog_between(None, None, Version("1")) == {}


def test_this_repositorys_changelog_has_what_plans_quote() -> None:
    sections = changelog_between((ROOT / "CHANGELOG.md").read_text(), None, Version("99"))
    assert sections
    for text in sections.values():
        assert "### In generated projects" in text
        assert "### Before you deploy" in text
