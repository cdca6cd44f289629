"""A history of outages as CSV, into columns; what cannot be used is passed over and counted by its reason."""

from __future__ import annotations

import csv
import io
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from adapters.files.compression import BROKEN, decompressed
from models.outages.estimate.history import History
from models.outages.estimate.situation import KINDS, UNKNOWN, WORKS
from models.refusal import FaultsError
from models.times.iso8601 import YEAR_2000, parse_time
from models.times.units import SECOND

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

REQUIRED: Final = ("zone_id", "started_at", "published_at", "restored_at", "customers")
OPTIONAL: Final = (
    "device_kind",
    "planned_kind",
    "planned_to",
    "crew_assigned_at",
    "crew_on_site_at",
    "crew_repairing_at",
)
LONGEST: Final = 60 * 86_400
"""Seconds: what lasted for longer, or was published so late, is an error of the records."""


class HistoryFaultsError(FaultsError):
    """A history that cannot be read."""


class UnusableRowError(ValueError):
    """Why a row is passed over."""


class Read(NamedTuple):
    """The outages that can be used, in the order of their publication, and how many rows could not, by reason."""

    history: History
    row: np.ndarray[Any, np.dtype[np.int64]]
    """Of each outage, its row in the file from 0."""
    passed_over: Counter[str]


def read_history(path: Path) -> Read:
    """Read a history; `.gz` and `.zst` too. Raises `HistoryFaultsError`."""
    try:
        with path.open("rb", buffering=0) as raw, decompressed(path, raw) as file:
            rows = csv.DictReader(io.TextIOWrapper(file, "utf-8-sig", newline=""), strict=True)
            names = rows.fieldnames or ()
            if missing := [name for name in REQUIRED if name not in names]:
                wanted = f"write {','.join(REQUIRED)} on line 1"
                raise HistoryFaultsError([f"history {path}: column {name} is missing; {wanted}" for name in missing])
            return history_of(rows)
    except OSError as error:
        raise HistoryFaultsError(
            [f"history {path}: {(error.strerror or str(error)).lower()}; give a CSV file"]
        ) from error
    except BROKEN as error:
        reason = f"history {path} breaks off, or is not what its name says ({error}); write it again"
        raise HistoryFaultsError([reason]) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise HistoryFaultsError([f"history {path} is no CSV: {error}; mend it there"]) from error


def history_of(rows: Iterable[Mapping[str, str]]) -> Read:
    """Take the rows of a history: the required columns, and those of the others that it has."""
    zones: dict[str, int] = {}
    passed_over: Counter[str] = Counter()
    found = list(_usable(rows, zones, passed_over))
    table = np.array(found, np.int64).reshape(len(found), 1 + len(History._fields))
    table = table[np.lexsort((table[:, 0], table[:, 1 + History._fields.index("published_at")]))]
    return Read(History(*table[:, 1:].T), table[:, 0], passed_over)


def _usable(
    rows: Iterable[Mapping[str, str]], zones: dict[str, int], passed_over: Counter[str]
) -> Iterator[tuple[int, ...]]:
    for place, row in enumerate(rows):
        try:
            yield place, *_outage(row, zones)
        except UnusableRowError as reason:
            passed_over[str(reason)] += 1


def _outage(row: Mapping[str, str], zones: dict[str, int]) -> tuple[int, ...]:
    started, published, restored = (_time(row, name) for name in ("started_at", "published_at", "restored_at"))
    if min(started, published, restored) < YEAR_2000 // SECOND:
        raise UnusableRowError("a beginning, publication or end is missing or lies before 2000")
    if not started <= published < restored:
        raise UnusableRowError("began, published and restored do not follow each other")
    if published - started > LONGEST or restored - published > LONGEST:
        raise UnusableRowError("lasted for over 60 days, or was published so late")
    return (
        zones.setdefault(_zone(row), len(zones)),
        started,
        published,
        restored,
        _count(row["customers"] or ""),
        _code(row, "device_kind", KINDS),
        _code(row, "planned_kind", WORKS),
        *(_time(row, name) for name in OPTIONAL[2:]),
    )


def _time(row: Mapping[str, str], name: str) -> int:
    text = row.get(name) or ""
    if not text:
        return UNKNOWN
    try:
        return parse_time(text) // SECOND
    except ValueError:
        raise UnusableRowError(f"{name} is no time of ISO 8601 with a zone") from None


def _zone(row: Mapping[str, str]) -> str:
    if not row["zone_id"]:
        raise UnusableRowError("zone_id is missing")
    return row["zone_id"]


def _count(text: str) -> int:
    if not text.isdecimal() or len(text) > 9:
        raise UnusableRowError("customers is no whole number of at most nine digits")
    return int(text)


def _code(row: Mapping[str, str], name: str, codes: Mapping[str, int]) -> int:
    text = row.get(name) or ""
    if text and text not in codes:
        raise UnusableRowError(f"{name} is none of {', '.join(codes)}")
    return codes.get(text, 0)
