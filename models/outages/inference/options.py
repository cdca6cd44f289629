"""What each device may have done in a picture, with what speaks for it: one option a history of its own.

Devices that no usage point can tell apart have their options at the topmost of them, each option naming the likeliest
device of the class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from models.columns.compiled import compiled
from models.network.network import DEVICE_KINDS
from models.outages.inference.facts import against_back, against_closed, against_open, has_run
from models.outages.inference.histories import ANY, Histories
from models.outages.inference.knowledge import CLOSED, NEVER, NOBODY, Devices
from models.outages.inference.tree import IMPOSSIBLE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.outages.inference.forest import Forest
    from models.outages.weights.scores import Scores

BREAKER: Final = DEVICE_KINDS.index("breaker")
RECLOSER: Final = DEVICE_KINDS.index("recloser")
SECTIONALIZER: Final = DEVICE_KINDS.index("sectionalizer")
SWITCH: Final = DEVICE_KINDS.index("switch")
FEWEST_FED: Final = 3
FEWEST_ON: Final = 2
"""A lone "on" is no sign of a tie."""


class Options(NamedTuple):
    """Options of n devices; those of device i are rows first[i] to first[i + 1]: closed comes first."""

    first: NDArray[np.int64]
    history: NDArray[np.int64]
    """The device's own history, a state of `Histories`."""
    weight: NDArray[np.int64]
    member: NDArray[np.int32]
    """The device of the class."""
    nested: NDArray[np.int64]
    """[n] log prior of a branch that stays dark below a device that is back; IMPOSSIBLE where it makes no sense."""
    nested_member: NDArray[np.int32]
    fed: NDArray[np.int64]
    """[n] log prior of being fed over a tie below a feed that is dark; IMPOSSIBLE where that cannot be."""
    feeds: NDArray[np.uint8]
    """[n, L] 1 where points below say "on" at a closing moment."""


class Support(NamedTuple):
    """Where there is reason to ask."""

    out: NDArray[np.int32]
    """[n, K] points below that say "out" at an opening moment."""
    on: NDArray[np.int32]
    """[n, L] points below that say "on" at a closing moment."""
    held: NDArray[np.int64]
    """[n] the opening moment of the outage that holds the class, -1 none."""
    held_back: NDArray[np.int64]
    """[n] the closing moment at which the picture before had it closed again, -1 none."""
    spoken_of: NDArray[np.uint8]
    """[n] 1 where SCADA or a crew has spoken of a device of the class."""
    unheard: NDArray[np.int64]
    """[n] the opening moment that only a crew tells of, at this device, -1 none."""


@compiled
def _best(
    forest: Forest,
    devices: Devices,
    scores: Scores,
    telemetered: NDArray[np.bool_],
    d: int,
    opened: int,
    closed: int,
    generic: bool,
    now: int,
) -> tuple[int, int]:
    """Of a class the likeliest device to have opened at a moment (and closed at another, or NEVER), and its weight."""
    best, chosen = IMPOSSIBLE, d
    for member in range(d, forest.device_end[d]):
        if forest.class_of[member] != d:
            if forest.point_end[member] > forest.point_start[member]:
                break
            continue
        kind = forest.device_kind[member]
        reclosing = kind in (BREAKER, RECLOSER)
        if generic and not reclosing:
            continue
        weight = against_closed(devices, scores, member)
        if closed == NEVER:
            weight += scores.device_prior[kind] - against_open(devices, scores, telemetered, member, opened, now)
        else:
            if closed - opened <= scores.dip_span:
                weight += scores.dip_prior if reclosing else scores.odd_dip_prior
            else:
                weight += scores.device_prior[kind] + scores.closing_prior
            weight -= against_back(devices, scores, telemetered, member, opened, closed)
        if weight >= best:  # ties go downstream
            best, chosen = weight, member
    return best, chosen


@compiled
def _all_closed(forest: Forest, devices: Devices, scores: Scores, d: int) -> int:
    weight = 0
    for member in range(d, forest.device_end[d]):
        if forest.class_of[member] == d:
            weight -= against_closed(devices, scores, member)
        elif forest.point_end[member] > forest.point_start[member]:
            break
    return weight


