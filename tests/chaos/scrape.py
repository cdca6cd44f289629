"""What a flow's metrics say, as a scraper reads them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families

if TYPE_CHECKING:
    from collections.abc import Mapping


class Value(NamedTuple):
    """One series."""

    labels: Mapping[str, str]
    value: float


Scraped = dict[str, list[Value]]


def scrape(port: int) -> Scraped:
    """Read a flow's metrics by name."""
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as answer:
        text = answer.read().decode()
    values: Scraped = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            values.setdefault(sample.name, []).append(Value(sample.labels, sample.value))
    return values


def total(values: list[Value]) -> float:
    """Add up all series."""
    return sum(value for _, value in values)


def by_topic(values: list[Value]) -> Counter[str]:
    """Add up by topic; those of nothing are left out."""
    sums: Counter[str] = Counter()
    for labels, value in values:
        sums[labels["topic"]] += int(value)
    return +sums
