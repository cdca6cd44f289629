"""Who owns a usage point: at most one open outage, the first that interrupted it.

The loops move points between outages and count customers. Counts are vectors of three: customers, and of these the
critical and the key ones (`PRIORITIES`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from models.columns.compiled import compiled, inlined
from models.outages.inference.forest import spread
from models.outages.inference.knowledge import FREE, NEVER, NOBODY, OUT, PENDING, RETURNED, Points
from models.outages.weights.scores import METER_MASK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.outages.inference.forest import Forest, Span

COUNTS: Final = 3
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
    heir: NDArray[np.int32]
    """[m] of one that is OVER the place of the one begun anew at its device, which takes what is left; -1 none."""


class Moved(NamedTuple):
    """Counts of what changed hands, [m, 3] each."""

    gained: NDArray[np.int64]
    """Points that had power."""
    released: NDArray[np.int64]
    """Points that were never out."""
    again: NDArray[np.int64]
    """Points that lost power again after the outage had published their return, or that came back to it."""
    rejoined: NDArray[np.int64]
    """Points that were handed on to another outage, and are out by this one once more."""
    between: NDArray[np.int64]
    """[m, m, 4] from one outage to another."""


@compiled
def _add(
    customers: NDArray[np.int32], priority: NDArray[np.uint8], counts: NDArray[np.int64], p: int, sign: int = 1
) -> None:
    """Count a point. Columns come one by one: a tuple of many costs more at each call than the call itself."""
    counts[0] += sign * customers[p]
    if priority[p] > 0:
        counts[priority[p]] += sign * customers[p]


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
    near: tuple[int, int],
) -> Moved:
    """Bring the points of a span, from `first` on, into line with a picture; `device` is the span's first.

    `near` are how far apart reports of one moment may lie, and how far clocks may err.
    """
    outages = len(party.slot)
    gained, released = np.zeros((outages, COUNTS), np.int64), np.zeros((outages, COUNTS), np.int64)
    again, between = np.zeros((outages, COUNTS), np.int64), np.zeros((outages, outages, COUNTS), np.int64)
    rejoined, handed_on_by = np.zeros((outages, COUNTS), np.int64), points.handed_on_by
    stays, spans, place, slots, closed = party.stays, party.spans, party.place, party.slot, party.closed
    dark, back, of_alone, suspected, heirs = party.dark, party.back, party.alone, party.suspected, party.heir
    owner_of, phase, back_of, restored_by = points.owner, points.phase, points.back_at, points.restored_by
    point_device, customers, priority = forest.point_device, forest.customers, forest.priority
    mask, out_first, out_last, on_last = points.mask, points.out_first, points.out_last, points.on_last
    out_at, since, consumed_at = points.out_at, points.interrupted_at, points.consumed_at
    coherence, tolerance = near
    for q in range(len(state)):
        p = first + q
        owner = NOBODY if owner_of[p] == NOBODY else place[owner_of[p]]
        outside = owner != NOBODY and not spans[owner, 0] <= p < spans[owner, 1]
        if outside and phase[p] == RETURNED:
            owner_of[p], phase[p] = NOBODY, FREE
            owner = NOBODY
        over = owner != NOBODY and stays[owner] == OVER
        if over and phase[p] == OUT:
            phase[p], back_of[p] = PENDING, closed[owner]
        heir = heirs[owner] if over and phase[p] == PENDING else NOBODY
        if state[q] == POWERED:
            if over:
                continue
            if owner != NOBODY and phase[p] != RETURNED:
                _add(customers, priority, released[owner], p)
                owner_of[p], phase[p] = NOBODY, FREE
            continue
        i, alone = point_device[p] - device, of_alone[q]
        began = max(consumed_at[p], _began(mask, out_first, p, lost_at[q], coherence))
        returned = phase[p] == PENDING and back_of[p] < lost_at[q] - tolerance  # it had power between
        untold = owner != NOBODY and suspected[owner] and phase[p] != RETURNED
        untold = untold and (returned or abs(began - since[p]) > tolerance)  # of its first start
        anew = returned or untold
        hands_on = owner != NOBODY and phase[p] != RETURNED and stays[owner] != POWERED and not suspected[owner]
        if state[q] == BACK:
            if owner != NOBODY and not outside and not over and (stays[owner] != POWERED or phase[p] == RETURNED):
                if phase[p] != RETURNED:
                    since[p] = began if untold else since[p]
                    phase[p], back_of[p] = PENDING, back_at[q]
                continue
            new = alone if alone != NOBODY and stays[alone] == BACK else back[i]
            new = heir if new == NOBODY else new
            if new == NOBODY:
                if owner != NOBODY and not over:
                    _add(customers, priority, released[owner], p)
                    owner_of[p], phase[p] = NOBODY, FREE
                continue
            if owner == NOBODY and consumed_at[p] >= back_at[q]:
                continue  # accounted for: it had power by then, by another way or after another outage
            fresh = owner == NOBODY or phase[p] == RETURNED
            out_at[p] = began if fresh else out_at[p]
            since[p] = began if fresh or anew else since[p]
            _add(customers, priority, gained[new] if fresh else between[owner, new], p)
            if restored_by[p] == slots[new]:  # it had told the point's return: out again, and none that is new
                _add(customers, priority, gained[new], p, -1)
                _add(customers, priority, again[new], p)
                restored_by[p] = NOBODY
            elif handed_on_by[p] == slots[new]:
                _add(customers, priority, gained[new], p, -1)
                _add(customers, priority, rejoined[new], p)
                handed_on_by[p] = NOBODY
            if hands_on and owner != new:
                handed_on_by[p] = slots[owner]
            owner_of[p], phase[p], back_of[p] = slots[new], PENDING, back_at[q]
            continue
        if owner != NOBODY and stays[owner] == DARK and not outside:
            if phase[p] == RETURNED:
                if not _spoke_since(mask, out_last, on_last, back_of, p):
                    continue  # what has been told stands until the point itself speaks against it
                _add(customers, priority, again[owner], p)
                restored_by[p] = NOBODY
            elif untold:
                since[p] = began
            phase[p] = OUT
            continue
        new = dark[i]
        if new == NOBODY and alone != NOBODY and stays[alone] == DARK:
            new = alone
        new = heir if new == NOBODY else new
        if new == NOBODY:
            if owner != NOBODY and phase[p] != RETURNED and (outside or stays[owner] == POWERED):
                _add(customers, priority, released[owner], p)
                owner_of[p], phase[p] = NOBODY, FREE
            continue
        told = owner != NOBODY and phase[p] == RETURNED
        if told and suspected[new] and not _spoke_since(mask, out_last, on_last, back_of, p):
            continue  # likewise, until it is more than a suspicion
        if owner == NOBODY or told:
            out_at[p] = since[p] = began
            _add(customers, priority, gained[new], p)
        elif owner != new:
            since[p] = began if anew else since[p]
            _add(customers, priority, between[owner, new], p)
        if restored_by[p] == slots[new]:
            _add(customers, priority, gained[new], p, -1)
            _add(customers, priority, again[new], p)
            restored_by[p] = NOBODY
        elif handed_on_by[p] == slots[new] and owner != new:
            _add(customers, priority, gained[new], p, -1)
            _add(customers, priority, rejoined[new], p)
            handed_on_by[p] = NOBODY
        if hands_on and owner != new:
            handed_on_by[p] = slots[owner]
        owner_of[p], phase[p] = slots[new], OUT
    return Moved(gained, released, again, rejoined, between)


@inlined
def _spoke_since(
    mask: NDArray[np.uint8],
    out_last: NDArray[np.int64],
    on_last: NDArray[np.int64],
    back_at: NDArray[np.int64],
    p: int,
) -> bool:
    """Whether a point says "out" later than the return that it has been told of."""
    return mask[p] != 0 and out_last[p] > max(back_at[p], on_last[p])


@inlined
def _began(mask: NDArray[np.uint8], out_first: NDArray[np.int64], p: int, lost_at: int, coherence: int) -> int:
    """When a point's own interruption began: at its own report, or when the picture says."""
    near = mask[p] & METER_MASK != 0 and abs(out_first[p] - lost_at) <= coherence
    return out_first[p] if near else lost_at


