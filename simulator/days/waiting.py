"""How long meters wait and messages travel: hold-off, delay, waking after the return, power line carrier; seconds.

A hold-off is a meter's own and varies a little from time to time. AEP has meters wait 45 s, CLOU 30 s; Landis+Gyr lets
the utility set it (docs/reference/simulation.md). Cellular meters are quicker by a factor.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np

from simulator.telemetry.fleet import milliseconds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.random import Generator
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Draw = Callable[[Generator, int], Floats]

CARRIER_CAP_SECONDS: Final = 5400.0
"""Power line carrier is at most 90 minutes late."""
_DELAY_CAP_SECONDS: Final = 1200.0
_CELLULAR_DELAY: Final = 0.4
"""A message by the mobile network takes so much of the time of one through the mesh."""
_VARIES: Final = (0.97, 1.03)
_SETTINGS_SECONDS: Final = (30.0, 45.0, 60.0)
_CELLULAR_SETTINGS_SECONDS: Final = (0.5, 2.0, 5.0)


def hold_offs(lots: Generator, family: str, collector: NDArray[np.int32], cellular: NDArray[np.bool_]) -> Floats:
    """Draw how long each meter waits before it takes power for lost."""
    size = len(collector)
    if family == "configured":
        setting = lots.integers(0, len(_SETTINGS_SECONDS), int(collector.max(initial=0)) + 1)[collector]
        slow = np.array(_SETTINGS_SECONDS)[setting] + lots.uniform(0, 2, size)
        quick = np.array(_CELLULAR_SETTINGS_SECONDS)[setting] + lots.uniform(0, 0.5, size)
    elif family == "gamma":
        slow, quick = lots.gamma(6, 4.5, size), 0.2 + lots.gamma(3, 0.5, size)
    else:
        slow, quick = 2 + 14 * lots.weibull(1.8, size), 0.3 + lots.exponential(1.2, size)
    return np.where(cellular, quick, slow)


def varied_ms(lots: Generator, seconds: Floats) -> NDArray[np.int64]:
    """Vary each meter's hold-off a little from time to time."""
    return milliseconds(seconds * lots.uniform(*_VARIES, len(seconds)))


def _hops(lots: Generator, size: int) -> Floats:
    """Hop by hop through the mesh, each hop with a wait of its own, from a random place in the sending window."""
    hops = np.minimum(lots.geometric(0.4, size), 8)
    return lots.uniform(0, 6, size) + lots.gamma(hops, 2.5)


def _weibull(lots: Generator, size: int) -> Floats:
    return 9 * lots.weibull(0.8, size)


def _log_logistic(lots: Generator, size: int) -> Floats:
    """Mostly quick, with a heavy tail: what queues behind a collector that is busy."""
    share = lots.random(size)
    return np.minimum(6 * (share / (1 - share)) ** (1 / 2.2), _DELAY_CAP_SECONDS)


_DELAYS: Final[Mapping[str, Draw]] = MappingProxyType(
    {"hops": _hops, "weibull": _weibull, "log_logistic": _log_logistic}
)


def delays_ms(lots: Generator, family: str, cellular: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Draw how long each message travels through the mesh or the mobile network."""
    return milliseconds(_DELAYS[family](lots, len(cellular)) * np.where(cellular, _CELLULAR_DELAY, 1.0))


def waking_ms(lots: Generator, family: str, cellular: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Draw how long each meter has power again before it speaks; a mesh has to form anew first."""
    size = len(cellular)
    if family == "window":
        seconds = lots.uniform(0, 90, size)
    elif family == "reforming":
        seconds = 10 + lots.gamma(3, 12, size)
    else:
        seconds = 2 + lots.exponential(10, size)
    return milliseconds(np.where(cellular, np.minimum(seconds, 5 + seconds / 3), seconds))


def carrier_ms(lots: Generator, family: str, size: int) -> NDArray[np.int64]:
    """Draw how late messages are that wait for the concentrator's poll over the power line."""
    if family == "spread":
        seconds = lots.uniform(120, CARRIER_CAP_SECONDS, size)
    elif family == "polls":
        seconds = 900 * lots.random(size) + 900 * (lots.geometric(0.5, size) - 1) + lots.uniform(5, 60, size)
    else:
        seconds = 1080 * lots.lognormal(0, 0.8, size)
    return milliseconds(np.minimum(seconds, CARRIER_CAP_SECONDS))
