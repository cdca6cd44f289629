"""Choosing the ways of a zone at an instant: at once where nobody is dark meanwhile, else when a closing has held.

Switchings come in any order: who loses one way and has another that was whole by then never was without power. Who was
dark is fed again only some seconds after the closing: what was opened to keep a part dark is known by then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from models.network.feeding.paths import ALWAYS, OUTSIDE, UNFED, course_of, find_paths, moved, with_those_before
from models.network.feeding.paths import NEVER as STILL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from models.network.feeding.paths import Course, Paths
    from models.network.network import Network
    from models.outages.feeding.links import Link
    from models.outages.feeding.positions import Stand
    from models.outages.feeding.testimony import Patience, Testimony
    from models.outages.feeding.ways import Way


class Known(NamedTuple):
    """What is known of a zone."""

    here: Stand
    links: Sequence[Link]
    testimony: Callable[[], Testimony]
    """Asked where somebody is dark only: it reads all meters of the zone."""
    silent: Sequence[int]
    """Segments that stayed dark until now though power could come to them."""


class Again(NamedTuple):
    """Segments that have power over another way, as positions in the normal network."""

    segment: NDArray[np.int64]
    since: NDArray[np.int64]
    """Since when they have power, ms."""
    by: NDArray[np.int64]
    """Stable number of the device that closed last."""
    dark: NDArray[np.bool_]
    """They lost the way before, and were without power until then; ..."""
    never_out: NDArray[np.bool_]
    """... or were not: the other way was whole by then."""
    at: NDArray[np.int64]
    """When power began to come this way, ms: the way before was broken, and this one whole."""


class Chosen(NamedTuple):
    """The ways of a zone from now on."""

    ways: dict[int, Way]
    silent: list[int]
    """Segments that stay dark though power could come to them, by stable number."""
    again: Again
    due: int | None
    """When to look again: a closing has not held for long enough yet."""


class Segments(NamedTuple):
    """Those of a zone in the order of the normal network, from position `first` on; places count from there."""

    normal: Network
    first: int
    number: NDArray[np.int64]
    parent: NDArray[np.int64]
    end: NDArray[np.int64]

    def place_of(self, number: int) -> int:
        """Give the place of a device by its stable number; negative where this version does not have it."""
        return self.normal.device_at(number) - self.first


class Possible(NamedTuple):
    """The ways that there are."""

    paths: Paths
    """Over stable numbers and codes of elements."""
    begun: NDArray[np.int64]
    """Since when the way to a segment is whole, ms."""


class UntilNow(NamedTuple):
    """The ways until now."""

    over: NDArray[np.int64]
    above: NDArray[np.int64]
    course: Course


def choose(normal: Network, zone: int, known: Known, ways: dict[int, Way], patience: Patience) -> Chosen:
    """Choose the ways of a zone, of which `ways` are those until now."""
    segments = _segments(normal, zone)
    paths, begun = _possible(segments, known.here, known.links)
    over, above, course = _until_now(segments, known.here, known.links, ways)
    fed, was_lost = paths.over != UNFED, course.lost < STILL
    late = paths.since > course.lost + patience.tolerance
    kept = np.isin(segments.number, known.silent) & moved(paths, segments.number, segments.parent)
    dark = fed & ((was_lost & late) | kept)
    held = patience.now >= paths.since + patience.hold
    spoken = known.testimony().judge(paths, dark, patience) if dark.any() else dark
    changes = with_those_before(paths, fed & (~dark | (held & spoken)))
    again, anew = np.flatnonzero(changes & (kept | moved(paths, over, above))), kept | was_lost
    at = np.where(dark, paths.since, np.where(was_lost, np.maximum(begun, course.lost), begun))
    since = np.where(anew, paths.since, course.whole)[again]
    by = np.where(anew, paths.by, over[course.by])[again]
    waits = paths.since[dark & ~changes].tolist()
    return Chosen(
        _ways(segments, np.where(changes, paths.over, over), np.where(changes, paths.above, above)),
        segments.number[(dark | kept) & ~changes].tolist(),
        Again(segments.first + again, since, by, dark[again], (anew & ~dark)[again], at[again]),
        min(map(patience.next_look, waits), default=None),
    )


def _segments(normal: Network, zone: int) -> Segments:
    first, last = normal.zone_device_start[zone : zone + 2].tolist()
    parent = normal.parent[first:last].astype(np.int64)
    return Segments(
        normal,
        first,
        normal.device_number[first:last].astype(np.int64),
        np.where(parent < 0, OUTSIDE, parent - first),
        normal.device_end[first:last].astype(np.int64) - first,
    )


def _possible(segments: Segments, here: Stand, links: Sequence[Link]) -> Possible:
    whole = [link for link in links if link.ended == STILL]
    joins = np.array([link[1:4] for link in whole], np.int64).reshape(-1, 3)
    paths = find_paths(segments.parent, segments.end, here.opened, here.closed, joins)
    codes = np.concatenate([segments.number, np.array([link.over for link in whole], np.int64), [UNFED]])
    closed = np.concatenate([here.closed, joins[:, 2], [ALWAYS]])[paths.over]
    begun = course_of(paths.above, np.full(len(closed), STILL), closed).whole
    return Possible(paths._replace(over=codes[paths.over], by=codes[paths.by]), begun)


def _until_now(segments: Segments, here: Stand, links: Sequence[Link], ways: dict[int, Way]) -> UntilNow:
    over, above = segments.number.copy(), segments.parent.copy()
    opened, closed = here.opened.copy(), here.closed.copy()
    by_number = {link.over: link for link in links}
    for segment, (device, source) in ways.items():
        at, place = segments.place_of(segment), segments.place_of(device)
        if at < 0:
            continue  # this version of the network does not have it
        over[at], above[at] = device, segments.place_of(source) if source >= 0 else OUTSIDE
        if (link := by_number.get(device)) is not None:
            opened[at], closed[at] = link.ended, link.joined
        else:
            opened[at], closed[at] = (here.opened[place], here.closed[place]) if place >= 0 else (ALWAYS, ALWAYS)
    return UntilNow(over, above, course_of(above, opened, closed))


def _ways(segments: Segments, over: NDArray[np.int64], above: NDArray[np.int64]) -> dict[int, Way]:
    """Those that are not the normal ones, by stable numbers."""
    numbers = segments.number
    other = np.flatnonzero((over != numbers) | (above != segments.parent)).tolist()
    return {int(numbers[at]): (int(over[at]), int(numbers[above[at]]) if above[at] >= 0 else OUTSIDE) for at in other}
