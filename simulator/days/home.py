"""Batteries and generators at home: a meter behind one sees power although the line is dead.

A battery takes over at once: the meter says nothing at all. A generator starts after seconds or minutes: the meter
gasps, and says "power restored" in the midst of the outage. (IEEE Xplore 10552189: gasps are absent where a source at
home keeps the customer up.) The interruption of the line stays what it is in the truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from simulator.chance import chance
from simulator.supply import Interruptions
from simulator.telemetry.fleet import milliseconds

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BATTERY_SHARE: Final = 0.4
_START_SECONDS: Final = (8, 40)
_BY_HAND_SHARE: Final = 0.25
_BY_HAND_SECONDS: Final = (180, 1200)


@dataclass(frozen=True, slots=True)
class HomeSupply:
    """m interruptions of the line in which a customer had power of their own, from `since` on to their end."""

    row: NDArray[np.int64]
    """Of the interruptions."""
    battery: NDArray[np.bool_]
    since: NDArray[np.int64]

    def as_seen(self, interruptions: Interruptions) -> Interruptions:
        """Return the interruptions as the meters see them."""
        back_at = interruptions.back_at.copy()
        back_at[self.row] = self.since
        seen = np.flatnonzero(back_at > interruptions.out_at)
        return Interruptions(
            interruptions.point[seen], interruptions.fault[seen], interruptions.out_at[seen], back_at[seen]
        )


def draw_home_supply(seed: int, share: float, points: int, interruptions: Interruptions) -> HomeSupply:
    """Draw who has a battery or a generator, and when it took over in each interruption."""
    lots = chance(seed, "supply at home")
    has = lots.random(points) < share
    has_battery = lots.random(points) < _BATTERY_SHARE
    row = np.flatnonzero(has[interruptions.point])
    battery = has_battery[interruptions.point[row]]
    by_hand = lots.random(len(row)) < _BY_HAND_SHARE
    seconds = np.where(by_hand, lots.uniform(*_BY_HAND_SECONDS, len(row)), lots.uniform(*_START_SECONDS, len(row)))
    since = interruptions.out_at[row] + np.where(battery, 0, milliseconds(seconds))
    kept = since < interruptions.back_at[row]
    return HomeSupply(row[kept], battery[kept], since[kept])
