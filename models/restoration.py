"""Who has power again: the same inference turned round.

After a device closes, each meter below should speak. A point that says "on" for long enough has power; a device
closed if the "on"s below it outweigh the silences, where a branch that stays silent as a whole may be open on its own
(a nested outage). What neither spoke nor has a neighbour that spoke is withheld until silence can be judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from models.compiled import compiled, inlined
from models.device_facts import runs_open
from models.knowledge import FREE, NEVER, OUT, PENDING, Devices, Points

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.forest import Forest
    from models.scores import Scores

NOT_YET: Final = 1 << 62


@inlined
def _on_at(points: Points, scores: Scores, p: int) -> int:
    """When power came back by the point's own word, NEVER if it has not said so since its interruption began.

    A point that said "out" itself is measured by its own clock, others by that of the outage.
    """
    on, out = points.on_last[p], points.out_last[p]
    if on == NEVER or on < out:
        return NEVER
    own_word = out >= points.out_at[p] - scores.coherence
    if not own_word and on <= points.out_at[p] + scores.clock_tolerance:
        return NEVER
    first = points.on_first[p]
    return first if own_word or first > points.out_at[p] + scores.clock_tolerance else on


@compiled
def speakers(
    points: Points, scores: Scores, span: tuple[int, int], slot: int, now: int
) -> tuple[NDArray[np.int32], NDArray[np.int64], int]:
    """The outage's points that lastingly say "on", when power came back at each, and when the next will have lasted."""
    chosen = np.empty(span[1] - span[0], np.int32)
    times = np.empty(span[1] - span[0], np.int64)
    count, due = 0, NOT_YET
    for p in range(span[0], span[1]):
        if points.owner[p] != slot:
            continue
        at = _on_at(points, scores, p)
        if at == NEVER:
            continue
        if at + scores.scada_hold > now:
            due = min(due, at + scores.scada_hold)
            continue
        chosen[count] = p
        times[count] = at
        count += 1
    return chosen[:count], times[:count], due


@inlined
def _has_power_again(points: Points, scores: Scores, p: int, slot: int, since: int, now: int) -> int:
    """When a point of this outage, or one that it gave back, got power again by its own word; NEVER if it did not."""
    if points.owner[p] != slot and (points.phase[p] != FREE or points.out_at[p] < since - scores.coherence):
        return NEVER
    at = _on_at(points, scores, p)
    return at if at != NEVER and at + scores.scada_hold <= now else NEVER


@compiled
def _closing_value(
    forest: Forest,
    points: Points,
    devices: Devices,
    scores: Scores,
    x: int,
    slot: int,
    since: int,
    closed_at: int,
    now: int,
    values: NDArray[np.int64],
) -> int:
    """Weight of "x is closed since `closed_at`" against "all below is still dark"."""
    bucket = np.searchsorted(scores.restored_steps, now - closed_at, side="right")
    noticed = closed_at - since >= scores.echo_steps[-1]
    for d in range(x, forest.device_end[x]):
        values[d] = 0
    for d in range(forest.device_end[x] - 1, x - 1, -1):
        for p in range(forest.point_start[d], forest.direct_end[d]):
            if _has_power_again(points, scores, p, slot, since, now) != NEVER:
                values[d] += scores.restored_on
            elif points.owner[p] == slot and points.phase[p] == OUT and points.mute[p] == 0:
                if forest.delivery_class[p] < len(scores.silent) - 1 and noticed:
                    values[d] += scores.restored_silent[bucket]
        if runs_open(devices, scores, d, now):
            values[d] -= scores.scada_good
        if d > x:
            values[forest.parent[d]] += max(values[d], scores.nested_prior)
    return values[x]


@compiled
def energised_sections(
    forest: Forest,
    points: Points,
    devices: Devices,
    scores: Scores,
    top: int,
    slot: int,
    since: int,
    now: int,
    values: NDArray[np.int64],
) -> list[tuple[int, int]]:
    """The topmost devices of an outage below which power is back, each with the median of what its points say.

    Only parts in which the outage still has points that are out; a tie may feed a part from its other side.
    """
    found = [(0, 0) for _ in range(0)]
    stack = [top]
    while len(stack) > 0:
        x = stack.pop()
        times = [0 for _ in range(0)]
        dark = False
        for p in range(forest.point_start[x], forest.point_end[x]):
            dark |= points.owner[p] == slot and points.phase[p] == OUT
            at = _has_power_again(points, scores, p, slot, since, now)
            if at != NEVER:
                times.append(at)
        if not dark or len(times) == 0:
            continue
        ordered = np.sort(np.array(times))
        value = _closing_value(forest, points, devices, scores, x, slot, since, ordered[0], now, values)
        if value + scores.restoring_prior > 0:
            found.append((x, ordered[(len(ordered) - 1) // 2]))
            continue
        child = x + 1
        while child < forest.device_end[x]:
            stack.append(child)
            child = forest.device_end[child]
    return found


@compiled
def _judge_device(
    forest: Forest, points: Points, scores: Scores, d: int, slot: int, closed_at: int
) -> tuple[bool, bool]:
    """Of a device's own pending points: whether there are any, and whether one of its points has spoken."""
    pending, spoke, metered = False, False, False
    for p in range(forest.point_start[d], forest.direct_end[d]):
        if points.phase[p] == FREE:
            spoke |= points.on_last[p] >= closed_at - scores.clock_tolerance and points.on_last[p] >= points.out_last[p]
        elif points.owner[p] == slot and points.phase[p] == PENDING:
            pending = True
            metered |= forest.delivery_class[p] < len(scores.silent) - 1 and points.mute[p] == 0
    return pending, spoke or not metered


@compiled
def judge_silence(
    forest: Forest,
    points: Points,
    scores: Scores,
    top: int,
    slot: int,
    closed_at: int,
    noticed: bool,
    dark: NDArray[np.int64],
    alive: NDArray[np.int64],
) -> tuple[NDArray[np.int32], list[int], list[int]]:
    """After the wait: pending points that count as restored, topmost devices from which nobody spoke, lone dark points.

    Points without a meter follow their neighbours. After a dip that meters need not notice silence is what one
    expects. A point that said "out" after the close-in stays dark.
    """
    chosen = np.empty(forest.point_end[top] - forest.point_start[top], np.int32)
    count = 0
    nested, lone = [0 for _ in range(0)], [0 for _ in range(0)]
    for d in range(top, forest.device_end[top]):
        dark[d], alive[d] = 0, 0
        pending, spoke = _judge_device(forest, points, scores, d, slot, closed_at)
        for p in range(forest.point_start[d], forest.direct_end[d]):
            if points.owner[p] != slot or points.phase[p] != PENDING:
                alive[d] += 1 if points.phase[p] == FREE else 0
                continue
            contradicts = points.mask[p] != 0 and points.out_last[p] > max(points.on_last[p], points.echo_until[p])
            if (spoke or not noticed) and not contradicts:
                chosen[count] = p
                count += 1
                alive[d] += 1
            elif spoke or not noticed:
                lone.append(p)
            else:
                dark[d] += 1
    for d in range(forest.device_end[top] - 1, top, -1):
        dark[forest.parent[d]] += dark[d]
        alive[forest.parent[d]] += alive[d]
    d = top
    while d < forest.device_end[top]:
        if dark[d] > 0 and alive[d] == 0:
            nested.append(d)
            d = forest.device_end[d]
        else:
            d += 1
    return chosen[:count], nested, lone
