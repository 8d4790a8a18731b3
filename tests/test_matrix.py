"""The variants and the pairwise set, against a brute force that shares no code with them."""

from __future__ import annotations

import itertools
import json
import shutil
from pathlib import Path

import pytest
import yaml

from roadbed.errors import ANSWERS, USAGE, AnswersError
from roadbed.fingerprint import COMPOSED, changed_since, fingerprint, render_variant, stands_beside
from roadbed.matrix import (
    BESIDE,
    Variant,
    beside_variants,
    default_variant,
    every_variant,
    named,
    pairwise,
)
from roadbed.questions import Choice, Question, Questionnaire, load_questions
from roadbed.source import TemplateSource, open_source
from tests.conftest import IDENTITY, ROOT, Roadbed, run, tree
from tests.template.features import LANGUAGES

Assignment = frozenset[tuple[str, str]]


def oracle() -> set[Assignment]:
    """The product, straight from copier.yml, without what stands beside the service."""
    spec = yaml.safe_load((ROOT / "copier.yml").read_text())
    offered: list[list[tuple[str, str]]] = []
    for name, question in spec.items():
        if name.startswith("_") or question.get("when") is False or name in BESIDE:
            continue
        if question["type"] == "bool":
            offered.append([(name, "true"), (name, "false")])
        elif "choices" in question:
            offered.append([(name, value) for value in question["choices"].values()])
    return {frozenset(combination) for combination in itertools.product(*offered)}


def uncovered(chosen: set[Assignment], product: set[Assignment]) -> list[tuple[object, object]]:
    """Pairs of choices that some member of the product holds and no chosen one."""
    choices = sorted(set().union(*product))
    return [
        (one, two)
        for one, two in itertools.combinations(choices, 2)
        if any({one, two} <= each for each in product)
        and not any({one, two} <= each for each in chosen)
    ]


@pytest.fixture(scope="module")
def questions(source: TemplateSource) -> Questionnaire:
    return load_questions(source.questions_file)


@pytest.fixture(scope="module")
def variants(source: TemplateSource, questions: Questionnaire) -> tuple[Variant, ...]:
    return every_variant(source, questions)


def test_the_product_is_the_oracles(variants: tuple[Variant, ...]) -> None:
    assert {frozenset(each.choices) for each in variants} == oracle()
    assert len({each.name for each in variants}) == len(variants)


def test_what_stands_beside_the_service_multiplies_nothing(
    variants: tuple[Variant, ...], questions: Questionnaire
) -> None:
    default = default_variant(variants, questions)
    beside = beside_variants(default, questions)
    assert [each.choices[-1] for each in beside] == [
        ("deploy", "railway"),
        ("deploy", "render"),
        ("deploy", "ecs"),
        ("proxy", "nginx"),
        ("update_workflow", "true"),
    ]
    assert all(each.choices[:-1] == default.choices for each in beside)
    assert set(questions.names) >= BESIDE


def test_what_stands_beside_the_service_leaves_it_alone(
    source: TemplateSource,
    variants: tuple[Variant, ...],
    questions: Questionnaire,
    tmp_path: Path,
) -> None:
    """The reason why such a choice needs no run of its own: the service's files are the same."""
    default = default_variant(variants, questions)
    render_variant(default, source, tmp_path / "default")
    without = tree(tmp_path / "default")
    for each in beside_variants(default, questions):
        render_variant(each, source, tmp_path / each.name)
        found = tree(tmp_path / each.name)
        differing = {name for name in {*found, *without} if found.get(name) != without.get(name)}
        assert [name for name in differing if not stands_beside(name)] == []


def test_the_pairwise_set_holds_every_pair(
    variants: tuple[Variant, ...], questions: Questionnaire
) -> None:
    default = default_variant(variants, questions)
    chosen = pairwise(variants, default)
    assert default in chosen
    assert uncovered({frozenset(each.choices) for each in chosen}, oracle()) == []
    assert pairwise(variants, default) == chosen
    assert len(chosen) < len(variants)


def test_the_oracle_misses_a_pair_when_a_row_is_taken_out() -> None:
    """A set of the smallest size that is possible needs every one of its rows."""
    rows = [Variant(f"{a}{b}", (("a", a), ("b", b))) for a in "xyz" for b in "12"]
    product = {frozenset(each.choices) for each in rows}
    assert uncovered(product, product) == []
    assert uncovered(product - {frozenset(rows[0].choices)}, product) == [(("a", "x"), ("b", "1"))]


def big(*sizes: int) -> tuple[Variant, ...]:
    """A product of invented questions, without some combinations: those that hold 0 and 1."""
    axes = [[(f"q{axis}", f"{value}") for value in range(size)] for axis, size in enumerate(sizes)]
    combinations = [
        combination
        for combination in itertools.product(*axes)
        if not {("q0", "0"), ("q1", "1")} <= set(combination)
    ]
    return tuple(Variant("-".join(v for _, v in each), each) for each in combinations)


@pytest.mark.parametrize("sizes", [(17, 2, 2, 4), (3, 3, 3, 3, 3), (2, 5)])
def test_every_valid_pair_of_a_product_with_holes(sizes: tuple[int, ...]) -> None:
    variants = big(*sizes)
    product = {frozenset(each.choices) for each in variants}
    chosen = pairwise(variants, variants[-1])
    assert uncovered({frozenset(each.choices) for each in chosen}, product) == []
    largest, second = sorted(sizes)[-1], sorted(sizes)[-2]
    assert len(chosen) <= 2 * largest * second


