"""The meters: which of them there are, by which head-end they speak, and how much of what they say arrives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from simulator.chance import chance

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from models.network.network import Network
    from simulator.options import StormOptions

SOURCES: Final = ("mesh", "cellular", "plc")
MESH, CELLULAR, CARRIER = range(3)
CELLULAR_SHARE: Final = 0.3

_HOLD_OFF_SECONDS: Final = np.array([(20.0, 45.0), (0.2, 1.0)])
_DELAY_MEDIAN_SECONDS: Final = np.array([6.0, 3.0])
_DELAY_SIGMA: Final = np.array([1.0, 0.7])
_TAIL_SHARE: Final = 0.01
_TAIL_SCALE_SECONDS: Final = 30.0
_TAIL_ALPHA: Final = 1.2
_TAIL_CAP_SECONDS: Final = 1800.0
_CLOCK_SIGMA_SECONDS: Final = 1.0
_CLOCK_CUT_SECONDS: Final = 4.0


@dataclass(frozen=True, slots=True)
class Fleet:
    """The meters of a network, P usage points."""

    metered: NDArray[np.bool_]
    source: NDArray[np.uint8]
    """Index in `SOURCES`; of no meaning without a meter."""
    rates: NDArray[np.float64]
    """Delivery of last gasps by source (rows) and collector (columns)."""
    delivery: NDArray[np.float32]
    """The same by usage point."""
    meter_of: NDArray[np.int32] | None = None
    """By usage point: where the tables have the meter that hangs there; None: where it hangs."""

    def delivered(self, lots: Generator, points: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Draw which last gasps of these points arrive."""
        return lots.random(len(points), np.float32) < self.delivery[points]


def fleet(network: Network, options: StormOptions) -> Fleet:
    """Draw the meters' head-ends and their delivery rates."""
    lots = chance(options.seed, "fleet")
    source = (lots.random(len(network.point_device), np.float32) < CELLULAR_SHARE).astype(np.uint8)
    cellular = options.delivery if options.cellular_delivery is None else options.cellular_delivery
    means = np.array([options.delivery, cellular])
    rates = np.repeat(means[:, None], len(network.collector_ids), axis=1)
    if options.loss == "clustered":
        certain = (means <= 0) | (means >= 1)
        shape = np.where(certain, 0.5, means)[:, None] * options.concentration
        drawn = lots.beta(np.broadcast_to(shape, rates.shape), options.concentration - shape)
        rates = np.where(certain[:, None], rates, drawn)
    metered = np.diff(network.meter_ids.offsets) > 0
    return Fleet(metered, source, rates, rates[source, network.collector].astype(np.float32))


def hold_off_ms(lots: Generator, source: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Draw how long each meter waits before it takes power for lost."""
    low, high = _HOLD_OFF_SECONDS[source].T
    return milliseconds(low + (high - low) * lots.random(len(source)))


def delay_ms(lots: Generator, source: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Draw how long each message travels: lognormal, and a few get lost on the way for long (Pareto tail)."""
    seconds = _DELAY_MEDIAN_SECONDS[source] * np.exp(_DELAY_SIGMA[source] * lots.standard_normal(len(source)))
    late = np.flatnonzero(lots.random(len(source)) < _TAIL_SHARE)
    seconds[late] += np.minimum(_TAIL_SCALE_SECONDS * (1 + lots.pareto(_TAIL_ALPHA, len(late))), _TAIL_CAP_SECONDS)
    return milliseconds(seconds)


def slowed(times: NDArray[np.int64], options: StormOptions) -> NDArray[np.int64]:
    """Stretch times by how much slower the laws are than they say."""
    stretched: NDArray[np.int64] = np.rint(times * options.slow_laws).astype(np.int64)
    return stretched


def clock_error_ms(lots: Generator, size: int) -> NDArray[np.int64]:
    """Draw how far each meter's clock is off; it stays so for one outage."""
    seconds = np.clip(_CLOCK_SIGMA_SECONDS * lots.standard_normal(size), -_CLOCK_CUT_SECONDS, _CLOCK_CUT_SECONDS)
    return milliseconds(seconds)


def milliseconds(seconds: NDArray[np.float64]) -> NDArray[np.int64]:
    """Round seconds to whole milliseconds."""
    whole: NDArray[np.int64] = np.rint(1000 * seconds).astype(np.int64)
    return whole
