"""Switching around damage: where to open so that the sound parts can be fed again, from above and over ties."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Final, NamedTuple

from models.network.network import DEVICE_KINDS
from simulator.course import NONE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from simulator.storms.grid import Grid

_BY_HAND: Final = tuple(DEVICE_KINDS.index(kind) for kind in ("switch", "sectionalizer", "recloser"))


class TieFeed(NamedTuple):
    """A part below a device that a tie can feed from below another one."""

    tie: int
    device: int
    source: int


def isolating_device(grid: Grid, opened: int, damaged: Sequence[int]) -> int:
    """Return the lowest closed switching device over all damage, below the opened one; `NONE` if nobody gains."""
    network = grid.network
    device = min(damaged)
    while device > opened:
        holds_all = all(device <= place < network.device_end[device] for place in damaged)
        if holds_all and int(network.device_kind[device]) in _BY_HAND and device not in grid.open_faults:
            gained = (network.point_end[opened] - network.point_start[opened]) > (
                network.point_end[device] - network.point_start[device]
            )
            return device if gained else NONE
        device = int(network.parent[device])
    return NONE


def tie_feeds(grid: Grid, opened: int, damaged: Sequence[int]) -> list[TieFeed]:
    """Return the sound parts below an open device that ties can feed now, the largest first, none within another."""
    network = grid.network
    feeds: list[TieFeed] = []
    found = sorted(_candidates(grid, opened), key=lambda feed: (_negative_size(grid, feed), feed))
    for feed in found:
        end = int(network.device_end[feed.device])
        is_sound = not any(feed.device <= place < end for place in damaged)
        apart = not any(_overlap(grid, feed.device, other.device) for other in feeds)
        if is_sound and apart and _can_feed(grid, opened, feed):
            feeds.append(feed)
    return feeds


def _can_feed(grid: Grid, opened: int, feed: TieFeed) -> bool:
    """Return whether a part is dead, whole and closed towards its tie, and the other side alive and not fed itself."""
    network = grid.network
    source_is_outside = not opened <= feed.source < network.device_end[opened]
    above = int(network.parent[feed.device])
    return (
        source_is_outside
        and feed.device not in grid.open_faults
        and not grid.is_live(above)
        and grid.is_live(feed.source)
        and not any(device in grid.feeds for device in grid.upwards(feed.source))
        and not any(_overlap(grid, feed.device, fed) for fed in grid.feeds)
        and not any(feed.device <= other.source < network.device_end[feed.device] for other in grid.feeds.values())
        and not grid.unprotected_damage(feed.device)
    )


def _candidates(grid: Grid, opened: int) -> Iterator[TieFeed]:
    """Yield the ties that end at a switching device strictly below the opened one."""
    first = bisect_left(grid.ties, (opened + 1,))
    last = bisect_left(grid.ties, (int(grid.network.device_end[opened]),))
    for device, tie, source in grid.ties[first:last]:
        if int(grid.network.device_kind[device]) in _BY_HAND:
            yield TieFeed(tie, device, source)


def _overlap(grid: Grid, one: int, other: int) -> bool:
    """Return whether one device lies below the other."""
    return one < int(grid.network.device_end[other]) and other < int(grid.network.device_end[one])


def _negative_size(grid: Grid, feed: TieFeed) -> int:
    return int(grid.network.point_start[feed.device]) - int(grid.network.point_end[feed.device])
