"""When half of a fault's customers stood in published outages, at whatever device.

An outage at a device above covers all of them while it is open, one at the fault's device or below covers the customers
whom it says to be out.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

import numpy as np

from simulator.course import NEVER
from simulator.scoring.detection import first_evidence_at

if TYPE_CHECKING:
    from models.network.network import Network
    from simulator.scoring.reading.evidence import Evidence
    from simulator.scoring.reading.output import Revisions
    from simulator.scoring.reading.truth import Faults


def coverage_delays(network: Network, faults: Faults, revisions: Revisions, evidence: Evidence) -> dict[int, float]:
    """Return seconds by fault that counts, from the first report below it until half of its customers were covered.

    At least 0; infinite where that was never before its end, left out where nobody reported it.
    """
    published = _Published(network, revisions)
    delays = {}
    for fault in np.flatnonzero(faults.counted).tolist():
        device, opened_at = int(network.class_of[faults.device[fault]]), int(faults.opened_at[fault])
        # Whom a closed tie fed from below the device is out with it, but not below it.
        below = network.customers[network.point_start[device] : network.point_end[device]]
        customers = min(faults.lines[fault].customers, int(below.sum()))
        covered_at = published.half_covered_at(device, opened_at, customers)
        if covered_at >= faults.closed_at[fault]:
            delays[fault] = inf
            continue
        first = first_evidence_at(network, evidence, device, opened_at)
        if first < NEVER:
            delays[fault] = max(0, covered_at - first) / 1000
    return delays


class _Published:
    """The life cycle's records by the usage points that stand below their devices."""

    def __init__(self, network: Network, revisions: Revisions) -> None:
        self._network = network
        self._revisions = revisions
        devices = len(network.parent)
        device = np.where(revisions.place < devices, revisions.place, -1)
        point = revisions.place - devices
        self._start = np.where(device < 0, point, network.point_start[device])
        self._end = np.where(device < 0, point + 1, network.point_end[device])
        self._order = np.argsort(self._start, kind="stable")
        self._sorted = self._start[self._order]
        self._rows_of: dict[int, list[int]] = {}
        for row, outage in enumerate(revisions.outage.tolist()):
            self._rows_of.setdefault(outage, []).append(row)
        self._outages_at: dict[int, set[int]] = {}
        for place, outage in zip(revisions.place.tolist(), revisions.outage.tolist(), strict=True):
            self._outages_at.setdefault(place, set()).add(outage)

    def half_covered_at(self, device: int, opened_at: int, customers: int) -> int:
        """Return the first instant from an opening on with half of the customers below a device in open outages."""
        covers: dict[int, int] = {}
        covered = 0
        rows = self._rows(device)
        instants: list[int] = self._revisions.updated_at[rows].tolist()
        following = [*instants, NEVER][1:]
        for row, at, then in zip(rows, instants, following, strict=True):
            outage = int(self._revisions.outage[row])
            now = self._covers(row, device, customers)
            covered += now - covers.get(outage, 0)
            covers[outage] = now
            if then > max(at, opened_at) and 2 * covered >= customers:
                return max(at, opened_at)
        return NEVER

    def _rows(self, device: int) -> list[int]:
        """Return the records, in their order, of all outages that were once at a device, above it or below it."""
        start, end = int(self._network.point_start[device]), int(self._network.point_end[device])
        first, last = np.searchsorted(self._sorted, np.array([start, end]))
        outages = set(self._revisions.outage[self._order[first:last]].tolist())
        while device >= 0:
            outages |= self._outages_at.get(int(self._network.class_of[device]), set())
            device = int(self._network.parent[device])
        return sorted(row for outage in outages for row in self._rows_of[outage])

    def _covers(self, row: int, device: int, customers: int) -> int:
        """Return how many of the customers below a device an outage covers by one of its records."""
        start, end = int(self._network.point_start[device]), int(self._network.point_end[device])
        out = int(self._revisions.customers_out[row])
        first, last = int(self._start[row]), int(self._end[row])
        if start <= first and last <= end:
            return out
        return customers if first <= start and end <= last and out else 0
