"""Prometheus text exposition, read strictly, and what changed between two reads."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

Labels = frozenset[tuple[str, str]]
Series = tuple[str, Labels]

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"'
_LABELS = rf"\{{(?:{_LABEL}(?:,{_LABEL})*,?)?\}}"
_NUMBER = r"(?:[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[+-]?Inf|NaN)"
_SAMPLE = re.compile(rf"{_NAME}(?:{_LABELS})?[ \t]+{_NUMBER}(?:[ \t]+-?\d+)?[ \t]*")
_COMMENT = re.compile(
    rf"#(?:[ \t]+(?:HELP[ \t]+{_NAME}(?:[ \t].*)?|TYPE[ \t]+{_NAME}[ \t]+"
    r"(?:counter|gauge|histogram|summary|untyped)|(?!HELP|TYPE).*))?"
)
_SUFFIXES = ("_bucket", "_count", "_sum", "_total", "_created")
MEDIA_TYPE = re.compile(r"text/plain;\s*version=(?:0\.0\.4|1\.0\.0)(?:;.*)?", re.IGNORECASE)


class ExpositionError(ValueError):
    """The text is no valid exposition; the message names the line or the series."""


@dataclass(frozen=True)
class Scrape:
    """One read of /metrics: a value per series, and the declared type of each family."""

    values: dict[Series, float]
    types: dict[str, str]

    def select(self, name: str, **labels: str) -> dict[Labels, float]:
        """Series of `name` whose labels include these."""
        wanted = set(labels.items())
        return {
            have: value
            for (series, have), value in self.values.items()
            if series == name and wanted <= have
        }

    def total(self, name: str, **labels: str) -> float:
        """Sum over the matching series; 0 when there is none."""
        return sum(self.select(name, **labels).values())

    def label_values(self, name: str, label: str) -> set[str]:
        return {dict(labels).get(label, "") for labels in self.select(name)}

    def since(self, earlier: Scrape) -> Scrape:
        """What was added to every series since; a new series counts from 0."""
        return Scrape(
            {key: value - earlier.values.get(key, 0.0) for key, value in self.values.items()},
            self.types,
        )

    def new_series(self, earlier: Scrape, name: str) -> set[Labels]:
        return set(self.select(name)) - set(earlier.select(name))


def parse(text: str) -> Scrape:
    """Reads the whole text or raises ExpositionError: no line is skipped, nothing is guessed."""
    _check_lines(text)
    try:
        families = list(text_string_to_metric_families(text))
    except ValueError as error:
        raise ExpositionError(str(error)) from error
    values: dict[Series, float] = {}
    for family in families:
        for sample in family.samples:
            series = (sample.name, frozenset(sample.labels.items()))
            if series in values:
                raise ExpositionError(f"the series {_show(series)} stands there twice")
            values[series] = sample.value
    types = {family.name: family.type for family in families}
    for family in families:
        if family.type == "histogram":
            _check_histogram(family, values)
    return Scrape(values, types)


def _check_lines(text: str) -> None:
    if text and not text.endswith("\n"):
        raise ExpositionError("the last line does not end in a line feed")
    typed: set[str] = set()
    helped: set[str] = set()
    finished: set[str] = set()
    current = ""
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        pattern = _COMMENT if line.startswith("#") else _SAMPLE
        if not pattern.fullmatch(line):
            raise ExpositionError(f"line {number} is not in the text format: {line[:120]!r}")
        family = _family(line, typed)
        if family is None:
            continue
        if family != current:
            if family in finished:
                raise ExpositionError(f"line {number}: the lines of {family} are not together")
            finished.add(current)
            current = family
        for keyword, seen in (("TYPE", typed), ("HELP", helped)):
            if re.match(rf"#\s+{keyword}\s", line):
                if family in seen:
                    raise ExpositionError(f"line {number}: a second {keyword} for {family}")
                seen.add(family)


def _family(line: str, typed: Iterable[str]) -> str | None:
    """The metric family a line belongs to; None for a free comment."""
    words = line.split(None, 3)
    if line.startswith("#"):
        return words[2] if len(words) > 2 and words[1] in ("HELP", "TYPE") else None
    name = re.split(r"[{\s]", line, maxsplit=1)[0]
    if name in typed:
        return name
    for suffix in _SUFFIXES:
        if name.endswith(suffix) and name.removesuffix(suffix) in typed:
            return name.removesuffix(suffix)
    return name


def _check_histogram(family: Metric, values: dict[Series, float]) -> None:
    buckets: dict[Labels, list[tuple[float, float]]] = defaultdict(list)
    for sample in family.samples:
        if sample.name == f"{family.name}_bucket":
            if "le" not in sample.labels:
                raise ExpositionError(f"{sample.name} without the label le")
            rest = frozenset((k, v) for k, v in sample.labels.items() if k != "le")
            buckets[rest].append((float(sample.labels["le"]), sample.value))
    for labels, counts in buckets.items():
        where = _show((family.name, labels))
        counts.sort()
        if not math.isinf(counts[-1][0]):
            raise ExpositionError(f'{where} has no bucket le="+Inf"')
        if any(b < a for (_, a), (_, b) in pairwise(counts)):
            raise ExpositionError(f"the buckets of {where} do not accumulate")
        for suffix in ("_sum", "_count"):
            if (family.name + suffix, labels) not in values:
                raise ExpositionError(f"{where} has no {suffix}")
        if values[family.name + "_count", labels] != counts[-1][1]:
            raise ExpositionError(f'_count of {where} differs from its bucket le="+Inf"')


def buckets(scrape: Scrape, name: str) -> set[float]:
    """The finite upper bounds of a histogram."""
    bounds = {float(value) for value in scrape.label_values(f"{name}_bucket", "le") if value}
    return {bound for bound in bounds if math.isfinite(bound)}


def _show(series: Series) -> str:
    name, labels = series
    return name + "{" + ",".join(f'{key}="{value}"' for key, value in sorted(labels)) + "}"
