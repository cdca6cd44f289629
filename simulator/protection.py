"""How protective devices operate: reclosing shots, lock-out, fuse saving and blowing, sectionalizer counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from models.network import DEVICE_KINDS
from simulator.chance import between
from simulator.course import NEVER

if TYPE_CHECKING:
    from numpy.random import Generator

BREAKER: Final = DEVICE_KINDS.index("breaker")
RECLOSER: Final = DEVICE_KINDS.index("recloser")
RECLOSING: Final = (BREAKER, RECLOSER)

LOCKOUT_TRIPS: Final = 4
_TRIP_SECONDS: Final = ((0.04, 0.12), (0.04, 0.12), (0.2, 1.5), (0.2, 1.5))
"""How long the fault burns until each trip: two on the fast curve, two on the slow one."""
_DEAD_SECONDS: Final = ((0.3, 0.6), (2.0, 10.0), (10.0, 30.0))
"""How long the device stays open before each reclosing."""


def reclosing(lots: Generator, at: int, trips: int) -> list[tuple[int, int]]:
    """Return the stays in open position of a recloser or breaker that sees a fault at `at` and trips so many times.

    After the fourth trip it locks out: four openings and three closings within a minute. After fewer the fault is gone.
    """
    stays = []
    for shot in range(trips):
        opened_at = at + between(lots, *_TRIP_SECONDS[shot])
        at = opened_at + between(lots, *_DEAD_SECONDS[shot]) if shot < len(_DEAD_SECONDS) else NEVER
        stays.append((opened_at, at))
    return stays


def lockout(lots: Generator, at: int, closed_at: int) -> list[tuple[int, int]]:
    """Return the stays in open position up to a lock-out that ends when the device is closed by hand."""
    stays = reclosing(lots, at, LOCKOUT_TRIPS)
    return [*stays[:-1], (stays[-1][0], closed_at)]