@compiled
def _spoken_of(forest: Forest, devices: Devices, d: int, at: int, near: int, closing: bool) -> bool:
    """Whether SCADA or a crew tells of a moment at a device of the class."""
    found = False
    for member in range(d, forest.device_end[d]):
        if forest.class_of[member] == d:
            if closing:
                told = devices.position[member] == CLOSED and devices.position_at[member] > devices.settled_at[member]
                found = found or (told and abs(devices.position_at[member] - at) <= near)
                found = found or (devices.crew_done_at[member] != NEVER and devices.crew_done_at[member] == at)
            else:
                found = found or (has_run(devices, member) and abs(devices.open_first[member] - at) <= near)
        elif forest.point_end[member] > forest.point_start[member]:
            break
    return found


@compiled
def options_of(
    forest: Forest,
    devices: Devices,
    scores: Scores,
    telemetered: NDArray[np.bool_],
    span: tuple[int, int],
    histories: Histories,
    only_after: NDArray[np.int64],
    support: Support,
    now: int,
) -> Options:
    """List what each device of a span may have done."""
    begin, end = span
    n = end - begin
    first = np.zeros(n + 1, np.int64)
    history, weight, member = [0 for _ in range(0)], [0 for _ in range(0)], [0 for _ in range(0)]
    nested, nested_member = np.full(n, IMPOSSIBLE, np.int64), np.full(n, NOBODY, np.int32)
    near = scores.clock_tolerance
    for i in range(n):
        d = begin + i
        first[i] = len(history)
        if forest.class_of[d] != d or forest.point_end[d] == forest.point_start[d]:
            history.append(0)
            weight.append(0)
            member.append(d)
            continue
        closed = _all_closed(forest, devices, scores, d)
        history.append(0)
        weight.append(closed)
        member.append(d)
        nested[i], chosen = _best(forest, devices, scores, telemetered, d, now, NEVER, False, now)
        nested_member[i] = chosen
        for k in range(len(histories.opened)):
            opened = histories.opened[k]
            held = support.held[i] == k
            spoken = support.spoken_of[i] == 1
            scada = spoken and _spoken_of(forest, devices, d, opened, near, False)
            if not (support.out[i, k] > 0 or held or scada or support.unheard[i] == k):
                continue
            score, chosen = _best(forest, devices, scores, telemetered, d, opened, NEVER, False, now)
            stays = scores.persistence if held else 0
            history.append(histories.dark[k])
            weight.append(closed + score + stays)
            member.append(chosen)
            for l in range(len(histories.closed)):  # noqa: E741
                generic = only_after[l] != ANY
                if histories.back[k, l] < 0 or (generic and held):
                    continue
                told = spoken and _spoken_of(forest, devices, d, histories.closed[l], near, True)
                if not (generic or support.on[i, l] > 0 or support.held_back[i] == l or told):
                    continue
                score, chosen = _best(
                    forest, devices, scores, telemetered, d, opened, histories.closed[l], generic, now
                )
                if score <= IMPOSSIBLE:
                    continue
                history.append(histories.back[k, l])
                weight.append(closed + score + stays)
                member.append(chosen)
    first[n] = len(history)
    fed, feeds = _fed(forest, scores, span, support)
    return Options(
        first,
        np.array(history, np.int64),
        np.array(weight, np.int64),
        np.array(member, np.int64).astype(np.int32),
        nested,
        nested_member,
        fed,
        feeds,
    )


@compiled
def _fed(
    forest: Forest, scores: Scores, span: tuple[int, int], support: Support
) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Where a tie may feed: a listed one that ends below, or at switching devices of several points one not listed."""
    begin, end = span
    fed = np.full(end - begin, IMPOSSIBLE, np.int64)
    feeds = np.zeros(support.on.shape, np.uint8)
    for i in range(end - begin):
        d = begin + i
        points = forest.point_end[d] - forest.point_start[d]
        if forest.class_of[d] != d or points < FEWEST_FED:
            continue
        if forest.has_tie[d] == 1:
            fed[i] = scores.tie_prior
        elif forest.device_kind[d] in (SWITCH, RECLOSER, SECTIONALIZER):
            fed[i] = scores.unlisted_tie_prior
        for l in range(support.on.shape[1]):  # noqa: E741
            feeds[i, l] = 1 if support.on[i, l] >= FEWEST_ON else 0
    return fed, feeds
