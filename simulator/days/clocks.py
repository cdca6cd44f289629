"""What meters' clocks make of times: off by seconds or by an hour, in whole seconds, or reset when power comes back.

Landis+Gyr has neighbours estimate when power went; PG&E's map was eight hours off (docs/reference/simulation.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from simulator.chance import chance
from simulator.telemetry.fleet import milliseconds

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from simulator.days.table import Day

HOUR_MS: Final = 3_600_000
RESET_TO_MS: Final = 946_684_800_000
"""2000-01-01T00:00:00Z, where a clock begins that has lost its time."""
_OFF_SECONDS: Final = 5.0
_DELIVERED_TOGETHER: Final = 20


@dataclass(frozen=True, slots=True)
class Clocks:
    """The clocks of P usage points' meters."""

    error_ms: NDArray[np.int64]
    """Seconds and, where a clock is off by one, an hour."""
    hour_off: NDArray[np.bool_]
    whole: NDArray[np.bool_]
    """It shows whole seconds only."""
    reset: NDArray[np.bool_]
    """It begins anew when power is back, and is right again when the head-end has set it."""

    def stamp(self, point: NDArray[np.int32], at: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return what each meter's clock shows at a time."""
        shown = at + self.error_ms[point]
        stamps: NDArray[np.int64] = np.where(self.whole[point], shown // 1000 * 1000, shown)
        return stamps

    def stamp_return(
        self, point: NDArray[np.int32], at: NDArray[np.int64], running_ms: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Return what each meter says of the return of its power, having run for so long when it speaks."""
        return np.where(self.reset[point], RESET_TO_MS + running_ms // 1000 * 1000, self.stamp(point, at))


def draw_clocks(seed: int, family: str, day: Day, collector: NDArray[np.int32]) -> Clocks:
    """Draw each meter's clock; where an hour is off, it is in one direction, and half of them are neighbours."""
    lots = chance(seed, "clocks")
    size = len(collector)
    seconds = _seconds(lots, family, collector) if day.clocks_off else np.zeros(size)
    hour = HOUR_MS if lots.random() < 0.5 else -HOUR_MS
    hour_off = lots.random(size) < day.clocks_hour / 2
    hour_off |= _in_lots(lots, size, day.clocks_hour / 2)
    return Clocks(
        error_ms=milliseconds(seconds) + hour * hour_off,
        hour_off=hour_off,
        whole=lots.random(size) < day.clocks_whole_seconds,
        reset=lots.random(size) < day.clocks_reset,
    )


def _seconds(lots: Generator, family: str, collector: NDArray[np.int32]) -> NDArray[np.float64]:
    size = len(collector)
    if family == "uniform":
        return lots.uniform(-_OFF_SECONDS, _OFF_SECONDS, size)
    if family == "laplace":
        return np.clip(lots.laplace(0, 1.5, size), -_OFF_SECONDS, _OFF_SECONDS)
    together = lots.uniform(-4, 4, int(collector.max(initial=0)) + 1)[collector]
    return together + lots.uniform(-1, 1, size)


def _in_lots(lots: Generator, size: int, share: float) -> NDArray[np.bool_]:
    """Draw neighbours, a score at a time, until about a share of all is drawn: meters of one delivery err alike."""
    drawn = np.zeros(size, bool)
    for first in lots.integers(0, max(size, 1), round(share * size / _DELIVERED_TOGETHER)).tolist():
        drawn[first : first + _DELIVERED_TOGETHER] = True
    return drawn
