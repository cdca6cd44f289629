"""Who has power again: the same inference turned round.

After a device closes, each meter below should speak. A point that says "on" for long enough has power; a device
closed if the "on"s below it outweigh the silences, where a branch that stays silent as a whole may be open on its own
(a nested outage). What neither spoke nor has a neighbour that spoke is withheld until silence can be judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from models.columns.compiled import compiled
from models.outages.inference.device_facts import runs_open
from models.outages.inference.knowledge import FREE, NEVER, OUT, PENDING, Devices, Points

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.outages.inference.forest import Forest
    from models.outages.weights.scores import Scores

NOT_YET: Final = 1 << 62
CANNOT_BE: Final = -(1 << 40)
"""A weight that no evidence outweighs."""


class Heard(NamedTuple):
    """What an outage's points say of returning power, a row a point of its span."""

    back_at: NDArray[np.int64]
    """When power came back by the point's own word, if that has lasted; else NEVER. Points given back count too."""
    phase: NDArray[np.uint8]
    """OUT or PENDING of the outage's own points; FREE of all others."""
    can_speak: NDArray[np.uint8]
    """Points with a meter that is there."""
    due: int
    """When the next "on" will have lasted; NOT_YET if there is none."""


@compiled
def power_back_at(on_first: int, on_last: int, out_last: int, out_at: int, coherence: int, tolerance: int) -> int:
    """When power came back by a point's own word, NEVER if it has not said so since its interruption at `out_at`.

    A point that said "out" itself is measured by its own clock, others by that of the outage.
    """
    if on_last == NEVER or on_last < out_last:
        return NEVER
    own_word = out_last >= out_at - coherence
    if not own_word and on_last <= out_at + tolerance:
        return NEVER
    at = on_first if own_word or on_first > out_at + tolerance else on_last
    return NEVER if at < out_at - tolerance else at


@compiled
def listen(
    forest: Forest, points: Points, scores: Scores, span: tuple[int, int], slot: int, since: int, now: int
) -> Heard:
    """Hear the points of an outage that began at `since`, and those that it has given back."""
    first, last = span
    count = last - first
    back_at, mine = np.full(count, NEVER, np.int64), np.zeros(count, np.uint8)
    can_speak = np.zeros(count, np.uint8)
    owner, phase, out_at = points.owner[first:last], points.phase[first:last], points.out_at[first:last]
    on_first, on_last, out_last = points.on_first[first:last], points.on_last[first:last], points.out_last[first:last]
    mute, delivery = points.mute[first:last], forest.delivery_class[first:last]
    no_meter, hold = len(scores.silent) - 1, scores.scada_hold
    coherence, tolerance = scores.coherence, scores.clock_tolerance
    due = NOT_YET
    for p in range(count):
        if owner[p] == slot:
            mine[p] = phase[p]
        elif phase[p] != FREE or out_at[p] < since - coherence:
            continue
        can_speak[p] = mute[p] == 0 and delivery[p] < no_meter
        at = power_back_at(on_first[p], on_last[p], out_last[p], out_at[p], coherence, tolerance)
        if at == NEVER:
            continue
        if at + hold <= now:
            back_at[p] = at
        elif owner[p] == slot:
            due = min(due, at + hold)
    return Heard(back_at, mine, can_speak, due)


@compiled
def _weigh_closings(
    forest: Forest,
    devices: Devices,
    scores: Scores,
    heard: Heard,
    top: int,
    since: int,
    now: int,
    values: NDArray[np.int64],
    energised: NDArray[np.int64],
) -> None:
    """From the leaves to `top`: what "d has power" weighs, and the best that parts below it can do without it.

    `values[d]` compares "d has power, but for branches that are open on their own" with "all below d is dark";
    `energised[d]` is the sum over the branches of the better of the two, where a branch with a tie may be fed anew.
    """
    base, end = forest.point_start[top], forest.device_end[top]
    back_at, phase, can_speak = heard.back_at, heard.phase, heard.can_speak
    fresh = back_at[(back_at != NEVER) & (phase == OUT)]
    closed_at = fresh.min()
    silence = scores.restored_silent[np.searchsorted(scores.restored_steps, now - closed_at, side="right")]
    if closed_at - since < scores.echo_steps[-1]:
        silence = 0
    point_start, direct_end, parent, has_tie = forest.point_start, forest.direct_end, forest.parent, forest.has_tie
    open_first, nested, on, anew = devices.open_first, scores.nested_prior, scores.restored_on, scores.restoring_prior
    values[top:end] = 0
    energised[top:end] = 0
    for d in range(end - 1, top - 1, -1):
        for p in range(point_start[d] - base, direct_end[d] - base):
            if back_at[p] != NEVER:
                values[d] += on
            elif phase[p] == OUT and can_speak[p] == 1:
                values[d] += silence
        if open_first[d] != NEVER and runs_open(devices, scores, d, now):
            values[d] -= scores.scada_good
        if d > top:
            above = parent[d]
            values[above] += max(values[d], nested)
            energised[above] += max(values[d] + anew, energised[d]) if has_tie[d] == 1 else energised[d]


