"""Strictness, each fault planted, and the arithmetic of two scrapes."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from roadbed.verify.exposition import ExpositionError, buckets, parse

HISTOGRAM = """\
# HELP d_seconds Duration.
# TYPE d_seconds histogram
d_seconds_bucket{route="/v1/posts/{id}",le="0.1"} 1
d_seconds_bucket{route="/v1/posts/{id}",le="+Inf"} 2
d_seconds_sum{route="/v1/posts/{id}"} 0.5
d_seconds_count{route="/v1/posts/{id}"} 2
"""


def test_reads_what_a_real_client_writes() -> None:
    registry = CollectorRegistry()
    Counter("jobs", "Jobs.", ["outcome"], registry=registry).labels('a "b" \\ \n c').inc(3)
    Gauge("free", "Free form.", registry=registry).set(float("inf"))
    Histogram("d_seconds", "D.", ["route"], registry=registry).labels("/v1/{id}").observe(0.2)
    scrape = parse(generate_latest(registry).decode())
    assert scrape.total("jobs_total", outcome='a "b" \\ \n c') == 3
    assert scrape.total("d_seconds_count", route="/v1/{id}") == 1
    assert 2.5 in buckets(scrape, "d_seconds")


def test_deltas_count_new_series_from_zero() -> None:
    before = parse('# TYPE a_total counter\na_total{x="1"} 5\n')
    after = parse('# TYPE a_total counter\na_total{x="1"} 7\na_total{x="2"} 1\n')
    assert after.since(before).total("a_total") == 3
    assert after.since(before).total("a_total", x="1") == 2
    assert after.new_series(before, "a_total") == {frozenset({("x", "2")})}
    assert after.label_values("a_total", "x") == {"1", "2"}


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ("line feed", "a 1"),
        ("text format", "a one\n"),
        ("text format", "a{b=1} 1\n"),
        ("text format", "1a 1\n"),
        ("text format", "<html>\n"),
        ("text format", "# TYPE a whatever\na 1\n"),
        ("twice", "a 1\na 1\n"),
        ("second TYPE", "# TYPE a gauge\n# TYPE a gauge\na 1\n"),
        ("not together", '# TYPE a gauge\na 1\nb 1\na{x="1"} 1\n'),
        ("+Inf", HISTOGRAM.replace('le="+Inf"', 'le="9"')),
        ("accumulate", HISTOGRAM.replace('le="0.1"} 1', 'le="0.1"} 3')),
        ("_sum", HISTOGRAM.replace('d_seconds_sum{route="/v1/posts/{id}"} 0.5\n', "")),
        (
            "differs",
            HISTOGRAM[:-2] + "5\n",
        ),
    ],
)
def test_refuses(fault: str, text: str) -> None:
    parse(HISTOGRAM)
    with pytest.raises(ExpositionError, match=fault.replace("+", r"\+")):
        parse(text)
