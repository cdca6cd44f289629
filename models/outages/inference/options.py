"""What each device may have done in a picture, with what speaks for it: one option a history of its own.

Devices that no usage point can tell apart have their options at the topmost of them, each option naming the likeliest
device of the class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from models.columns.compiled import compiled
from models.network.network import DEVICE_KINDS
from models.outages.inference.facts import against_back, against_closed, against_open, has_run, nearest, was_mended
from models.outages.inference.histories import ANY, Histories
from models.outages.inference.knowledge import CLOSED, NEVER, NOBODY, UNKNOWN, Devices
from models.outages.inference.reports import CREW, NEAR
from models.outages.inference.tree import IMPOSSIBLE, Options

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.outages.inference.facts import Claims
    from models.outages.inference.forest import Forest, Span
    from models.outages.inference.moments import Moments
    from models.outages.weights.scores import Scores

BREAKER: Final = DEVICE_KINDS.index("breaker")
RECLOSER: Final = DEVICE_KINDS.index("recloser")
SECTIONALIZER: Final = DEVICE_KINDS.index("sectionalizer")
SWITCH: Final = DEVICE_KINDS.index("switch")
FEWEST_FED: Final = 3
FEWEST_ON: Final = 2
"""A lone "on" is no sign of a tie."""


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
    fed: NDArray[np.int64]
    """[n] the closing moment since when the picture before had it fed over a tie, -1 none."""


@compiled
def support_of(forest: Forest, span: Span, moments: Moments, claims: Claims, crews: NDArray[np.int64]) -> Support:
    """Where outages, SCADA, crews and the picture before give reason to ask; reports are still to be counted."""
    n, held, first = span.device_end - span.device, claims.held, span.device
    support = Support(
        np.zeros((n, len(moments.opened)), np.int32),
        np.zeros((n, len(moments.closed)), np.int32),
        np.full(n, -1, np.int64),
        np.full(n, -1, np.int64),
        np.zeros(n, np.uint8),
        np.full(n, -1, np.int64),
        np.full(n, -1, np.int64),
    )
    for at in range(len(claims.fed)):
        support.fed[claims.fed[at, 0] - first] = nearest(moments.closed, claims.fed[at, 1])
    for one in range(len(held)):
        device = held[one, 0] - first
        if device >= 0:
            support.held[device] = nearest(moments.opened, held[one, 3])
            if held[one, 5] != NEVER:
                support.held_back[device] = nearest(moments.closed, held[one, 5])
    for at in range(len(crews)):
        k = nearest(moments.opened, crews[at, 0])
        if moments.source[k] == CREW and crews[at, 1] >= first:
            support.unheard[crews[at, 1] - first] = k
    for d in claims.spoken:
        if forest.class_of[d] >= first:
            support.spoken_of[forest.class_of[d] - first] = 1
    return support


class Quiet(NamedTuple):
    """What each class may have done of which nobody has spoken, by its topmost device: a weight, and the likeliest."""

    opened: NDArray[np.int64]
    opener: NDArray[np.int32]
    back: NDArray[np.int64]
    """Open for a while, and closed again."""
    dipped: NDArray[np.int64]
    """Open for less than `dip_span`."""
    dipper: NDArray[np.int32]
    reclosed: NDArray[np.int64]
    """The same of a reclosing device: nobody saw its end; IMPOSSIBLE where there is none."""
    recloser: NDArray[np.int32]


@compiled
def quiet_options(forest: Forest, scores: Scores, telemetered: NDArray[np.bool_]) -> Quiet:
    """Work out, once for all pictures, the options of devices of which nobody has spoken."""
    n = len(forest.parent)
    opened, opener = np.full(n, IMPOSSIBLE, np.int64), np.arange(n).astype(np.int32)
    dipped, dipper = np.full(n, IMPOSSIBLE, np.int64), np.arange(n).astype(np.int32)
    reclosed, recloser = np.full(n, IMPOSSIBLE, np.int64), np.arange(n).astype(np.int32)
    for d in range(n):
        top, kind = forest.class_of[d], forest.device_kind[d]
        reclosing = kind in (BREAKER, RECLOSER)
        unseen = scores.unseen if telemetered[d] else 0
        weight = scores.device_prior[kind] - unseen
        if weight >= opened[top]:  # ties go downstream
            opened[top], opener[top] = weight, d
        weight = (scores.dip_prior if reclosing else scores.odd_dip_prior) - unseen
        if weight >= dipped[top]:
            dipped[top], dipper[top] = weight, d
        if reclosing and weight >= reclosed[top]:
            reclosed[top], recloser[top] = weight, d
    return Quiet(opened, opener, opened + scores.closing_prior, dipped, dipper, reclosed, recloser)


@compiled
def _best(
    forest: Forest,
    devices: Devices,
    scores: Scores,
    telemetered: NDArray[np.bool_],
    d: int,
    opened: int,
    until: int,
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
        if was_mended(devices, member) and opened > devices.crew_done_at[member]:
            weight -= scores.crew_fact  # that was about another opening
        if closed == NEVER:
            weight += scores.device_prior[kind] - against_open(devices, scores, telemetered, member, opened, until, now)
        else:
            if closed - opened <= scores.dip_span:
                weight += scores.dip_prior if reclosing else scores.odd_dip_prior
            else:
                weight += scores.device_prior[kind] + scores.closing_prior
            weight -= against_back(devices, scores, telemetered, member, opened, closed)
        if weight >= best:
            best, chosen = weight, member
    return best, chosen


@compiled
def _quiet_of(forest: Forest, devices: Devices, begin: int, end: int) -> NDArray[np.bool_]:
    """[n] by topmost device of a span whether nobody has ever spoken of a device of its class."""
    quiet, class_of = np.ones(end - begin, np.bool_), forest.class_of
    position, crew_open_at, crew_done_at = devices.position, devices.crew_open_at, devices.crew_done_at
    for d in range(begin, end):
        if position[d] != UNKNOWN or crew_open_at[d] != NEVER or crew_done_at[d] != NEVER:
            quiet[max(class_of[d] - begin, 0)] = False
    return quiet


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
def options_of(  # noqa: C901, PLR0912, PLR0915 (one loop over all cases: calls cost more than they do)
    forest: Forest,
    devices: Devices,
    scores: Scores,
    telemetered: NDArray[np.bool_],
    quiet: Quiet,
    span: tuple[int, int],
    histories: Histories,
    only_after: NDArray[np.int64],
    source: NDArray[np.uint8],
    support: Support,
    now: int,
) -> Options:
    """List what each device of a span may have done."""
    begin, end = span
    n, openings, closings = end - begin, len(histories.opened), len(histories.closed)
    first = np.zeros(n + 1, np.int64)
    rows, count, most = np.empty((4 * n, 4), np.int64), 0, 1 + openings * (1 + closings)
    nested, nested_member = np.full(n, IMPOSSIBLE, np.int64), np.full(n, NOBODY, np.int32)
    near, dip_span, persistence = scores.clock_tolerance, scores.dip_span, scores.persistence
    out, on, held_at, held_back = support.out, support.on, support.held, support.held_back
    spoken_of, unheard = support.spoken_of, support.unheard
    opened_at, closed_at, until = histories.opened, histories.closed, histories.until
    dark, back = histories.dark, histories.back
    quiet_opened, quiet_opener, quiet_back = quiet.opened, quiet.opener, quiet.back
    quiet_dipped, quiet_dipper = quiet.dipped, quiet.dipper
    quiet_reclosed, quiet_recloser = quiet.reclosed, quiet.recloser
    class_of, point_start, point_end = forest.class_of, forest.point_start, forest.point_end
    settled_at = devices.settled_at
    quiet_of = _quiet_of(forest, devices, begin, end)
    for i in range(n):
        d = begin + i
        first[i] = count
        if count + most > len(rows):
            rows = np.concatenate((rows, np.empty((len(rows) + most, 4), np.int64)))
        rows[count, 0], rows[count, 1], rows[count, 2], rows[count, 3] = 0, 0, d, 0
        count += 1
        if class_of[d] != d or point_end[d] == point_start[d]:
            continue
        spoken = spoken_of[i] == 1
        silent = not spoken and quiet_of[i]
        closed = 0 if silent else _all_closed(forest, devices, scores, d)
        rows[count - 1, 1] = closed
        if silent:
            nested[i], nested_member[i] = quiet_opened[d], quiet_opener[d]
        else:
            nested[i], nested_member[i] = _best(forest, devices, scores, telemetered, d, now, now, NEVER, False, now)
        for k in range(openings):
            opened, last, held = opened_at[k], until[dark[k]], held_at[i] == k
            if opened <= settled_at[d] + NEAR and not held:
                continue  # what it did then is accounted for
            if source[k] == CREW and unheard[i] != k and not held:
                continue  # that is when a crew came to another device
            asked = out[i, k] > 0 or held or unheard[i] == k
            if not asked and not (spoken and _spoken_of(forest, devices, d, opened, near, False)):
                continue
            if silent:
                score, chosen = quiet_opened[d], quiet_opener[d]
            else:
                score, chosen = _best(forest, devices, scores, telemetered, d, opened, last, NEVER, False, now)
            stays = persistence if held else 0
            rows[count, 0], rows[count, 1], rows[count, 2] = dark[k], closed + score + stays, chosen
            rows[count, 3] = stays
            count += 1
            for l in range(closings):  # noqa: E741
                generic = only_after[l] != ANY
                if back[k, l] < 0 or (generic and held):
                    continue
                asked = generic or on[i, l] > 0 or held_back[i] == l
                if not asked and not (spoken and _spoken_of(forest, devices, d, closed_at[l], near, True)):
                    continue
                if not silent:
                    score, chosen = _best(
                        forest, devices, scores, telemetered, d, opened, last, closed_at[l], generic, now
                    )
                elif generic:
                    score, chosen = quiet_reclosed[d], quiet_recloser[d]
                elif closed_at[l] - opened <= dip_span:
                    score, chosen = quiet_dipped[d], quiet_dipper[d]
                else:
                    score, chosen = quiet_back[d], quiet_opener[d]
                if score <= IMPOSSIBLE:
                    continue
                rows[count, 0], rows[count, 1], rows[count, 2] = back[k, l], closed + score + stays, chosen
                rows[count, 3] = stays
                count += 1
    first[n] = count
    fed, feeds = _fed(forest, scores, span, support)
    return Options(
        first,
        rows[:count, 0].copy(),
        rows[:count, 1].copy(),
        rows[:count, 3].copy(),
        rows[:count, 2].astype(np.int32),
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
            feeds[i, l] = 1 if support.on[i, l] >= FEWEST_ON or support.fed[i] == l else 0
        if support.fed[i] >= 0:
            fed[i] = scores.persistence
    return fed, feeds
