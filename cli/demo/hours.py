"""A storm hour by hour, as a table of numbers."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from rich.table import Table

from models.times.iso8601 import format_time
from simulator.scoring.curves import live_steps, truth_steps
from simulator.scoring.reading.records import FINAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from rich.console import Console

    from simulator.scoring.curves import Steps
    from simulator.scoring.reading.output import Revisions
    from simulator.scoring.score import Score

HOUR_MS: Final = 3_600_000
AT_WORK: Final = ("on_site", "repairing")
HEADS: Final = (
    "hour (UTC)",
    "new outages",
    "open at its end",
    "most customers out",
    "out at its end",
    "truth",
    "customers restored",
    "crews at work",
)

CrewStep = tuple[int, int, str, int]
"""Time, crew, status, position of the device or -1."""


@dataclass(frozen=True, slots=True)
class Hour:
    """One row; counts of outages and customers as published, but for `truth`."""

    name: str
    new: int
    open: int
    most_out: int
    out: int
    truth: int
    restored: int
    crews: int

    def texts(self) -> list[str]:
        """Give the row as a person reads it."""
        return [value if isinstance(value, str) else f"{value:,}" for value in astuple(self)]


def count_hours(found: Score, crews: Sequence[CrewStep], starts_at: int, ends_at: int) -> list[Hour]:
    """Count what happened in each hour from `starts_at` on; the last one may be short."""
    revisions, restorations = found.output.revisions, found.output.restorations
    detected_at, ended_at = found.output.outages.detected_at, closing_times(revisions)
    live, truth = live_steps(revisions), truth_steps(found.network, found.truth.interrupted)
    hours = []
    for start in range(starts_at // HOUR_MS * HOUR_MS, ends_at, HOUR_MS):
        end = start + HOUR_MS
        minutes = np.arange(start, end + 1, 60_000)
        restored = (restorations.updated_at >= start) & (restorations.updated_at < end)
        hours.append(
            Hour(
                name=format_time(start)[11:16],
                new=int(((detected_at >= start) & (detected_at < end)).sum()),
                open=int(((detected_at < end) & (ended_at >= end)).sum()),
                most_out=int(height(live, minutes).max()),
                out=int(height(live, minutes)[-1]),
                truth=int(height(truth, minutes)[-1]),
                restored=int(restorations.customers[restored].sum()),
                crews=len({crew for at, crew, status, _ in crews if start <= at < end and status in AT_WORK}),
            )
        )
    return hours


def closing_times(revisions: Revisions) -> NDArray[np.int64]:
    """When each outage was first said to be over; past all times if it never was."""
    final = np.array([line.status in FINAL for line in revisions.lines], np.bool_)
    ended_at = np.full(len(revisions.first), np.iinfo(np.int64).max)
    np.minimum.at(ended_at, revisions.outage[final], revisions.updated_at[final])
    return ended_at


def height(steps: Steps, times: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give the height of a curve at some times."""
    at, change = steps
    order = np.argsort(at, kind="stable")
    heights = np.append(0, np.cumsum(change[order]))
    found: NDArray[np.int64] = heights[np.searchsorted(at[order], times, side="right")]
    return found


def show_hours(hours: Sequence[Hour], console: Console) -> None:
    """Print the table."""
    table = Table(box=None, pad_edge=False)
    for number, head in enumerate(HEADS):
        table.add_column(head, justify="right" if number else "left")
    for hour in hours:
        table.add_row(*hour.texts())
    console.print(table)
