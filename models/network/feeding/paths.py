"""Which way power comes to each segment: the normal one where it is whole, else over as few links as can be.

A *segment* is what a device feeds directly, and has the device's position. A device joins the segment above it and its
own while it is closed. A *link* joins two segments besides: a closed tie, a jumper; or a segment and a supply from
outside: a generator, another zone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from models.columns.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

ALWAYS: Final = -(1 << 62)
"""A moment before all others."""
NEVER: Final = 1 << 62
OUTSIDE: Final = -1
UNFED: Final = -1


class Paths(NamedTuple):
    """By segment."""

    over: NDArray[np.int64]
    """Over which device power comes in; n and more for a link; UNFED where none comes."""
    above: NDArray[np.int64]
    """The segment from which it comes; OUTSIDE of roots, and of supplies from outside."""
    since: NDArray[np.int64]
    """From when on any way was whole, ..."""
    by: NDArray[np.int64]
    """... and over which device or link, n and more, it became so."""


@compiled
def find_paths(
    parent: NDArray[np.int64],
    device_end: NDArray[np.int64],
    opened: NDArray[np.int64],
    closed: NDArray[np.int64],
    links: NDArray[np.int64],
) -> Paths:
    """Find them in a forest of n devices, each before those below it.

    `opened` is when a device opened that is open, NEVER of a closed one; `closed` when it last closed, ALWAYS where it
    has never been open. `links` [m, 3] are two segments, of which one may be OUTSIDE, and when they were joined; of
    several that could feed a part the first counts.
    """
    n = len(parent)
    paths = Paths(np.full(n, UNFED), np.full(n, OUTSIDE), np.full(n, ALWAYS), np.full(n, UNFED))
    over = paths.over
    for d in range(n):
        if opened[d] == NEVER and (parent[d] < 0 or over[parent[d]] != UNFED):
            _come(paths, d, d, parent[d], closed[d])
    found = True
    while found:
        found = False
        fed = over != UNFED
        for m in range(len(links)):
            one, other, joined = links[m]
            here, there = one == OUTSIDE or fed[one], other == OUTSIDE or fed[other]
            into, out_of = (other, one) if here else (one, other)
            if here != there and over[into] == UNFED:
                _come(paths, into, n + m, out_of, joined)
                _spread(paths, parent, device_end, opened, closed, into)
                found = True
    while _ripple(paths, parent, opened, closed, links):
        pass
    return paths


@compiled
def _come(paths: Paths, segment: int, over: int, above: int, joined: int) -> None:
    paths.over[segment], paths.above[segment] = over, above
    paths.since[segment] = NEVER
    _reach(paths, segment, over, above, joined)


@compiled
def _reach(paths: Paths, segment: int, over: int, source: int, joined: int) -> bool:
    """Whether a segment had power earlier than known, from a source over what has joined them since a moment."""
    before = paths.since[source] if source >= 0 else ALWAYS
    since, by = (joined, over) if before <= joined else (before, paths.by[source])
    if since >= paths.since[segment]:
        return False
    paths.since[segment], paths.by[segment] = since, by
    return True


@compiled
def _ripple(
    paths: Paths,
    parent: NDArray[np.int64],
    opened: NDArray[np.int64],
    closed: NDArray[np.int64],
    links: NDArray[np.int64],
) -> bool:
    """Whether some segment had power earlier by another way than the one chosen."""
    n, news = len(parent), False
    for d in range(n):
        if opened[d] == NEVER and paths.over[d] != UNFED and parent[d] >= 0:
            news = _reach(paths, d, d, parent[d], closed[d]) or news
            news = _reach(paths, parent[d], d, d, closed[d]) or news
    for m in range(len(links)):
        one, other, joined = links[m]
        if one >= 0 and paths.over[one] != UNFED:
            news = _reach(paths, one, n + m, other, joined) or news
        if other >= 0 and paths.over[other] != UNFED:
            news = _reach(paths, other, n + m, one, joined) or news
    return news


@compiled
def _spread(
    paths: Paths,
    parent: NDArray[np.int64],
    device_end: NDArray[np.int64],
    opened: NDArray[np.int64],
    closed: NDArray[np.int64],
    first: int,
) -> None:
    """Over all closed devices, up and down, from a segment that is fed from now on."""
    over, waiting = paths.over, [first]
    while len(waiting) > 0:
        segment = waiting.pop()
        above, below = parent[segment], segment + 1
        if above >= 0 and opened[segment] == NEVER and over[above] == UNFED:
            _come(paths, above, segment, segment, closed[segment])
            waiting.append(above)
        while below < device_end[segment]:
            if opened[below] == NEVER and over[below] == UNFED:
                _come(paths, below, below, segment, closed[below])
                waiting.append(below)
            below = device_end[below]


class Course(NamedTuple):
    """Of the way by which each segment has been fed."""

    lost: NDArray[np.int64]
    """The first moment at which it was broken, NEVER while it is whole."""
    whole: NDArray[np.int64]
    """Since when it is whole, if it is."""
    by: NDArray[np.int64]
    """The segment into which power came last, as it became so."""


@compiled
def course_of(above: NDArray[np.int64], opened: NDArray[np.int64], closed: NDArray[np.int64]) -> Course:
    """Follow ways; `opened` and `closed` are of that over which power comes into a segment from the one `above`."""
    n = len(above)
    course, known = Course(opened.copy(), closed.copy(), np.arange(n)), np.zeros(n, np.bool_)
    for segment in range(n):
        way = [segment]
        while not known[way[-1]] and above[way[-1]] >= 0:
            way.append(above[way[-1]])
        for at in way[::-1]:
            source = above[at]
            if not known[at] and source >= 0:
                course.lost[at] = min(course.lost[source], opened[at])
                if course.whole[source] > closed[at]:
                    course.whole[at], course.by[at] = course.whole[source], course.by[source]
            known[at] = True
    return course


@compiled
def with_those_before(paths: Paths, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mark the segments over which power comes to some, too."""
    marked = chosen.copy()
    for segment in range(len(chosen)):
        at = segment
        while chosen[segment] and paths.above[at] >= 0 and not marked[paths.above[at]]:
            at = paths.above[at]
            marked[at] = True
    return marked


