"""The storm of the good and bad days: a summer storm in which everything happens that makes outages hard to tell.

Besides the summer storm's troubles: more damage on trunks, with faults below it that are mended while it lasts; faults
that pass shortly before they come to stay; devices that open and close by themselves, for tens of seconds and for
about five minutes; and ties that crews know but no table does.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from models.network.network import DEVICE_KINDS
from simulator.chance import between, chance
from simulator.course import NONE
from simulator.days.table import DAYS
from simulator.protection import FUSE, RECLOSING, protecting
from simulator.storms.play import play
from simulator.storms.troubles import TRUNK_KINDS, Trouble, draw_troubles, storm_time, trunk_trouble

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.random import Generator
    from numpy.typing import NDArray

    from models.network.network import Network
    from simulator.course import Course
    from simulator.options import StormOptions

_BY_HAND: Final = tuple(DEVICE_KINDS.index(kind) for kind in ("switch", "sectionalizer", "recloser"))
_SMALL: Final = tuple(DEVICE_KINDS.index(kind) for kind in ("fuse", "transformer"))
_TRUNK_SHARE: Final = 0.04
_LEAST_TRUNKS: Final = 2
_HELPED_SHARE: Final = 0.8
_PRECURSOR_SHARE: Final = 0.4
_PRECURSOR_SECONDS: Final = (12, 90)
"""How long before a fault comes to stay it has passed once: the branch has touched the line before it fell."""
_PASSING_SHARE: Final = 0.2
_LEAST_PASSING: Final = 6
_SHORT_SHARE: Final = 0.5
_SHORT_SECONDS: Final = (10, 120)
_BORDER_SECONDS: Final = (150, 450)
"""Both sides of the five minutes that IEEE 1366 calls momentary."""
_BELOW_SHARE: Final = 0.7
_MOST_BELOW: Final = 3
_BELOW_BEFORE_SECONDS: Final = (480, 3000)
_BELOW_REPAIR_SECONDS: Final = (900, 3000)
_LEAST_FED: Final = 3
"""Usage points below a device for which somebody has built a tie."""


def rough_storm(network: Network, options: StormOptions) -> Course:
    """Draw and play such a storm over any network."""
    lots = chance(options.seed, "rough storm")
    troubles = draw_troubles(network, options, chance(options.seed, "troubles"))
    total = len(troubles)
    troubles += _on_trunks(lots, network, options, max(_LEAST_TRUNKS, round(_TRUNK_SHARE * total)))
    lasting = [trouble for trouble in troubles if _lasts_on_trunk(network, trouble)]
    troubles += list(_below(lots, network, options, lasting))
    troubles += list(_precursors(lots, network, troubles, options.start_at))
    troubles += _passing(lots, network, options, max(_LEAST_PASSING, round(_PASSING_SHARE * total)))
    ties = _unlisted_ties(chance(options.seed, "unlisted ties"), network, lasting, DAYS[options.preset].unlisted_ties)
    return play(network, options, troubles, ties)


def _lasts_on_trunk(network: Network, trouble: Trouble) -> bool:
    on_trunk = int(network.device_kind[trouble.place]) in TRUNK_KINDS
    return on_trunk and trouble.permanent and not trouble.planned


def _on_trunks(lots: Generator, network: Network, options: StormOptions, count: int) -> list[Trouble]:
    """Draw damage on trunks over the whole duration, most of it where switching around it helps many."""
    places = _places(network, TRUNK_KINDS)
    helped = np.array([place for place in places.tolist() if _cut_helps(network, place)], np.int64)
    found = []
    for _ in range(count if len(places) else 0):
        among = helped if len(helped) and lots.random() < _HELPED_SHARE else places
        at = options.start_at + round(1000 * options.duration_seconds * lots.random())
        found.append(trunk_trouble(lots, at, int(lots.choice(among))))
    return found


def _cut_helps(network: Network, place: int) -> bool:
    """Return whether a switch can keep damage away from half of those whom it interrupts."""
    opened, cut = protecting(network, place), _switch_above(network, place)
    if opened == NONE or cut <= opened or int(network.device_kind[opened]) not in RECLOSING:
        return False
    sizes = network.point_end - network.point_start
    return bool(2 * sizes[cut] <= sizes[opened])


def _switch_above(network: Network, place: int) -> int:
    """Return the next device at or above a place that is switched by hand; `NONE` if there is none."""
    while place != NONE and int(network.device_kind[place]) not in _BY_HAND:
        place = int(network.parent[place])
    return place


def _below(lots: Generator, network: Network, options: StormOptions, lasting: Sequence[Trouble]) -> Iterator[Trouble]:
    """Let small faults strike before a trunk fails above them; crews are at work on them when it does."""
    for trouble in lasting:
        opens = protecting(network, trouble.place)
        if opens == NONE or lots.random() >= _BELOW_SHARE:
            continue
        places = opens + _places(network, _SMALL, opens, int(network.device_end[opens]))
        for _ in range(int(lots.integers(1, _MOST_BELOW + 1)) if len(places) else 0):
            at = max(options.start_at, trouble.at - between(lots, *_BELOW_BEFORE_SECONDS))
            repair_ms = between(lots, *_BELOW_REPAIR_SECONDS)
            yield Trouble(at, int(lots.choice(places)), NONE, True, False, trouble.cause, repair_ms)  # noqa: FBT003


def _precursors(lots: Generator, network: Network, troubles: Sequence[Trouble], begin: int) -> Iterator[Trouble]:
    """Let faults pass once before they come to stay, where a recloser may see them."""
    for trouble in troubles:
        passes = int(network.device_kind[trouble.place]) in (*TRUNK_KINDS, FUSE) and trouble.usage_point == NONE
        if passes and trouble.permanent and not trouble.planned and lots.random() < _PRECURSOR_SHARE:
            yield replace(trouble, at=max(begin, trouble.at - between(lots, *_PRECURSOR_SECONDS)), permanent=False)


def _passing(lots: Generator, network: Network, options: StormOptions, count: int) -> list[Trouble]:
    """Draw devices that open and close by themselves, half of them small ones: a jumper that arcs, a contact."""
    kinds = [places for places in (_places(network, TRUNK_KINDS), _places(network, _SMALL)) if len(places)]
    found = []
    for _ in range(count if kinds else 0):
        place = int(lots.choice(kinds[int(lots.integers(len(kinds)))]))
        seconds = _SHORT_SECONDS if lots.random() < _SHORT_SHARE else _BORDER_SECONDS
        at = options.start_at + storm_time(options, lots)
        found.append(Trouble(at, place, NONE, False, False, "contact", 0, between(lots, *seconds)))  # noqa: FBT003
    return found


def _places(network: Network, kinds: tuple[int, ...], start: int = 0, end: int | None = None) -> NDArray[np.int64]:
    """Return the devices of some kinds with usage points below, counted from `start`."""
    rows = slice(start, end)
    has_points = network.point_end[rows] > network.point_start[rows]
    return np.flatnonzero(np.isin(network.device_kind[rows], kinds) & has_points)


def _unlisted_ties(
    lots: Generator, network: Network, lasting: Sequence[Trouble], count: int
) -> tuple[tuple[int, int], ...]:
    """Lay ties where crews will want one: from a sound part below damage on a trunk to a part that is not below it."""
    ties: list[tuple[int, int]] = []
    for row in lots.permutation(len(lasting)).tolist():
        tie = _tie_around(lots, network, lasting[row].place)
        if tie is not None and len(ties) < count:
            ties.append(tie)
    return tuple(ties)


def _tie_around(lots: Generator, network: Network, place: int) -> tuple[int, int] | None:
    opened = protecting(network, place)
    if opened == NONE:
        return None
    cut = max(opened, _switch_above(network, place))
    end = int(network.device_end[cut])
    below = cut + _places(network, _BY_HAND, cut, end)
    below = below[(below > cut) & ~((below <= place) & (place < network.device_end[below]))]
    below = below[network.point_end[below] - network.point_start[below] >= _LEAST_FED]
    zone = int(network.device_zone[cut])
    first, last = int(network.zone_device_start[zone]), int(network.zone_device_start[zone + 1])
    beyond = first + _places(network, TRUNK_KINDS, first, last)
    beyond = beyond[(beyond < cut) | (beyond >= end)]
    if not len(below) or not len(beyond):
        return None
    return int(lots.choice(below)), int(lots.choice(beyond))
