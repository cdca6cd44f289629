"""The history of PG&E's public outage map as rows of a history, and what the utility itself estimated."""

from __future__ import annotations

import csv
import gzip
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from adapters.estimates.history_csv import history_of
from models.times.iso8601 import parse_time

if TYPE_CHECKING:
    from collections import Counter
    from pathlib import Path

    from numpy.typing import NDArray

    from models.outages.estimate.history import History

FILE: Final = "pge-2019-06-to-2020-12.csv.gz"
TIME_ZONE: Final = "America/Los_Angeles"
PLANNED: Final = {"scheduled maintenance": "maintenance", "To protect public safety": "safety_shutoff"}
"""What the utility's sentence has of works that it knows beforehand. No other cause is used: it is found out later."""


class Outages(NamedTuple):
    """The history, and by outage the utility's own estimates (seconds since the epoch, -1 none) and their changes."""

    history: History
    first_estimate: NDArray[np.int64]
    last_estimate: NDArray[np.int64]
    estimate_changes: NDArray[np.int64]
    passed_over: Counter[str]


def read_outages(folder: Path) -> Outages:
    """Read the folder's history."""
    with gzip.open(folder / FILE, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    read = history_of(map(as_history, rows))
    kept = [rows[place] for place in read.row.tolist()]
    return Outages(
        read.history,
        np.array([_estimate(row["first_estimate"]) for row in kept], np.int64),
        np.array([_estimate(row["last_estimate"]) for row in kept], np.int64),
        np.array([int(row["estimate_changes"] or 0) for row in kept], np.int64),
        read.passed_over,
    )


def as_history(row: dict[str, str]) -> dict[str, str]:
    """Name the columns as a history does. Of works the announced end is known beforehand: the first estimate."""
    kind = next((kind for words, kind in PLANNED.items() if words in row["cause"]), "")
    return {
        "zone_id": row["region"],
        "started_at": row["started_at"],
        "published_at": row["first_published_at"],
        "restored_at": row["restored_at"],
        "customers": row["customers_first"],
        "planned_kind": kind,
        "planned_to": row["first_estimate"] if kind == "maintenance" else "",
        "crew_on_site_at": row["assessing_at"],
        "crew_repairing_at": row["repairing_at"],
    }


def _estimate(text: str) -> int:
    try:
        return parse_time(text) // 1000
    except ValueError:
        return -1
