"""The metrics of one process: the rows of its flow in a registry of their own, safe to use from any thread.

Updates belong once to a batch, not once to a record. Nothing that is measured here has a say in the output.
"""

from __future__ import annotations

import time
from itertools import product
from math import nan
from typing import TYPE_CHECKING, Any, Final, TypeVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import choose_encoder

from adapters.metrics.declaration import OTHER, AgeRow, CounterRow, GaugeRow, HistogramRow
from adapters.metrics.table import rows_of
from adapters.metrics.tables.labels import LINK, PARTITION, TOPIC, ZONE
from adapters.metrics.tables.service import BUILD_INFO

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from adapters.metrics.declaration import Label, Row

Family = TypeVar("Family", Counter, Gauge, Histogram)

_OPEN_METRICS: Final = "application/openmetrics-text"


def wall_clock() -> float:
    """Return the seconds since 1970, for lags and delays alone: the engine's clock is the evidence log."""
    return time.time()  # noqa: TID251 (how late the output is can only be told by the real time)


class Age:
    """The seconds since a moment, told whenever it is asked for."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._moment = nan

    def since(self, moment: float) -> None:
        """Count from `moment`, in seconds of the row's clock; one to come, as `END_OF_LOG`, gives 0."""
        self._moment = moment

    def seconds(self) -> float:
        """Return the age; not a number before the first moment."""
        return max(self._clock() - self._moment, 0.0)


class Metrics:
    """The metrics of one flow. What is asked for by a row that is not the flow's is a `KeyError`.

    The values of the labels that the table leaves open are given here, once: anything else is counted as `other`.
    """

    def __init__(
        self,
        flow: str,
        *,
        topics: Collection[str] = (),
        partitions: int = 0,
        zones: Collection[str] = (),
        links: Collection[str] = (),
    ) -> None:
        """Make all metrics of `flow`; `partitions` is the largest number that a topic has."""
        # The time of creation doubles the series of a counter, and a scraper sees a restart without it.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._flow = flow
        self._given: dict[Label, Collection[str]] = {
            TOPIC: frozenset(topics),
            PARTITION: frozenset(map(str, range(partitions))),
            ZONE: frozenset(zones),
            LINK: frozenset(links),
        }
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        rows = rows_of(flow)
        self._counters = {row: self._new_counter(row) for row in rows if isinstance(row, CounterRow)}
        self._gauges = {row: self._new_gauge(row) for row in rows if isinstance(row, GaugeRow | AgeRow)}
        self._histograms = {row: self._new_histogram(row) for row in rows if isinstance(row, HistogramRow)}
        self._series: dict[tuple[str, tuple[str, ...]], Any] = {}
        self._ages: dict[tuple[AgeRow, tuple[str, ...]], Age] = {}

    def counter(self, row: CounterRow, *labels: str) -> Counter:
        """Give the counter of a row and its labels' values."""
        return self._one(self._counters, row, labels)

    def gauge(self, row: GaugeRow, *labels: str) -> Gauge:
        """Give the gauge of a row and its labels' values."""
        return self._one(self._gauges, row, labels)

    def histogram(self, row: HistogramRow, *labels: str) -> Histogram:
        """Give the histogram of a row and its labels' values."""
        return self._one(self._histograms, row, labels)

    def age(self, row: AgeRow, *labels: str) -> Age:
        """Give the age of a row and its labels' values; it is shown from the first time that it is asked for."""
        bounded = self._bounded(row, labels)
        if (row, bounded) not in self._ages:
            age = self._ages.setdefault((row, bounded), Age(wall_clock if row.of_log else time.monotonic))
            self.show(row, age.seconds, *labels)
        return self._ages[row, bounded]

    def show(self, row: GaugeRow | AgeRow, value: Callable[[], float], *labels: str) -> None:
        """Have `value` asked whenever the gauge of a row and its labels' values is: from another thread, so at once."""
        gauge, bounded = self._gauges[row], self._bounded(row, labels)
        (gauge.labels(*bounded) if bounded else gauge).set_function(value)

    def set_build(self, version: str, network_version: str) -> None:
        """Say what runs, in place of what was said before."""
        info = self._gauges[BUILD_INFO]
        info.clear()
        info.labels(self._flow, version, network_version).set(1)

    def exposition(self, accept: str = "") -> tuple[bytes, str]:
        """Return all metrics as text and its content type: OpenMetrics where `accept` names it, else plain."""
        # The header is not handed on: its version would come back to the client, and what is none would fail.
        encode, content_type = choose_encoder(f"{_OPEN_METRICS}; version=1.0.0" if _OPEN_METRICS in accept else "")
        return encode(self._registry), content_type

    def _one(self, families: Mapping[Any, Family], row: Row, labels: tuple[str, ...]) -> Family:
        """Give the series of a row and its labels' values; those of the table's values are kept at hand."""
        known: Family | None = self._series.get((row.name, labels))
        if known is None:
            family, bounded = families[row], self._bounded(row, labels)
            known = family.labels(*bounded) if bounded else family
            if bounded == labels:
                self._series[row.name, labels] = known
        return known

    def _bounded(self, row: Row, labels: tuple[str, ...]) -> tuple[str, ...]:
        if len(labels) != len(row.labels):
            names = ", ".join(label.name for label in row.labels)
            raise ValueError(f"{row.name} has the labels ({names}), not {len(labels)} values")
        return tuple(
            value if value in (self._given.get(label, ()) if label.values is None else label.values) else OTHER
            for label, value in zip(row.labels, labels, strict=True)
        )

    def _new_counter(self, row: CounterRow) -> Counter:
        """Make a counter that shows 0 from the start where the table tells its values: a first rise is a rise too."""
        counter = Counter(row.name, row.help, _names(row), unit=row.unit, registry=self._registry)
        closed = [label.values for label in row.labels if label.values is not None]
        if row.labels and len(closed) == len(row.labels):
            for values in product(*closed):
                counter.labels(*values)
        return counter

    def _new_gauge(self, row: GaugeRow | AgeRow) -> Gauge:
        return Gauge(row.name, row.help, _names(row), unit=row.unit, registry=self._registry)

    def _new_histogram(self, row: HistogramRow) -> Histogram:
        return Histogram(row.name, row.help, _names(row), unit=row.unit, registry=self._registry, buckets=row.buckets)


def _names(row: Row) -> tuple[str, ...]:
    return tuple(label.name for label in row.labels)
