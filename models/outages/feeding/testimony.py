"""Whether a dark part has power over another way, by what its meters say: a switch that nobody told of may part it.

Damage is cut out before a tie feeds the rest, and the switches by which it is are not all telemetered. So a part that
could be fed, and stays silent when its meters have had the time, is weighed as below a device that closed: either its
messages were lost, or a device on the way is open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from models.network.feeding.paths import dark_still, gather, inflow_of, inherit
from models.outages.inference.knowledge import NEVER

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.network.feeding.paths import Paths
    from models.outages.state.partition import Partition


SECOND: Final = 1000
VOICES: Final = 2
"""So many meters (all, where there are fewer) show that a part has power, before silence counts."""


class Patience(NamedTuple):
    """How long a closing has to hold, and silence to last before it counts; how far clocks may err; the instant; ms."""

    hold: int
    wait: int
    tolerance: int
    now: int

    def next_look(self, since: int) -> int:
        """Give when to look anew at what may have power since a moment."""
        if self.now < since + self.wait:
            return max(since + self.hold, self.now + SECOND)
        return 2 * self.now - since


class Testimony(NamedTuple):
    """Of the points of a zone with a meter, in any order."""

    segment: NDArray[np.int64]
    """By place in the zone."""
    back_at: NDArray[np.int64]
    """Latest "on"; NEVER where "out" has been said since."""
    level: NDArray[np.int64]
    """At which its restoration messages arrive (`Scores.return_silent`)."""
    prior: NDArray[np.int64]
    """By segment: what it weighs that the device above it is open."""
    silent: NDArray[np.int64]
    """[level, bucket of time since a closing], as in the scores."""
    steps: NDArray[np.int64]
    false_on: int

    def judge(self, paths: Paths, dark: NDArray[np.bool_], patience: Patience) -> NDArray[np.bool_]:
        """Say which of the dark segments most probably have power since `paths.since`.

        Of those that lead to no meter nothing is known but what holds of the way to them.
        """
        since, inflow = paths.since[self.segment], inflow_of(paths.above, dark)
        spoke = (self.back_at != NEVER) & (self.back_at >= since - patience.tolerance)
        bucket = np.searchsorted(self.steps, np.maximum(patience.now - since, 0), side="right")
        lost = self._by_segment(np.where(spoke, 0, self.silent[self.level, bucket]))
        spoken, able = self._by_segment(spoke), self._by_segment(np.ones_like(spoke))
        voices, meters = gather(inflow, spoken), gather(inflow, able)
        denied = dark_still(inflow, lost, spoken * self.false_on, self.prior)
        affirmed = (voices >= np.minimum(VOICES, meters)) | (meters == 0)
        doubtful = gather(inflow, (~affirmed).astype(np.int64))
        complete = inherit(inflow, doubtful == 0, inflow.source < 0)
        in_time = patience.now >= paths.since + patience.wait
        fed = complete | (in_time & (affirmed | ~denied))
        return dark & inherit(inflow, fed, meters > 0)

    def _by_segment(self, of_points: NDArray[np.int64] | NDArray[np.bool_]) -> NDArray[np.int64]:
        whole = np.zeros(len(self.prior), np.int64)
        np.add.at(whole, self.segment, of_points)
        return whole


def testimony_of(partition: Partition, zone: int) -> Testimony:
    """Take what the meters of a zone have said last."""
    normal, network, scores = partition.shared.normal.network, partition.network, partition.scores
    first, last = normal.zone_device_start[zone : zone + 2].tolist()
    points = slice(*normal.zone_point_start[zone : zone + 2].tolist())
    at = network.point_position[normal.point_number[points]].astype(np.int64)
    row, known = partition.forest.delivery_row[at], partition.points
    able = (row >= 0) & (known.mute[at] == 0)
    at, row = at[able], row[able]
    said_last = np.where(known.out_last[at] > known.on_last[at], np.int64(NEVER), known.on_last[at])
    return Testimony(
        normal.point_device[points][able].astype(np.int64) - first,
        said_last,
        scores.level_of[scores.class_return[partition.forest.row_class[row]]],
        scores.device_prior[normal.device_kind[first:last]],
        scores.return_silent,
        scores.return_steps,
        scores.false_on,
    )
