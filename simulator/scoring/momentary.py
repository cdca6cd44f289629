"""Momentary interruptions that were reported as sustained (IEEE 1366: over five minutes).

The record that covers a momentary fault is an outage's last, at the fault's place or above it, whose time meets the
fault's. Where that outage is right about a sustained fault, the customers were really out for longer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from simulator.scoring.pairing.matching import TOLERANCE_MS
from simulator.scoring.reading.records import SET_ASIDE
from simulator.scoring.reading.truth import MOMENTARY_MS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from models.network.network import Network
    from simulator.scoring.reading.interruptions import Interrupted
    from simulator.scoring.reading.output import Outages
    from simulator.scoring.reading.truth import Faults

BORDER_MS: Final = 10_000
"""So near to five minutes the clocks decide; such truths are listed apart."""
WITHDRAWN: Final = tuple(status for status in SET_ASIDE if status != "momentary")


@dataclass(frozen=True, slots=True)
class Momentaries:
    """Faults by number."""

    clear: list[int]
    """Momentary, and not near the border."""
    reported_sustained: list[int]
    """Those of the clear ones that an outage of more than five minutes covers."""
    border: list[int]
    """Within ten seconds of five minutes, momentary or not."""
    border_reported_sustained: list[int]


def judge_momentaries(
    network: Network, faults: Faults, interrupted: Interrupted, outages: Outages, matched: NDArray[np.int64]
) -> Momentaries:
    """Find the momentary faults of devices that the last records make sustained.

    Where a device above was open when it closed, it was momentary for nobody: those whom it interrupted stayed out.
    """
    duration = faults.closed_at - faults.opened_at
    devices = faults.events & (faults.device >= 0) & ~_left_out(len(faults), interrupted)
    border = devices & (np.abs(duration - MOMENTARY_MS) <= BORDER_MS)
    clear = devices & faults.momentary & ~border
    covering = _Covering(network, outages, matched)
    reported = {
        fault: any(
            covering.lasting(int(faults.place[fault]), int(faults.opened_at[fault]), int(faults.closed_at[fault]))
        )
        for fault in np.flatnonzero(clear | border).tolist()
    }
    return Momentaries(
        clear=np.flatnonzero(clear).tolist(),
        reported_sustained=[fault for fault, sustained in reported.items() if sustained and clear[fault]],
        border=np.flatnonzero(border).tolist(),
        border_reported_sustained=[fault for fault, sustained in reported.items() if sustained and border[fault]],
    )


def _left_out(faults: int, interrupted: Interrupted) -> NDArray[np.bool_]:
    """Return which faults began an interruption that was clearly sustained."""
    sustained = (interrupted.back_at - interrupted.out_at > MOMENTARY_MS + BORDER_MS) & (interrupted.fault >= 0)
    return np.bincount(interrupted.fault[sustained], minlength=faults) > 0


class _Covering:
    """The outages that could cover a momentary fault, by place."""

    def __init__(self, network: Network, outages: Outages, matched: NDArray[np.int64]) -> None:
        self._network = network
        self._outages = outages
        right = set(matched.tolist())
        self._at: dict[int, list[int]] = {}
        for outage, (place, status) in enumerate(zip(outages.place.tolist(), outages.status, strict=True)):
            if outage not in right and status not in WITHDRAWN:
                self._at.setdefault(place, []).append(outage)

    def lasting(self, place: int, opened_at: int, closed_at: int) -> Iterator[bool]:
        """Tell of each outage that covers a fault whether it lasts over five minutes."""
        started_at, over_at = self._outages.started_at, self._outages.over_at
        for here in self._upwards(place):
            for outage in self._at.get(here, ()):
                if started_at[outage] <= closed_at + TOLERANCE_MS and over_at[outage] > opened_at:
                    yield bool(over_at[outage] - started_at[outage] > MOMENTARY_MS)

    def _upwards(self, place: int) -> Iterator[int]:
        """Walk from a place to the root, class by class."""
        while place >= 0:
            yield place
            above = int(self._network.parent[place])
            place = int(self._network.class_of[above]) if above >= 0 else above
