"""What a metric is before it counts: a row of the table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Unit = Literal["", "bytes", "ratio", "records", "seconds"]
"""Base units only, as the suffix of the name; empty where things are counted."""

OTHER: Final = "other"
"""What a value outside its label's set is counted as: the number of series is bounded, whatever comes."""


@dataclass(frozen=True, slots=True, eq=False)
class Label:
    """One label. Its values are a closed set: told here, or given when the process starts (`values` is None)."""

    name: str
    meaning: str
    values: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Row:
    """One metric: its name as it is exposed, what it says, and what to look at."""

    name: str
    help: str
    look: str
    unit: Unit = ""
    labels: tuple[Label, ...] = ()


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CounterRow(Row):
    """Only rises; starts from 0 with the process."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class GaugeRow(Row):
    """Goes up and down."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class AgeRow(Row):
    """A gauge that is worked out when it is asked for: the seconds since a moment, so that it grows while all stands.

    `of_log` moments are seconds since 1970 as records carry them, others those of `time.monotonic`.
    """

    of_log: bool


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class HistogramRow(Row):
    """A distribution, with the upper bounds of its buckets."""

    buckets: tuple[float, ...]
