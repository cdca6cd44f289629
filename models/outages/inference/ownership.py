"""Who owns a usage point: at most one open outage, the first that interrupted it.

The loops move points between outages and count customers. Counts are vectors of four: customers, and of these those
with life support, critical ones and key ones (`PRIORITIES`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from models.columns.compiled import compiled
from models.outages.inference.knowledge import FREE, NEVER, NOBODY, OUT, PENDING, RETURNED, Points
from models.outages.weights.scores import METER_MASK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.outages.inference.forest import Forest

COUNTS: Final = 4
POWERED: Final = 0
DARK: Final = 1
BACK: Final = 2
"""What a picture says of a point."""
OVER: Final = 3
"""Of an outage whose story is over, though not all of its points have been told."""


class Party(NamedTuple):
    """The m open outages of a span."""

    place: NDArray[np.int32]
    """By slot, the outage's place among them, -1 of others."""
    slot: NDArray[np.int32]
    """[m] and back."""
    stays: NDArray[np.uint8]
    """[m] DARK if the picture has it open, BACK if it has closed again, POWERED if there is no such thing, or OVER."""
    suspected: NDArray[np.bool_]
    """[m] nobody has been told of it."""
    closed: NDArray[np.int64]
    """[m] when its device closed, of those that are OVER."""
    spans: NDArray[np.int64]
    """[m, 2] its usage points."""
    dark: NDArray[np.int32]
    """[devices of the span] place of the outage that first interrupted all below and still does, -1 none."""
    back: NDArray[np.int32]
    """[devices of the span] place of the outage around it whose device has closed again, -1 none."""
    alone: NDArray[np.int32]
    """[points of the span] place of the outage that is this point alone, -1 none."""


class Moved(NamedTuple):
    """Counts of what changed hands, [m, 4] each."""

    gained: NDArray[np.int64]
    """Points that had power."""
    released: NDArray[np.int64]
    """Points that were never out."""
    again: NDArray[np.int64]
    """Points that lost power again after the outage had published their return, or that came back to it."""
    between: NDArray[np.int64]
    """[m, m, 4] from one outage to another."""


@compiled
def _add(forest: Forest, counts: NDArray[np.int64], p: int, sign: int = 1) -> None:
    counts[0] += sign * forest.customers[p]
    if forest.priority[p] > 0:
        counts[forest.priority[p]] += sign * forest.customers[p]


@compiled
def _take_back(
    forest: Forest, points: Points, p: int, slot: int, gained: NDArray[np.int64], again: NDArray[np.int64]
) -> None:
    """An outage that comes to a point whose return it had published counts it among its own, out again: no new one."""
    if points.restored_by[p] == slot:
        _add(forest, gained, p, -1)
        _add(forest, again, p)
        points.restored_by[p] = NOBODY