@compiled
def publish_return(forest: Forest, points: Points, chosen: NDArray[np.int32], coherence: int) -> NDArray[np.int64]:
    """The return of these points is published; gives their counts.

    Whose meter tells from when until now it had no power was out since then, unless it was said to be back between.
    """
    told_start, since, consumed_at = points.told_start, points.interrupted_at, points.consumed_at
    back_at, returned_at = points.back_at, points.returned_at
    restored, customers, priority = np.zeros(COUNTS, np.int64), forest.customers, forest.priority
    for p in chosen:
        _add(customers, priority, restored, p)
        told, only = told_start[p], since[p] == points.out_at[p] and points.restored_by[p] == NOBODY
        points.phase[p], points.restored_by[p] = RETURNED, points.owner[p]
        another = (told < since[p] and only) or told > since[p] + coherence  # else a shot of its reclosing sequence
        if told != NEVER and another and told < back_at[p] and abs(returned_at[p] - back_at[p]) <= coherence:
            since[p] = max(told, consumed_at[p])
    return restored


@compiled
def let_go(points: Points, span: tuple[int, int], slot: int, closed: int, tolerance: int) -> None:
    """An outage is over: nobody owns its points, and what they said until it closed (or NEVER) is accounted for.

    Whose return has been published was back before: what he said after that is of something else.
    """
    for p in range(span[0], span[1]):
        if points.owner[p] != slot:
            continue
        until = closed
        if closed != NEVER and points.phase[p] == RETURNED and points.back_at[p] != NEVER:
            until = min(closed, points.back_at[p])
        until += tolerance
        points.owner[p], points.phase[p] = NOBODY, FREE
        if closed != NEVER:
            points.told_start[p], points.returned_at[p] = NEVER, NEVER
            points.source[p] = points.said_by[p]
            points.consumed_at[p] = max(points.consumed_at[p], until)
        if points.out_last[p] <= max(until, points.on_last[p]):
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
def _heirs(outages: NDArray[np.int64]) -> NDArray[np.int32]:
    """[m] the place of the outage at the device of one that is OVER, -1 none."""
    heirs = np.full(len(outages), NOBODY, np.int32)
    for one in range(len(outages)):
        for other in range(len(outages) if outages[one, 1] == OVER else 0):
            found = outages[other, 7] >= 0 or outages[other, 8] >= 0
            if found and outages[one, 4] == outages[other, 4] and outages[one, 5] == outages[other, 5]:
                heirs[one] = other
    return heirs


