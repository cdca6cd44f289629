"""A historical storm laid over a network: each incident opens one device that serves about as many customers, near by.

On a network that is too small for the storm each incident is kept with one probability, and none is larger than a share
of the network. What protection did is not known of them: a device simply opens and closes.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from simulator.chance import between, chance
from simulator.course import NEVER, NONE, Course, CrewStep, Fault
from simulator.storms.laying import Laying

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from models.contracts.inputs.crew import CrewKind
    from models.network.network import Network
    from simulator.incidents import Incident
    from simulator.options import StormOptions
    from simulator.storms.laying import Place

_TOO_LARGE: Final = 0.5
"""With more than this share of the customers out at once, a storm is too large for a network."""
_PEAK_SHARE: Final = 0.2
"""What such a storm is brought down to."""
_LARGEST_SHARE: Final = 0.02
"""The largest incident of such a storm."""
_COMPLETION_SECONDS: Final = (10, 120)


@dataclass(frozen=True, slots=True)
class LaidStorm:
    """A historical storm on a network: its course, and how much of it was kept."""

    course: Course
    keep: float
    """The probability with which each incident was kept."""
    kept: int
    laid: int
    """Those of the kept ones for which a place was free."""


def cut(incidents: Sequence[Incident], first_at: int | None, end_at: int | None) -> list[Incident]:
    """Return the incidents that start from `first_at` on and before `end_at`; what ends later stays open."""
    end = NEVER if end_at is None else end_at
    return [
        replace(
            incident,
            restored_at=incident.restored_at if incident.restored_at < end else NEVER,
            crew=tuple(step for step in incident.crew if step[0] < end),
        )
        for incident in incidents
        if (first_at or 0) <= incident.started_at < end
    ]


def historical_storm(network: Network, options: StormOptions, incidents: Sequence[Incident]) -> LaidStorm:
    """Lay incidents, which stand in the order of their starts, over a network."""
    customers = int(network.customers.sum())
    history = _History(network, options.seed, incidents)
    if options.keep is not None:
        history.limit(customers)
        return history.lay(options.keep)
    if history.peak() <= _TOO_LARGE * customers:
        return history.lay(1.0)
    history.limit(max(1, round(_LARGEST_SHARE * customers)))
    return history.lay_with_peak(_PEAK_SHARE * customers)


class _History:
    """The incidents with their sizes and lots."""

    def __init__(self, network: Network, seed: int, incidents: Sequence[Incident]) -> None:
        self._network = network
        self._seed = seed
        self._incidents = incidents
        self._sizes = [incident.customers for incident in incidents]
        self._lots = chance(seed, "keep").random(len(incidents))

    def limit(self, size: int) -> None:
        """Let no incident be larger."""
        self._sizes = [min(size, own) for own in self._sizes]

    def peak(self, keep: float = 1.0) -> int:
        """Return how many customers are out at once if all incidents kept lie beside each other."""
        started_at = np.array([incident.started_at for incident in self._incidents], np.int64)
        restored_at = np.array([incident.restored_at for incident in self._incidents], np.int64)
        return peak(started_at, restored_at, np.array(self._sizes, np.int64) * (self._lots <= keep))

    def lay(self, keep: float) -> LaidStorm:
        """Lay the incidents whose lots fall within the probability."""
        laying = Laying(self._network, chance(self._seed, "laying"))
        lots = chance(self._seed, "crews")
        course = Course()
        kept = np.flatnonzero(self._lots <= keep).tolist()
        for row in kept:
            incident = self._incidents[row]
            place = laying.lay(incident, self._sizes[row])
            if place is not None:
                number = course.add(_fault(incident, place))
                _send_crew(course, number, incident, between(lots, *_COMPLETION_SECONDS))
        return LaidStorm(course, keep, len(kept), len(course.faults))

    def lay_with_peak(self, wanted: float) -> LaidStorm:
        """Find the probability that brings the peak nearest to what is wanted, by halving."""
        steps = np.sort(self._lots)
        about = bisect_left(steps, wanted, key=self.peak)
        low, high = about // 2, min(2 * about + 1, len(steps))
        best, least = self.lay(0.0), wanted
        while low < high:
            middle = (low + high) // 2
            laid = self.lay(float(steps[middle]))
            found = self._peak_of(laid.course)
            if abs(found - wanted) < least:
                best, least = laid, abs(found - wanted)
            low, high = (middle + 1, high) if found < wanted else (low, middle)
        return best

    def _peak_of(self, course: Course) -> int:
        network = self._network
        faults = course.faults
        sizes = [
            network.customers[network.point_start[fault.device] : network.point_end[fault.device]].sum()
            if fault.usage_point == NONE
            else network.customers[fault.usage_point]
            for fault in faults
        ]
        opened_at, closed_at = [fault.opened_at for fault in faults], [fault.closed_at for fault in faults]
        return peak(np.array(opened_at, np.int64), np.array(closed_at, np.int64), np.array(sizes, np.int64))


def peak(opened_at: NDArray[np.int64], closed_at: NDArray[np.int64], sizes: NDArray[np.int64]) -> int:
    """Return the largest sum of sizes that lie over each other."""
    at = np.concatenate([closed_at, opened_at])
    change = np.concatenate([-sizes, sizes])
    return int(np.cumsum(change[np.argsort(at, kind="stable")]).max(initial=0))


def _fault(incident: Incident, place: Place) -> Fault:
    return Fault(
        device=place.device,
        usage_point=place.usage_point,
        kind="planned" if incident.planned else "fault",
        opened_at=incident.started_at,
        closed_at=incident.restored_at,
        cause="public safety shut-off" if incident.planned else "storm",
        found_device=place.device,
    )


def _send_crew(course: Course, number: int, incident: Incident, completion_ms: int) -> None:
    """Let the incident's crews report as published, and their completion where power came back."""
    crews: dict[CrewKind, int] = {"assessor": 2 * number + 1, "line": 2 * number + 2}
    course.crew_steps += [
        CrewStep(crews[kind], number, status, at, kind, place_known=True) for at, status, kind in incident.crew
    ]
    if incident.restored_at < NEVER:
        done_at = incident.restored_at + completion_ms
        there = sorted({kind for _, _, kind in incident.crew})
        course.crew_steps += [CrewStep(crews[kind], number, "completed", done_at, kind) for kind in there]
