"""Right, wrong and neither: the rounds in which faults and outages are matched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulator.scoring.pairing.matching import UNMATCHED, Matching

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.network.network import Network
    from simulator.scoring.reading.output import Outages
    from simulator.scoring.reading.truth import Faults


@dataclass(frozen=True, slots=True)
class Matches:
    """For each fault the number of its outage, -1 without one."""

    counted: NDArray[np.int64]
    """Sustained faults and planned work of devices, with outages of devices."""
    services: NDArray[np.int64]
    """Sustained single services, with what is left."""
    set_aside: NDArray[np.int64]
    """Counted faults that were missed, with outages that were merged, cancelled or momentary in the end."""
    others: NDArray[np.int64]
    """Faults that do not count, with what is left then: those outages are neither right nor wrong."""
    wrong: NDArray[np.bool_]
    """Outages of devices that match nothing."""
    wrong_services: NDArray[np.bool_]

    @property
    def right(self) -> NDArray[np.int64]:
        """Outages that are right, by number."""
        both = np.concatenate([self.counted, self.services])
        right: NDArray[np.int64] = both[both != UNMATCHED]
        return right


def match_all(network: Network, faults: Faults, outages: Outages) -> Matches:
    """Match faults that count first, then single services, then the rest, each with the outages left over."""
    matching = Matching(network, faults, outages)
    judged, of_devices = outages.judged, ~outages.service
    counted = matching.by_start(faults.counted, judged & of_devices)
    counted = _filled(counted, matching.ended_below(_missed(faults.counted, counted), of_devices))
    services = matching.by_start(faults.services, judged)
    any_outage = np.ones(len(outages), np.bool_)
    services = _filled(services, matching.ended_below(_missed(faults.services, services), any_outage))
    others = matching.by_start(faults.events & ~faults.counted & ~faults.services, judged)
    others = _filled(others, matching.by_overlap(~faults.events, judged))
    wrong = matching.left & judged
    set_aside = matching.by_start(_missed(faults.counted, counted), ~judged & of_devices)
    return Matches(counted, services, set_aside, others, wrong & of_devices, wrong & outages.service)


def _missed(faults: NDArray[np.bool_], matched: NDArray[np.int64]) -> NDArray[np.bool_]:
    missed: NDArray[np.bool_] = faults & (matched == UNMATCHED)
    return missed


def _filled(matched: NDArray[np.int64], more: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.where(matched == UNMATCHED, more, matched)
