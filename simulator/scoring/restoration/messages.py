"""Whom the restoration topic told that power is back, and when.

A record lists its usage points up to a thousand. Above that they are worked out from its device: the points below it,
less those that the outage has told before, less those that belong to outages further down which are open by then; and
if that leaves more customers than the record counts, by its basis: `confirmed` speaks for those who said "on"
themselves since the outage began, `inferred` for the others. Where the count still differs the record is *unsure*: it
is taken to tell all candidates of its basis, or all candidates if those are too few.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.evidence.kinds import SAYS_ON
from models.refusal import FaultsError
from simulator.course import NEVER
from simulator.scoring.reading.records import FINAL

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.network.network import Network
    from simulator.scoring.reading.evidence import Evidence
    from simulator.scoring.reading.output import Output, Revisions

_SAYS_ON = np.array([*SAYS_ON, False])
"""By kind; the last entry answers for -1."""


@dataclass(frozen=True, slots=True)
class Told:
    """n messages "your power is back", one a usage point and record, in the order of the records."""

    point: NDArray[np.int32]
    record: NDArray[np.int64]
    """Row of the restoration record."""
    told_at: NDArray[np.int64]
    restored_at: NDArray[np.int64]
    """Since when, as the record has it."""
    unsure_records: int
    """Records whose usage points could not be worked out for certain."""
    unsure_customers: int
    """Customers that these records count."""


def who_was_told(network: Network, output: Output, evidence: Evidence) -> Told:
    """Work out the usage points of every restoration record. Raises `FaultsError` for points not on the network."""
    records = output.restorations
    points = _listed(network, output)
    resolver = _Resolver(network, output, evidence)
    unsure = []
    for row, line in enumerate(records.lines):
        if line.usage_point_ids is None:
            points[row], certain = resolver.resolve(row)
            if not certain:
                unsure.append(row)
        resolver.note(row, points[row])
    record = np.repeat(np.arange(len(points)), [len(part) for part in points])
    return Told(
        point=np.concatenate([*points, np.empty(0, np.int32)]).astype(np.int32),
        record=record,
        told_at=records.updated_at[record],
        restored_at=records.restored_at[record],
        unsure_records=len(unsure),
        unsure_customers=int(records.customers[unsure].sum()),
    )


def _listed(network: Network, output: Output) -> list[NDArray[np.int32]]:
    """Look up all usage points that records list, at once."""
    lists = [line.usage_point_ids or [] for line in output.restorations.lines]
    ids = [point for part in lists for point in part]
    found = network.find_points(ids)
    if strange := np.flatnonzero(found < 0)[:10].tolist():
        raise FaultsError(
            [f"usage point {ids[n]} of the output is not on the network; score with its own" for n in strange]
        )
    return np.split(found, np.cumsum([len(part) for part in lists])[:-1]) if lists else []


class _Resolver:
    """Follows the outages along the restoration records, to tell whom a record without a list means."""

    def __init__(self, network: Network, output: Output, evidence: Evidence) -> None:
        self._network = network
        self._output = output
        self._evidence = evidence
        self._told: dict[int, list[NDArray[np.int32]]] = {}
        """By outage: whom it has told."""
        self._spans = _Spans(network, output.revisions)

    def note(self, row: int, points: NDArray[np.int32]) -> None:
        """Remember whom a record has told."""
        self._told.setdefault(int(self._output.restorations.outage[row]), []).append(points)

    def resolve(self, row: int) -> tuple[NDArray[np.int32], bool]:
        """Return the usage points of a record, and whether they are certain."""
        records = self._output.restorations
        outage, device = int(records.outage[row]), int(records.device[row])
        if outage < 0 or device < 0:
            return np.empty(0, np.int32), False
        start, end = int(self._network.point_start[device]), int(self._network.point_end[device])
        left = np.ones(end - start, np.bool_)
        told_at = int(records.updated_at[row])
        for points in self._told.get(outage, ()):
            left[points[(points >= start) & (points < end)] - start] = False
        for inner in self._spans.open_within(start, end, outage, told_at):
            self._leave_out(left, start, inner)
        wanted = int(records.customers[row])
        candidates = (np.flatnonzero(left) + start).astype(np.int32)
        if self._customers(candidates) == wanted:
            return candidates, True
        since = int(self._output.outages.started_at[outage])
        spoke = self._spoke(start, end, since, told_at)[candidates - start]
        by_basis = candidates[spoke if records.lines[row].basis == "confirmed" else ~spoke]
        spoken_for = self._customers(by_basis)
        return (by_basis, spoken_for == wanted) if spoken_for >= wanted else (candidates, False)

    def _leave_out(self, left: NDArray[np.bool_], start: int, inner: int) -> None:
        """Leave out the points that an outage further down holds: its own that it has not told."""
        held = np.zeros(len(left), np.bool_)
        held[self._spans.start[inner] - start : self._spans.end[inner] - start] = True
        for points in self._told.get(inner, ()):
            within = points[(points >= start) & (points < start + len(left))]
            held[within - start] = False
        left &= ~held

    def _spoke(self, start: int, end: int, since: int, until: int) -> NDArray[np.bool_]:
        """Return which points have said "on" themselves, observed since a time and known by another."""
        column = self._evidence.points
        rows = column.below(start, end)
        says = _SAYS_ON[column.kind[rows]] & (column.observed_at[rows] >= since) & (column.log_time[rows] < until)
        spoke = np.zeros(end - start, np.bool_)
        spoke[column.subject[rows][says] - start] = True
        return spoke

    def _customers(self, points: NDArray[np.int32]) -> int:
        return int(self._network.customers[points].sum())


class _Spans:
    """From when to when each outage was open, and which usage points stand below its device."""

    def __init__(self, network: Network, revisions: Revisions) -> None:
        self._opened_at = revisions.updated_at[revisions.first]
        self._over_at = np.full(len(revisions.first), NEVER, np.int64)
        final = np.array([line.status in FINAL for line in revisions.lines], np.bool_)
        np.minimum.at(self._over_at, revisions.outage[final], revisions.updated_at[final])
        ids = [revisions.lines[row].device_id for row in revisions.last]
        device, point = network.find_devices(ids), network.find_points(ids)
        self.start = np.where(device < 0, point, network.point_start[device])
        self.end = np.where(device < 0, point + 1, network.point_end[device])
        self._order = np.argsort(self.start, kind="stable")
        self._sorted = self.start[self._order]

    def open_within(self, start: int, end: int, outage: int, moment: int) -> list[int]:
        """Return the other outages with some, not all, points of a slice that are open after an instant."""
        first, last = np.searchsorted(self._sorted, np.array([start, end], self._sorted.dtype))
        inside = self._order[first:last]
        smaller = (self.end[inside] <= end) & (self.end[inside] - self.start[inside] < end - start)
        is_open = (self._opened_at[inside] <= moment) & (self._over_at[inside] > moment) & (inside != outage)
        within: list[int] = inside[smaller & is_open].tolist()
        return within