PLACED: Final = 9
"""Columns of an outage in `bring_into_line`: slot, `stays`, 1 if suspected, `closed`, its usage points, when it began,
place of its device (-1 of a service and of what the picture does not have) and of its service (-1 of others)."""


@compiled
def bring_into_line(
    forest: Forest,
    points: Points,
    span: Span,
    picture: tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]],
    outages: NDArray[np.int64],
    slots: int,
    near: tuple[int, int],
) -> tuple[NDArray[np.int64], ...]:
    """Bring the points of a span into line with a picture; `outages` [m, PLACED] are those there, of `slots` in all.

    `near` is as in `assign`.

    Gives the fields of `Moved`, the outages whose counts change, and pairs of whom hand on customers to whom.
    """
    n, place = span.device_end - span.device, np.full(slots, NOBODY, np.int32)
    dark, back = np.full(n, NOBODY, np.int32), np.full(n, NOBODY, np.int32)
    alone = np.full(span.point_end - span.point, NOBODY, np.int32)
    for one in range(len(outages)):
        place[outages[one, 0]] = one
        if outages[one, 7] >= 0:
            (dark if outages[one, 1] == DARK else back)[outages[one, 7]] = one
        if outages[one, 8] >= 0:
            alone[outages[one, 8]] = one
    parent, opened = forest.parent[span.device : span.device_end], outages[:, 6].copy()
    spread(parent, span.device, dark, opened)
    spread(parent, span.device, back, -opened)
    party = Party(
        place,
        outages[:, 0].astype(np.int32),
        outages[:, 1].astype(np.uint8),
        outages[:, 2] == 1,
        outages[:, 3].copy(),
        outages[:, 4:6].copy(),
        dark,
        back,
        alone,
        _heirs(outages),
    )
    state, lost_at, back_at = picture
    moved = assign(forest, points, span.point, span.device, state, lost_at, back_at, party, near)
    changes = np.zeros(len(outages), np.bool_)
    for counts in (moved.gained, moved.released, moved.again, moved.rejoined):
        for one in range(len(outages)):
            for column in range(COUNTS):
                changes[one] = changes[one] or counts[one, column] != 0
    pairs = np.argwhere(moved.between[:, :, 0])
    return moved.gained, moved.released, moved.again, moved.rejoined, moved.between, np.flatnonzero(changes), pairs