@compiled
def energised_sections(
    forest: Forest,
    devices: Devices,
    scores: Scores,
    heard: Heard,
    top: int,
    since: int,
    now: int,
    values: NDArray[np.int64],
    energised: NDArray[np.int64],
) -> list[tuple[int, int]]:
    """The topmost devices of an outage below which power is back, each with the median of what its points say.

    Only parts in which the outage still has points that are out; a tie may feed a part from its other side. `values`
    and `energised` are scratch by device.
    """
    found = [(0, 0) for _ in range(0)]
    if not np.any((heard.back_at != NEVER) & (heard.phase == OUT)):
        return found  # no new word: older ones have been weighed
    _weigh_closings(forest, devices, scores, heard, top, since, now, values, energised)
    base = forest.point_start[top]
    d = top
    while d < forest.device_end[top]:
        if values[d] + scores.restoring_prior <= energised[d]:
            d += 1
            continue
        first, last = forest.point_start[d] - base, forest.point_end[d] - base
        dark, words = heard.phase[first:last] == OUT, heard.back_at[first:last]
        if np.any(dark):
            fresh = words[(words != NEVER) & dark]
            ordered = np.sort(fresh if len(fresh) > 0 else words[words != NEVER])
            found.append((d, ordered[(len(ordered) - 1) // 2]))
        d = forest.device_end[d]
    return found


@compiled
def _word_below(forest: Forest, points: Points, scores: Scores, d: int, slot: int, closed_at: int) -> tuple[int, int]:
    """Of the points that d itself feeds: how many spoke since the close-in, and how many wait and could have."""
    spoke, silent = 0, 0
    for p in range(forest.point_start[d], forest.direct_end[d]):
        if points.phase[p] == FREE:
            on = points.on_last[p]
            spoke += on >= closed_at - scores.clock_tolerance and on >= points.out_last[p]
        elif points.owner[p] == slot and points.phase[p] == PENDING:
            silent += forest.delivery_class[p] < len(scores.silent) - 1 and points.mute[p] == 0
    return spoke, silent


@compiled
def _dark_branches(
    forest: Forest,
    points: Points,
    scores: Scores,
    top: int,
    slot: int,
    closed_at: int,
    powered: NDArray[np.int64],
    dark: NDArray[np.int64],
    has_power: NDArray[np.int64],
) -> list[int]:
    """The topmost devices of the branches that most probably stayed dark below a closed device; itself if all did.

    Each device has power or has not; a branch of a device with power is dark if it is open on its own, one of a dark
    device has power if a tie feeds it. A device whose points all kept silent cannot have power. `powered` and `dark`
    are scratch; `has_power` (by device) is filled.
    """
    end, parent = forest.device_end[top], forest.parent
    for d in range(top, end):
        spoke, silent = _word_below(forest, points, scores, d, slot, closed_at)
        powered[d] = CANNOT_BE if silent > 0 and spoke == 0 else 0
        dark[d] = -spoke * scores.restored_on
    for d in range(end - 1, top, -1):
        powered[parent[d]] += max(powered[d], scores.nested_prior + dark[d])
        fed = scores.restoring_prior + powered[d] if forest.has_tie[d] == 1 else CANNOT_BE
        dark[parent[d]] += max(dark[d], fed)
    branches = [0 for _ in range(0)]
    has_power[top] = 1 if powered[top] > scores.nested_prior + dark[top] else 0
    if has_power[top] == 0:
        branches.append(top)
    for d in range(top + 1, end):
        if has_power[parent[d]] == 1:
            has_power[d] = 1 if powered[d] > scores.nested_prior + dark[d] else 0
            if has_power[d] == 0:
                branches.append(d)
        else:
            has_power[d] = 1 if forest.has_tie[d] == 1 and scores.restoring_prior + powered[d] > dark[d] else 0
    return branches


@compiled
def judge_silence(
    forest: Forest,
    points: Points,
    scores: Scores,
    top: int,
    slot: int,
    closed_at: int,
    noticed: bool,
    powered: NDArray[np.int64],
    dark: NDArray[np.int64],
    has_power: NDArray[np.int64],
) -> tuple[NDArray[np.int32], list[int], list[int]]:
    """After the wait: pending points that count as restored, dark branches (nested outages), lone dark points.

    Points without a meter follow their neighbours. After a dip that meters need not notice silence is what one
    expects. A point that said "out" after the close-in stays dark. Three columns by device are scratch.
    """
    branches = [0 for _ in range(0)]
    has_power[top : forest.device_end[top]] = 1
    if noticed:
        branches = _dark_branches(forest, points, scores, top, slot, closed_at, powered, dark, has_power)
    chosen = np.empty(forest.point_end[top] - forest.point_start[top], np.int32)
    count = 0
    lone = [0 for _ in range(0)]
    for p in range(forest.point_start[top], forest.point_end[top]):
        if points.owner[p] != slot or points.phase[p] != PENDING or has_power[forest.point_device[p]] == 0:
            continue
        if points.mask[p] != 0 and points.out_last[p] > max(points.on_last[p], points.echo_until[p]):
            lone.append(p)
        else:
            chosen[count] = p
            count += 1
    return chosen[:count], branches, lone