def test_what_is_kept_needs_no_other_for_its_pairs(variants: tuple[Variant, ...]) -> None:
    assert pairwise(variants, *variants) == variants
    kept = variants[-1]
    assert kept in pairwise(variants, kept)


def test_a_combination_that_the_rules_refuse_is_no_variant(
    source: TemplateSource, questions: Questionnaire
) -> None:
    """The rules are asked, not assumed: a choice nobody can record makes no variant."""
    refused = Choice("nowhere", "Not in copier.yml")
    asked = tuple(
        Question(each.name, each.help, each.default, (*each.choices, refused))
        if each.name == "queue"
        else each
        for each in questions.asked
    )
    wider = Questionnaire(asked, questions.computed)
    assert every_variant(source, wider) == every_variant(source, questions)


def test_a_name_that_is_not_offered_is_a_fault(variants: tuple[Variant, ...]) -> None:
    assert named([variants[0].name], variants) == (variants[0],)
    with pytest.raises(AnswersError, match=f"did you mean '{variants[0].name}'"):
        named([variants[0].name[:-1]], variants)


def test_github_gets_one_line_with_every_variant(roadbed: Roadbed) -> None:
    outcome = roadbed("matrix", "--all", "--format", "github")
    assert (outcome.code, outcome.out.count("\n")) == (0, 1)
    rows = json.loads(outcome.out)["include"]
    names = [row.pop("variant") for row in rows]
    assert {frozenset(row.items()) for row in rows} == oracle()
    assert len(set(names)) == len(names)


def test_the_commands_in_json_make_the_variants(roadbed: Roadbed, tmp_path: Path) -> None:
    described = json.loads(roadbed("matrix", "--format", "json").out)
    last = described[-1]
    assert roadbed(*last["command"].split()[1:], "--no-git").code == 0
    recorded = yaml.safe_load((tmp_path / "cwd" / last["name"] / ".copier-answers.yml").read_text())
    assert {key: str(recorded[key]).lower() for key in last["answers"]} == last["answers"]


def test_the_table_is_plain_and_the_default(roadbed: Roadbed) -> None:
    outcome = roadbed("matrix")
    assert outcome.out == roadbed("matrix", "--pairwise", "--format", "table").out
    assert "\x1b" not in outcome.out
    assert all(line == line.rstrip() for line in outcome.out.splitlines())


@pytest.mark.parametrize("revision", ["nope", "-o/tmp/x", "HEAD~999"])
def test_a_revision_that_is_none_is_one_line(revision: str, roadbed: Roadbed) -> None:
    outcome = roadbed("matrix", f"--changed-since={revision}")
    assert outcome.code == USAGE
    assert len(outcome.err.splitlines()) == 1


def test_both_sets_at_once_and_an_unknown_format_are_refused(roadbed: Roadbed) -> None:
    assert roadbed("matrix", "--all", "--pairwise").code == USAGE
    assert roadbed("matrix", "--format", "xml").code == USAGE
    assert roadbed("new", "x", "--set", "queue=nowhere").code == ANSWERS


def test_only_what_renders_otherwise_has_changed(
    snapshot: Path, tmp_path: Path, questions: Questionnaire
) -> None:
    clone = Path(shutil.copytree(snapshot, tmp_path / "clone"))
    source = open_source(clone)
    every = every_variant(source, questions)
    variants = tuple(each for each in every if each.answers["framework"] in {"flask", "hono"})
    assert changed_since("HEAD", variants, source) == ()
    (clone / "template/{{ layer_python }}/{{ layer_session }}/NOTE.txt").write_text("x\n")
    changed = changed_since("HEAD", variants, open_source(clone))
    assert changed
    assert set(changed) == {
        each
        for each in variants
        if each.answers["auth"] == "session" and LANGUAGES[each.answers["framework"]] == "python"
    }
    run("git", "add", "--all", cwd=clone)
    run("git", "commit", "-q", "-m", "x", cwd=clone, **IDENTITY)
    assert changed_since("HEAD", variants, open_source(clone)) == ()


def test_the_fingerprint_sees_the_whole_service(
    source: TemplateSource, variants: tuple[Variant, ...], tmp_path: Path
) -> None:
    project = tmp_path / "p"
    before = render_variant(variants[0], source, project)
    (project / "Makefile").chmod(0o755)
    assert fingerprint(project) != before
    (project / "Makefile").chmod(0o644)
    assert fingerprint(project) == before
    (project / "empty").touch()
    assert fingerprint(project) != before
    (project / "empty").rename(project / "src/app/empty")
    assert fingerprint(project) != before


def test_what_stands_beside_the_service_is_told_apart(
    source: TemplateSource, variants: tuple[Variant, ...], tmp_path: Path
) -> None:
    project = tmp_path / "p"
    before = render_variant(variants[0], source, project)
    composed = fingerprint(project, beside=COMPOSED)
    for name in ("README.md", ".copier-answers.yml", ".github/workflows/ci.yml"):
        with (project / name).open("a") as end:
            end.write("# Another\n")
    assert (fingerprint(project), fingerprint(project, beside=COMPOSED)) == (before, composed)
    with (project / "Dockerfile").open("a") as end:
        end.write("# Another\n")
    assert fingerprint(project) == before
    assert fingerprint(project, beside=COMPOSED) != composed
