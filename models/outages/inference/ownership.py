"""Who owns a usage point: at most one open outage, the first that interrupted it.

The loops move points between outages and count customers. Counts are vectors of four: customers, and of these those
with life support, critical ones and key ones (`PRIORITIES`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from models.columns.compiled import compiled
from models.outages.inference.knowledge import FREE, NEVER, NOBODY, OUT, PENDING, Points

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.outages.inference.forest import Forest

COUNTS: Final = 4


@compiled
def _add(forest: Forest, counts: NDArray[np.int64], p: int) -> None:
    counts[0] += forest.customers[p]
    if forest.priority[p] > 0:
        counts[forest.priority[p]] += forest.customers[p]


@compiled
def claim(
    forest: Forest,
    points: Points,
    span: tuple[int, int],
    slot: int,
    started: int,
    mergeable: NDArray[np.uint8],
    moved: NDArray[np.int64],
    only_pending: bool,
) -> NDArray[np.int64]:
    """Give an outage all points of a span that have power, wait for it, or belong to outages that merge into it.

    With `only_pending` none but those that wait. A point that had no interruption begins one, at its own report or at
    `started`; others keep theirs. `moved` [slots, 4] counts what each other outage lost; returns what this one gained.
    """
    gained = np.zeros(COUNTS, np.int64)
    for p in range(span[0], span[1]):
        phase, owner = points.phase[p], points.owner[p]
        if (phase == OUT and mergeable[owner] == 0) or (only_pending and phase != PENDING):
            continue
        if phase == FREE:
            spoke = points.mask[p] != 0 and points.out_last[p] > points.on_last[p]
            points.out_at[p] = (
                points.out_first[p] if spoke and abs(points.out_first[p] - started) <= 120_000 else started
            )
        elif owner != slot:
            _add(forest, moved[owner], p)
        else:
            continue
        points.owner[p] = slot
        points.phase[p] = OUT
        _add(forest, gained, p)
    return gained


@compiled
def release(
    forest: Forest, points: Points, span: tuple[int, int], keep: tuple[int, int], slot: int
) -> NDArray[np.int64]:
    """Let go of an outage's points of a span that lie outside `keep`: they were never out. Returns their counts."""
    lost = np.zeros(COUNTS, np.int64)
    for p in range(span[0], span[1]):
        if points.owner[p] != slot or keep[0] <= p < keep[1]:
            continue
        _add(forest, lost, p)
        points.owner[p] = NOBODY
        points.phase[p] = FREE
    return lost


@compiled
def hand_over(forest: Forest, points: Points, span: tuple[int, int], slot: int, other: int) -> NDArray[np.int64]:
    """Move an outage's points of a span to another open outage, as they are; returns their counts."""
    moved = np.zeros(COUNTS, np.int64)
    for p in range(span[0], span[1]):
        if points.owner[p] == slot:
            _add(forest, moved, p)
            points.owner[p] = other
            points.phase[p] = OUT
    return moved


@compiled
def give_back(forest: Forest, points: Points, chosen: NDArray[np.int32]) -> NDArray[np.int64]:
    """Power is back at these points: nobody owns them, and what they said "out" is explained. Returns their counts."""
    restored = np.zeros(COUNTS, np.int64)
    for p in chosen:
        _add(forest, restored, p)
        points.owner[p] = NOBODY
        points.phase[p] = FREE
        points.close_in_at[p] = NEVER
        points.told_start[p] = NEVER
        if points.out_last[p] <= points.on_last[p] or points.out_last[p] <= points.echo_until[p]:
            points.mask[p] = 0
    return restored


@compiled
def wait_for_word(points: Points, span: tuple[int, int], slot: int, closed_at: int, echo_until: int, dip: int) -> int:
    """The device above closed at `closed_at`: its points of the span are pending from now. Returns how many."""
    count = 0
    for p in range(span[0], span[1]):
        if points.owner[p] == slot and points.phase[p] == OUT:
            points.phase[p] = PENDING
            points.close_in_at[p] = closed_at
            points.echo_until[p] = echo_until
            points.echo_dip[p] = dip
            count += 1
    return count


@compiled
def fresh_reports(
    points: Points, zone_point_start: NDArray[np.int32], zones: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """When the reports were observed that no outage explains yet, zone after zone, and where each zone's begin."""
    phase, mask, on_last = points.phase, points.mask, points.on_last
    out_first, out_last, echo_until = points.out_first, points.out_last, points.echo_until
    starts = np.zeros(len(zones) + 1, np.int64)
    for k in range(len(zones)):
        fresh = 0
        for p in range(zone_point_start[zones[k]], zone_point_start[zones[k] + 1]):
            fresh += phase[p] != OUT and mask[p] != 0 and out_last[p] > on_last[p]
        starts[k + 1] = starts[k] + fresh
    times, count = np.empty(starts[-1], np.int64), 0
    for k in range(len(zones)):
        p = zone_point_start[zones[k]]
        while count < starts[k + 1]:
            if phase[p] != OUT and mask[p] != 0 and out_last[p] > on_last[p]:
                times[count] = out_last[p] if out_first[p] <= echo_until[p] < out_last[p] else out_first[p]
                count += 1
            p += 1
    return times, starts


@compiled
def reports_of(points: Points, span: tuple[int, int], slot: int) -> NDArray[np.int64]:
    """Pairs (observed_at, usage point) of the reports that speak for an outage."""
    first, last = span
    pairs = np.empty((last - first, 2), np.int64)
    owner, mask, on_last = points.owner[first:last], points.mask[first:last], points.on_last[first:last]
    out_first, out_last = points.out_first[first:last], points.out_last[first:last]
    count = 0
    for p in range(last - first):
        if owner[p] == slot and mask[p] != 0 and out_last[p] > on_last[p]:
            pairs[count, 0] = out_first[p]
            pairs[count, 1] = first + p
            count += 1
    return pairs[:count]


@compiled
def median_start(
    points: Points, span: tuple[int, int], slot: int, wave_at: int, coherence: int, told: NDArray[np.int64]
) -> int:
    """The median of an outage's reports within the coherence window of its wave, and of what it was told besides.

    Of two in the middle the earlier; NEVER if there is nothing.
    """
    first, last = span
    owner, mask, on_last = points.owner[first:last], points.mask[first:last], points.on_last[first:last]
    out_first, out_last = points.out_first[first:last], points.out_last[first:last]
    times, count = np.empty(last - first + len(told), np.int64), len(told)
    times[:count] = told
    for p in range(last - first):
        mine = owner[p] == slot and mask[p] != 0 and out_last[p] > on_last[p]
        if mine and abs(out_first[p] - wave_at) <= coherence:
            times[count] = out_first[p]
            count += 1
    return NEVER if count == 0 else np.sort(times[:count])[(count - 1) // 2]