class Inflow(NamedTuple):
    """How power would come into segments that are dark, which `order` lists, each behind the one that feeds it."""

    order: NDArray[np.int64]
    source: NDArray[np.int64]
    """By segment, the dark one that feeds it; OUTSIDE where power enters the dark part, and of all that have power."""


@compiled
def inflow_of(above: NDArray[np.int64], dark: NDArray[np.bool_]) -> Inflow:
    """Order the dark segments of ways that lead over `above`."""
    depth, source = np.full(len(dark), -1, np.int64), np.full(len(dark), OUTSIDE, np.int64)
    for segment in np.flatnonzero(dark):
        if above[segment] >= 0 and dark[above[segment]]:
            source[segment] = above[segment]
    for segment in np.flatnonzero(dark):
        at, depth[segment] = segment, 0
        while source[at] >= 0:
            at = source[at]
            depth[segment] += 1
    order = np.argsort(depth, kind="mergesort")
    return Inflow(order[len(dark) - np.count_nonzero(dark) :], source)


@compiled
def gather(inflow: Inflow, own: NDArray[np.int64]) -> NDArray[np.int64]:
    """Add to what is each segment's own that of all to which power would come over it."""
    whole = own.copy()
    for segment in inflow.order[::-1]:
        if inflow.source[segment] >= 0:
            whole[inflow.source[segment]] += whole[segment]
    return whole


@compiled
def dark_still(
    inflow: Inflow, fed: NDArray[np.int64], cut: NDArray[np.int64], prior: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Mark the segments that most probably have no power over the way that leads to them.

    Of each segment, `fed` is what its own points weigh if it has power, `cut` if it has none, `prior` what an open
    device at its head does. Which devices are open together is chosen at its best, from the far ends inwards.
    """
    closed, opened, stays = fed.copy(), gather(inflow, cut) + prior, np.zeros(len(fed), np.bool_)
    for segment in inflow.order[::-1]:
        if inflow.source[segment] >= 0:
            closed[inflow.source[segment]] += max(closed[segment], opened[segment])
    for segment in inflow.order:
        source = inflow.source[segment]
        stays[segment] = (source >= 0 and stays[source]) or closed[segment] < opened[segment]
    return stays


@compiled
def inherit(inflow: Inflow, own: NDArray[np.bool_], known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Give each segment of which nothing of its own is known what holds of the dark one that feeds it, else True."""
    whole = own.copy()
    for segment in inflow.order:
        if not known[segment]:
            whole[segment] = inflow.source[segment] < 0 or whole[inflow.source[segment]]
    return whole


@compiled
def moved(paths: Paths, over: NDArray[np.int64], above: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Mark the segments to which power comes another way than by `over` and `above`, at any place of it."""
    n = len(above)
    other, known = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    for segment in range(n):
        way = [segment]
        while not known[way[-1]] and paths.above[way[-1]] >= 0:
            way.append(paths.above[way[-1]])
        for at in way[::-1]:
            if not known[at]:
                source = paths.above[at]
                other[at] = paths.over[at] != over[at] or source != above[at] or (source >= 0 and other[source])
                known[at] = True
    return other
