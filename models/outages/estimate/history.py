"""Outages of the past as columns, and the situations that they were in: only what was known at each instant counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from models.outages.estimate.situation import CREW_STAGES, FRESH, LATEST, UNKNOWN
from models.times.logarithms import logarithms_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Column = NDArray[np.int64]

LATER: Final = tuple(hours * 3600 for hours in (2, 8, 32))
"""After so long (seconds) an outage that is not over is looked at again."""


class History(NamedTuple):
    """N outages that are over; times in seconds since the epoch, `UNKNOWN` where there is none."""

    zone: Column
    """Numbers from 0."""
    started_at: Column
    published_at: Column
    restored_at: Column
    customers: Column
    """When it was published."""
    device_kind: Column
    planned: Column
    planned_to: Column
    crew_assigned_at: Column
    crew_on_site_at: Column
    crew_repairing_at: Column

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> History:
        """Keep some outages."""
        return History(*(column[rows] for column in self))


class Looks(NamedTuple):
    """Outages at instants."""

    row: Column
    """Which outage."""
    at: Column


def first_looks(history: History) -> Looks:
    """Each outage when it is published."""
    return Looks(np.arange(len(history.zone)), history.published_at)


def later_looks(history: History) -> Looks:
    """Each outage at set times after that, and when a crew has come further, as long as it is not over."""
    rows = np.arange(len(history.zone))
    crews = [history.crew_assigned_at, history.crew_on_site_at, history.crew_repairing_at]
    times = np.concatenate([*(history.published_at + after for after in LATER), *crews])
    looks = Looks(np.tile(rows, len(LATER) + len(crews)), times)
    fits = (looks.at > history.published_at[looks.row]) & (looks.at < history.restored_at[looks.row])
    return Looks(looks.row[fits], looks.at[fits])


def situations(history: History, looks: Looks, offsets: list[tuple[int, int]]) -> NDArray[np.int64]:
    """Give the situation of each look, n x fields; `offsets` are those of the utility's time zone."""
    mine = history.take(looks.row)
    crew_stage, crew_since = _crews(mine, looks.at)
    starts, ahead = (np.array(column, np.int64) for column in zip(*offsets, strict=True))
    local = looks.at + ahead[np.maximum(np.searchsorted(starts, looks.at, side="right") - 1, 0)]
    announced = (mine.planned > 0) & (mine.planned_to != UNKNOWN)
    columns = (
        mine.customers,
        mine.device_kind,
        local // 3600 % 24,
        (local // 86_400 + 3) % 7,
        looks.at - mine.started_at,
        crew_stage,
        np.where(crew_stage > 0, looks.at - crew_since, UNKNOWN),
        mine.planned,
        np.where(announced, np.maximum(mine.planned_to - looks.at, 0), UNKNOWN),
        *_zone_columns(history, mine.zone, looks.at),
    )
    return np.stack(columns, axis=1).astype(np.int64)


def _crews(mine: History, at: Column) -> tuple[Column, Column]:
    """How far a crew has come by then, and since when."""
    stage, since = np.zeros(len(at), np.int64), np.full(len(at), UNKNOWN, np.int64)
    for status, times in (
        ("assigned", mine.crew_assigned_at),
        ("on_site", mine.crew_on_site_at),
        ("repairing", mine.crew_repairing_at),
    ):
        there = (times != UNKNOWN) & (times <= at)
        stage[there], since[there] = CREW_STAGES[status], times[there]
    return stage, since


def _zone_columns(history: History, zone: Column, at: Column) -> tuple[Column, Column, Column, Column]:
    """What has happened in the zone by then: open outages, their age, restorations, how long the latest ones lasted."""
    open_now, age, fresh, lasted = (np.zeros(len(at), np.int64) for _ in range(4))
    for asked, rows in _by_zone(zone, history.zone):
        begun = rows[np.lexsort((rows, history.published_at[rows]))]
        published = history.published_at[begun]
        over = rows[np.lexsort((rows, history.restored_at[rows]))]
        restored = history.restored_at[over]
        duration = logarithms_of(restored - history.started_at[over])
        sums = _sums(duration)
        last = np.searchsorted(restored, at[asked], side="right")
        first = np.maximum(last - LATEST, 0)
        known = np.searchsorted(published, at[asked], side="right")
        open_now[asked] = known - last
        starts = _sums(history.started_at[begun])[known] - _sums(history.started_at[over])[last]
        age[asked] = at[asked] - starts // np.maximum(open_now[asked], 1)
        fresh[asked] = np.minimum(last - np.searchsorted(restored, at[asked] - FRESH, side="right"), LATEST)
        count = last - first
        lasted[asked] = np.where(count > 0, (sums[last] - sums[first]) // np.maximum(count, 1), UNKNOWN)
    return open_now, age, fresh, lasted


def _sums(values: Column) -> Column:
    """The sum of the first n, from n = 0 on."""
    return np.concatenate([[0], np.cumsum(values)])


def _by_zone(asked: Column, known: Column) -> Iterator[tuple[Column, Column]]:
    """By zone, the rows that ask and the rows that are known."""
    asked_order, known_order = np.argsort(asked, kind="stable"), np.argsort(known, kind="stable")
    zones = np.arange(int(known.max(initial=-1)) + 2)
    asked_at, known_at = np.searchsorted(asked[asked_order], zones), np.searchsorted(known[known_order], zones)
    for zone in zones[:-1].tolist():
        if asked_at[zone] < asked_at[zone + 1]:
            yield (
                asked_order[asked_at[zone] : asked_at[zone + 1]],
                known_order[known_at[zone] : known_at[zone + 1]],
            )