@compiled
def assign(  # noqa: C901, PLR0912, PLR0915 (one loop over all cases: calls cost more than they do)
    forest: Forest,
    points: Points,
    first: int,
    device: int,
    state: NDArray[np.uint8],
    lost_at: NDArray[np.int64],
    back_at: NDArray[np.int64],
    party: Party,
    coherence: int,
) -> Moved:
    """Bring the points of a span, from `first` on, into line with a picture; `device` is the span's first."""
    outages = len(party.slot)
    gained, released = np.zeros((outages, COUNTS), np.int64), np.zeros((outages, COUNTS), np.int64)
    again, between = np.zeros((outages, COUNTS), np.int64), np.zeros((outages, outages, COUNTS), np.int64)
    stays, spans = party.stays, party.spans
    for q in range(len(state)):
        p = first + q
        owner = NOBODY if points.owner[p] == NOBODY else party.place[points.owner[p]]
        outside = owner != NOBODY and not spans[owner, 0] <= p < spans[owner, 1]
        if outside and points.phase[p] == RETURNED:
            points.owner[p], points.phase[p] = NOBODY, FREE
            owner = NOBODY
        over = owner != NOBODY and stays[owner] == OVER
        if over and points.phase[p] == OUT:
            points.phase[p], points.back_at[p] = PENDING, party.closed[owner]
        if state[q] == POWERED:
            if over:
                continue
            if owner != NOBODY and points.phase[p] != RETURNED:
                _add(forest, released[owner], p)
                points.owner[p], points.phase[p] = NOBODY, FREE
            continue
        i, alone = forest.point_device[p] - device, party.alone[q]
        if state[q] == BACK:
            if (
                owner != NOBODY
                and not outside
                and not over
                and (stays[owner] != POWERED or points.phase[p] == RETURNED)
            ):
                if points.phase[p] == OUT:
                    points.phase[p] = PENDING
                if points.phase[p] == PENDING:
                    points.back_at[p] = back_at[q]
                continue
            new = alone if alone != NOBODY and stays[alone] == BACK else party.back[i]
            if new == NOBODY:
                if owner != NOBODY and not over:
                    _add(forest, released[owner], p)
                    points.owner[p], points.phase[p] = NOBODY, FREE
                continue
            if owner == NOBODY or points.phase[p] == RETURNED:
                _begin(points, p, lost_at[q], coherence)
                _add(forest, gained[new], p)
            else:
                _add(forest, between[owner, new], p)
            _take_back(forest, points, p, party.slot[new], gained[new], again[new])
            points.owner[p], points.phase[p], points.back_at[p] = party.slot[new], PENDING, back_at[q]
            continue
        if owner != NOBODY and stays[owner] == DARK and not outside:
            if points.phase[p] == RETURNED:
                if not _spoke_since(points, p):
                    continue  # what has been told stands until the point itself speaks against it
                _add(forest, again[owner], p)
                points.restored_by[p] = NOBODY
            points.phase[p] = OUT
            continue
        new = party.dark[i]
        if new == NOBODY and alone != NOBODY and stays[alone] == DARK:
            new = alone
        if new == NOBODY:
            if owner != NOBODY and points.phase[p] != RETURNED and (outside or stays[owner] == POWERED):
                _add(forest, released[owner], p)
                points.owner[p], points.phase[p] = NOBODY, FREE
            continue
        if owner != NOBODY and points.phase[p] == RETURNED and party.suspected[new] and not _spoke_since(points, p):
            continue  # likewise, until it is more than a suspicion
        if owner == NOBODY or points.phase[p] == RETURNED:
            _begin(points, p, lost_at[q], coherence)
            _add(forest, gained[new], p)
        elif owner != new:
            _add(forest, between[owner, new], p)
        _take_back(forest, points, p, party.slot[new], gained[new], again[new])
        points.owner[p], points.phase[p] = party.slot[new], OUT
    return Moved(gained, released, again, between)


@compiled
def _spoke_since(points: Points, p: int) -> bool:
    """Whether a point says "out" later than the return that it has been told of."""
    return points.mask[p] != 0 and points.out_last[p] > max(points.back_at[p], points.on_last[p])


@compiled
def _begin(points: Points, p: int, lost_at: int, coherence: int) -> None:
    """A point's own interruption begins, at its own report or when the picture says."""
    spoke = points.mask[p] & METER_MASK != 0
    near = spoke and abs(points.out_first[p] - lost_at) <= coherence
    points.out_at[p] = points.out_first[p] if near else lost_at


@compiled
def publish_return(forest: Forest, points: Points, chosen: NDArray[np.int32]) -> NDArray[np.int64]:
    """The return of these points is published; gives their counts."""
    restored = np.zeros(COUNTS, np.int64)
    for p in chosen:
        _add(forest, restored, p)
        points.phase[p], points.restored_by[p] = RETURNED, points.owner[p]
    return restored


@compiled
def let_go(points: Points, span: tuple[int, int], slot: int, consumed: int) -> None:
    """An outage is over: nobody owns its points, and what they said up to a moment is accounted for."""
    for p in range(span[0], span[1]):
        if points.owner[p] != slot:
            continue
        points.owner[p], points.phase[p] = NOBODY, FREE
        points.told_start[p], points.returned_at[p] = NEVER, NEVER
        if consumed != NEVER:
            points.source[p] = points.said_by[p]
        points.consumed_at[p] = max(points.consumed_at[p], consumed)
        if points.out_last[p] <= max(consumed, points.on_last[p]):
            points.mask[p] = 0


@compiled
def account_for(points: Points, span: tuple[int, int], slot: int, until: int) -> None:
    """What an outage's points said up to a moment, or will say of it, is accounted for."""
    for p in range(span[0], span[1]):
        if points.owner[p] == slot:
            points.source[p] = points.said_by[p]
            points.consumed_at[p] = max(points.consumed_at[p], until)
            points.returned_at[p] = NEVER
            if points.out_last[p] <= until:
                points.mask[p] = 0


