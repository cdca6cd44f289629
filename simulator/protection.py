"""How protective devices operate: reclosing shots, lock-out, fuse saving and blowing, sectionalizer counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from models.network.network import DEVICE_KINDS
from simulator.chance import between
from simulator.course import NEVER, NONE

if TYPE_CHECKING:
    from collections.abc import Container

    from numpy.random import Generator

    from models.network.network import Network

BREAKER: Final = DEVICE_KINDS.index("breaker")
RECLOSER: Final = DEVICE_KINDS.index("recloser")
SECTIONALIZER: Final = DEVICE_KINDS.index("sectionalizer")
FUSE: Final = DEVICE_KINDS.index("fuse")
RECLOSING: Final = (BREAKER, RECLOSER)
PROTECTIVE: Final = tuple(code for code, kind in enumerate(DEVICE_KINDS) if kind not in ("switch", "tie"))
"""Kinds that open by themselves; a sectionalizer only while a recloser holds it dead."""

LOCKOUT_TRIPS: Final = 4
_TRIP_SECONDS: Final = ((0.04, 0.12), (0.04, 0.12), (0.2, 1.5), (0.2, 1.5))
"""How long the fault burns until each trip: two on the fast curve, two on the slow one."""
_DEAD_SECONDS: Final = ((0.3, 0.6), (2.0, 10.0), (10.0, 30.0))
"""How long the device stays open before each reclosing."""
_FUSE_SAVING: Final = 0.5
"""Share of faults behind a fuse at which the recloser's fast curve comes first."""
_FUSE_SECONDS: Final = (0.02, 0.8)
_COUNTED_SECONDS: Final = (0.1, 0.25)
"""How long after the recloser's trip a sectionalizer opens; the shortest dead time is longer."""


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


@dataclass(frozen=True, slots=True)
class Response:
    """How protection answers a fault: dips of a recloser or breaker, and what stays open in the end."""

    recloser: int = NONE
    dips: tuple[tuple[int, int], ...] = ()
    """Stays in open position after which the recloser closed again."""
    device: int = NONE
    """What stays open; `NONE` where the fault is gone."""
    stays: tuple[tuple[int, int], ...] = ()
    """Its stays in open position; the last one ends with the repair."""


def respond(lots: Generator, kind: int, device: int, recloser: int, at: int, *, permanent: bool) -> Response:
    """Let the device of this kind that is next above a fault, and the recloser above or at it, operate.

    `recloser` is `NONE` where there is none. Fuses are saved by fast trips of the recloser or blow at once, by lot.
    """
    if kind in RECLOSING:
        if permanent:
            return Response(device=device, stays=tuple(reclosing(lots, at, LOCKOUT_TRIPS)))
        return Response(device, tuple(reclosing(lots, at, int(lots.integers(1, LOCKOUT_TRIPS)))))
    if recloser != NONE and kind == SECTIONALIZER:
        return _sectionalize(lots, device, recloser, at, permanent=permanent)
    if recloser != NONE and kind == FUSE and lots.random() < _FUSE_SAVING:
        dips = tuple(reclosing(lots, at, int(lots.integers(1, 3))))
        if not permanent:
            return Response(recloser, dips)
        return Response(recloser, dips, device, ((dips[-1][1] + between(lots, *_FUSE_SECONDS), NEVER),))
    return Response(device=device, stays=((at + between(lots, *_FUSE_SECONDS), NEVER),))


def _sectionalize(lots: Generator, device: int, recloser: int, at: int, *, permanent: bool) -> Response:
    """Let a sectionalizer count the recloser's trips and open in the dead time after its last count."""
    counts = int(lots.integers(2, LOCKOUT_TRIPS))
    dips = tuple(reclosing(lots, at, counts if permanent else int(lots.integers(1, counts))))
    if not permanent:
        return Response(recloser, dips)
    opened_at = dips[-1][0] + between(lots, *_COUNTED_SECONDS)
    return Response(recloser, dips, device, ((opened_at, NEVER),))


def protecting(network: Network, place: int, kinds: tuple[int, ...] = PROTECTIVE, opened: Container[int] = ()) -> int:
    """Return the next device of these kinds at or above a place; `NONE` if an open one or nothing comes first."""
    while place != NONE and place not in opened:
        if int(network.device_kind[place]) in kinds:
            return place
        place = int(network.parent[place])
    return NONE
