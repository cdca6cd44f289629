"""Why outages of devices are wrong and faults missed, as far as the truth can tell: what really happened there."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import numpy as np

from simulator.scoring.pairing.matching import TOLERANCE_MS, UNMATCHED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from models.network.network import Network
    from simulator.scoring.pairing.matches import Matches
    from simulator.scoring.reading.output import Outages
    from simulator.scoring.reading.truth import Faults

WRONG: Final = ("duplicate", "start", "below", "above", "dip", "nothing")
MISSED: Final = ("set_aside", "start", "above", "below", "not_reported", "nothing")


class _Spans:
    """From where to where, and from when to when, of faults or outages; places are slices of usage points."""

    def __init__(
        self, network: Network, place: NDArray[np.int64], since: NDArray[np.int64], until: NDArray[np.int64]
    ) -> None:
        devices = len(network.parent)
        device, point = np.where(place < devices, place, -1), place - devices
        self.place, self.since, self.until = place, since, until
        self.start = np.where(device < 0, point, network.point_start[device])
        self.end = np.where(device < 0, point + 1, network.point_end[device])

    def at(self, since: int, until: int) -> NDArray[np.bool_]:
        """Return which are there at some time of a span, give or take two minutes."""
        there: NDArray[np.bool_] = (self.since <= until + TOLERANCE_MS) & (self.until >= since - TOLERANCE_MS)
        return there

    def above(self, start: int, end: int) -> NDArray[np.bool_]:
        """Return which hold all points of a slice and more."""
        holds: NDArray[np.bool_] = (self.start <= start) & (self.end >= end) & (self.end - self.start > end - start)
        return holds

    def below(self, start: int, end: int) -> NDArray[np.bool_]:
        """Return which hold some points of a slice, and none beside it."""
        within: NDArray[np.bool_] = (self.start >= start) & (self.end <= end) & (self.end - self.start < end - start)
        return within


class Causes:
    """Gives each wrong outage and each missed fault one cause: the first that holds."""

    def __init__(self, network: Network, faults: Faults, outages: Outages, matches: Matches) -> None:
        self._network, self._matches, self._outage_list = network, matches, outages
        self._momentary = faults.momentary
        self._counted = faults.counted
        self._faults = _Spans(network, faults.place, faults.opened_at, faults.closed_at)
        self._outages = _Spans(network, outages.place, outages.started_at, outages.over_at)

    def wrong(self) -> dict[int, str]:
        """Return why each wrong outage of a device is wrong, by its number."""
        return {outage: self._why_wrong(outage) for outage in np.flatnonzero(self._matches.wrong).tolist()}

    def missed(self, spoken: Sequence[int] | dict[int, float]) -> dict[int, str]:
        """Return why each fault that counts was missed, by its number; `spoken` are those that were reported."""
        missed = np.flatnonzero(self._counted & (self._matches.counted == UNMATCHED)).tolist()
        return {fault: self._why_missed(fault, reported=fault in spoken) for fault in missed}

    def _why_wrong(self, outage: int) -> str:
        outages, faults = self._outages, self._faults
        start, end, since = int(outages.start[outage]), int(outages.end[outage]), int(outages.since[outage])
        if start >= end:
            return "nothing"
        whole = faults.at(since, int(outages.until[outage]))
        same = whole & (faults.place == outages.place[outage]) & ~self._momentary
        if same.any():
            taken = (self._matches.counted[same] != UNMATCHED) | (self._matches.others[same] != UNMATCHED)
            return "duplicate" if taken.any() else "start"
        then = faults.at(since, since)
        if (then & ~self._momentary & faults.above(start, end)).any():
            return "below"
        if (then & ~self._momentary & faults.below(start, end)).any():
            return "above"
        here = faults.above(start, end) | faults.below(start, end) | (faults.place == outages.place[outage])
        return "dip" if (then & self._momentary & here).any() else "nothing"

    def _why_missed(self, fault: int, *, reported: bool) -> str:
        outages, faults = self._outages, self._faults
        if self._matches.set_aside[fault] != UNMATCHED:
            return "set_aside"
        start, end = int(faults.start[fault]), int(faults.end[fault])
        there = outages.at(int(faults.since[fault]), int(faults.until[fault])) & self._outage_list.judged
        if (there & (outages.place == faults.place[fault])).any():
            return "start"
        if (there & outages.above(start, end)).any():
            return "above"
        if (there & outages.below(start, end)).any():
            return "below"
        return "nothing" if reported else "not_reported"


def count_causes(causes: dict[int, str], names: Sequence[str]) -> dict[str, int]:
    """Count cases by cause; every name is there."""
    counted = Counter(causes.values())
    return {name: counted[name] for name in names}