@compiled
def waiting(
    forest: Forest, points: Points, span: tuple[int, int], slot: int, tolerance: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32], int]:
    """Pending points of an outage: those that have said "on" since; silent ones; silent ones alone; how many can speak.

    Beside the second somebody on the same device has spoken; nobody has beside the third, who may all be dark. Who has
    said "out" since is none of these: nobody is told against his own later word.
    """
    first, last = span
    spoke, silent, alone = np.empty((3, last - first), np.int32)
    a, b, c, able = 0, 0, 0, 0
    for p in range(first, last):
        if points.owner[p] != slot or points.phase[p] != PENDING:
            continue
        if _says_on(points, p, tolerance):
            spoke[a] = p
            a += 1
        elif points.mask[p] == 0 or points.out_last[p] <= points.back_at[p] + tolerance:
            able += forest.delivery_row[p] >= 0 and points.mute[p] == 0
            d, beside = forest.point_device[p], False
            for other in range(forest.point_start[d], forest.direct_end[d]):
                beside = beside or (points.owner[other] == slot and _says_on(points, other, tolerance))
            if beside:
                silent[b] = p
                b += 1
            else:
                alone[c] = p
                c += 1
    return spoke[:a], silent[:b], alone[:c], able


@compiled
def _says_on(points: Points, p: int, tolerance: int) -> bool:
    return points.on_last[p] >= max(points.back_at[p] - tolerance, points.out_last[p])


@compiled
def reports_of(points: Points, span: tuple[int, int], slot: int) -> NDArray[np.int64]:
    """Pairs (observed_at, usage point) of the reports that speak for an outage."""
    first, last = span
    pairs = np.empty((last - first, 2), np.int64)
    count = 0
    for p in range(first, last):
        if points.owner[p] == slot and points.mask[p] != 0:
            pairs[count, 0] = points.out_first[p]
            pairs[count, 1] = p
            count += 1
    return pairs[:count]


@compiled
def starts_of(
    points: Points, span: tuple[int, int], slot: int, wave_at: int, coherence: int, near: int
) -> NDArray[np.int64]:
    """When an outage began by the reports within the coherence window of its wave, and by what those say who are back.

    The latter count if they are `near` the wave. Unsorted.
    """
    times, count = np.empty(2 * (span[1] - span[0]), np.int64), 0
    owner, mask, out_first, told_start, phase = (
        points.owner,
        points.mask,
        points.out_first,
        points.told_start,
        points.phase,
    )
    for p in range(span[0], span[1]):
        if owner[p] != slot:
            continue
        if mask[p] != 0 and abs(out_first[p] - wave_at) <= coherence:
            times[count] = out_first[p]
            count += 1
        if phase[p] == RETURNED and told_start[p] != NEVER and abs(told_start[p] - wave_at) <= near:
            times[count] = told_start[p]
            count += 1
    return times[:count]


@compiled
def spoke_again(forest: Forest, points: Points, span: tuple[int, int], since: int) -> tuple[int, int, int]:
    """How many meters of a span say "out" later than a moment, and nothing after it; the points around; the latest.

    Around are the points of the lowest device that feeds all of them.
    """
    count, first, last, latest = 0, NOBODY, NOBODY, NEVER
    for p in range(span[0], span[1]):
        out = points.out_last[p]
        if points.mask[p] & METER_MASK != 0 and points.out_first[p] > since and out > points.on_last[p]:
            first, last, latest = p if count == 0 else first, p, max(latest, out)
            count += 1
    if count == 0:
        return 0, 0, NEVER
    d = forest.point_device[first]
    while forest.point_end[d] <= last and forest.parent[d] >= 0:
        d = forest.parent[d]
    return count, forest.point_end[d] - forest.point_start[d], latest


@compiled
def earliest_loss(points: Points, span: tuple[int, int], slot: int) -> int:
    """When the first of an outage's points lost power, NEVER if it has none."""
    earliest = NEVER
    for p in range(span[0], span[1]):
        if points.owner[p] == slot and (earliest == NEVER or points.out_at[p] < earliest):
            earliest = points.out_at[p]
    return earliest


@compiled
def spread(parent: NDArray[np.int32], first: int, at: NDArray[np.int32], rank: NDArray[np.int64]) -> None:
    """From the roots down: at each device the outage on the way to its source with the lowest rank, upstream first."""
    for i in range(len(parent)):
        above = parent[i] - first
        if above < 0 or at[above] == NOBODY:
            continue
        if at[i] == NOBODY or rank[at[above]] <= rank[at[i]]:
            at[i] = at[above]
