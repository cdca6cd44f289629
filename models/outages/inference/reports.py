"""What one usage point's reports weigh under each history of its supply, against power all the time.

The page's table: "out" in its moment, "out" out of it, silence, "on" too early, "on" in time, no "on" yet. All in
units of 1/4096 nat; a point without a word weighs what its silence does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from models.columns.compiled import compiled, inlined
from models.evidence.kinds import KIND_CODE, OUT_BIT
from models.outages.inference.knowledge import FREE, NEVER, NOBODY, OUT, Points
from models.outages.weights.scores import METER_MASK, WHOLE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.outages.inference.histories import Histories
    from models.outages.weights.scores import Scores

NEAR: Final = 8_000
"""A report belongs to a moment that it follows by no more than this (ms), or precedes by the error of clocks."""
WAVE: Final = 75_000
"""A reclosing sequence: reports up to so long (ms) after a moment may belong to it."""
MANY: Final = 5
NO_FIT: Final = -(1 << 40)
INFERRED: Final = OUT_BIT[KIND_CODE["inferred_outage"]]
GASP: Final = OUT_BIT[KIND_CODE["last_gasp"]]
METERS: Final = 0
CALL: Final = 1
CREW: Final = 2
TOLD: Final = 3
"""Meters tell of it when they are back, and of nothing that was known: of gasps that nobody heard."""


class Moment(NamedTuple):
    """What a picture knows of its moments besides their times."""

    reports: NDArray[np.int64]
    """[K] how many meters gasped at an opening moment."""
    returns: NDArray[np.int64]
    """[L] how many points said "on" at a closing moment."""
    began: NDArray[np.int64]
    """[K] the first opening of the reclosing sequence that this one may belong to."""
    until: NDArray[np.int64]
    """[K] the last opening of the same reclosing sequence, by SCADA."""
    source: NDArray[np.uint8]
    """[K] METERS (or SCADA), CALL or CREW: of what only the last two tell of, power may have been lost before."""
    shots: NDArray[np.int64]
    """Moments that may be shots of a reclosing sequence, rising."""
    relief: NDArray[np.int64]
    """[R + 1, K] how much less a report weighs that comes among the others of its collector and moment."""
    inferred: NDArray[np.int64]
    """[R + 1, K] for how many of its meters a collector infers that they are out."""


MASK: Final = 0
"""Columns of `words_of`: kinds that say "out", 0 if none that still counts; ..."""
OUT_FIRST: Final = 1
OUT_LAST: Final = 2
ON_AT: Final = 3
"""... its latest "on" after its latest "out", NEVER if there is none; ..."""
ROW: Final = 4
"""... the place of its delivery rate among those of the picture, after the last without a meter; ..."""
CAME_BACK: Final = 5
"""... 1 if its meter says since then that power came back; ..."""
DARK_SINCE: Final = 6
"""... since when it was dark by what was found before, NEVER if nothing was found; ..."""
DARK_UNTIL: Final = 7
"""... and until when, of an outage that is certain; STILL while it has no power; ..."""
CONSUMED: Final = 8
"""... until when all is explained that happened to it: by then it had power again; NEVER if nothing did."""
STILL: Final = 1 << 62
SETTLED: Final = 600_000
"""Of who has power again it is certain so long (ms) after it was lost that he was dark: what happens in the minutes of
one storm's blow is told apart by who gasps."""
WORDS: Final = 9


@compiled
def rows_of(
    points: Points, delivery_row: NDArray[np.int32], zone: tuple[int, int], span: tuple[int, int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """[R] the rows of the delivery rates of a span's meters, rising, and back: by row of the zone its place among them.

    A zone has hundreds, of all its collectors; a feeder has a few. `zone` are the zone's first and last but one.
    """
    place = np.zeros(zone[1] - zone[0], np.int64)
    for p in range(span[0], span[1]):
        if points.mute[p] == 0 and delivery_row[p] >= 0:
            place[delivery_row[p] - zone[0] + points.source[p]] = 1
    rows = np.flatnonzero(place)
    place[rows] = np.arange(len(rows))
    return rows + zone[0], place


@compiled
def words_of(
    points: Points,
    zone_row: int,
    place: NDArray[np.int64],
    count: int,
    forget: int,
    delivery_row: NDArray[np.int32],
    span: tuple[int, int],
    certain: NDArray[np.bool_],
    now: int,
) -> NDArray[np.int64]:
    """[points of the span, WORDS] what each usage point says, taken out of the columns.

    `place` gives by row of the zone, from `zone_row` on, which of the picture's `count` delivery rates it is; `certain`
    by slot which outages are.
    """
    first, last = span
    owner, back_at = points.owner, points.back_at
    mask, phase, delay, mute, since = points.mask, points.phase, points.delay, points.mute, points.interrupted_at
    source, consumed_at = points.source, points.consumed_at
    out_first, out_last, on_last, returned_at = points.out_first, points.out_last, points.on_last, points.returned_at
    words = np.empty((last - first, WORDS), np.int64)
    for q in range(last - first):
        p = first + q
        said, at, on_at = 0 + mask[p], out_last[p], on_last[p]
        free = phase[p] == FREE
        if said != 0 and free and at + delay[p] < now - forget:
            said = 0
        if said != 0 and on_at < at:
            on_at = NEVER
        able = mute[p] == 0 and delivery_row[p] >= 0
        told = said != 0 and at <= consumed_at[p]  # it counts from when it was heard
        fresh = not free or told or on_at > now - forget
        words[q, MASK], words[q, OUT_FIRST], words[q, OUT_LAST], words[q, ON_AT] = said, out_first[p], at, on_at
        words[q, ROW] = place[delivery_row[p] - zone_row + source[p]] if able else count
        words[q, CAME_BACK] = 1 if on_at != NEVER and fresh and returned_at[p] >= on_at else 0
        words[q, CONSUMED] = consumed_at[p]
        out = phase[p] == OUT
        known = out or (owner[p] != NOBODY and certain[owner[p]])
        words[q, DARK_SINCE] = since[p] + (0 if out else SETTLED) if known else NEVER
        words[q, DARK_UNTIL] = STILL if out else back_at[p]
    return words


@inlined
def fit(
    mask: int,
    out_first: int,
    out_last: int,
    at: int,
    until: int,
    shots: NDArray[np.int64],
    tolerance: int,
    late: int,
    stale: int,
) -> int:
    """How well an "out" goes with an opening at a moment: 0 or a little less; NO_FIT if it does not.

    Of a reclosing sequence that lasts `until` it goes with any shot, the first and the last among them.
    """
    found = NO_FIT
    if at - tolerance <= out_last <= at + NEAR or at - tolerance <= out_first <= at + NEAR:
        found = 0
    elif out_last >= at - tolerance:
        by_meter = late if out_last <= max(at + WAVE, until) else stale
        found = by_meter if mask & METER_MASK != 0 else 0  # a call comes when it comes
        if until > at:
            if until - tolerance <= out_last <= until + NEAR or until - tolerance <= out_first <= until + NEAR:
                found = 0
            for shot in shots:
                near = shot - tolerance <= out_last <= shot + NEAR or shot - tolerance <= out_first <= shot + NEAR
                if near and at < shot < until:
                    found = 0
    return found


@inlined
def _fit_told(mask: int, out_last: int, consumed: int, at: int, worth: int, tolerance: int) -> int:
    """The same of an opening of which meters told when they were back: who gasped after it had power until then.

    That it began when something else did, by the meter's own clock, is worth as much as that it says it came back.
    """
    told = mask != 0 and out_last <= consumed and at - tolerance <= out_last <= at + NEAR
    return worth if told else NO_FIT


@inlined
def _when_explained(source: int, weight: int, dark_since: int) -> int:
    """What a point weighs by whose word all is explained: it had power again, so what was before says no more.

    Where others tell now of what was not known, it only seemed so: what the point said since may speak against it.
    """
    return min(weight, 0) if source == TOLD else dark_since


class Rates(NamedTuple):
    """Levels of delivery rates (`Scores.silent`), by row of the picture and moment; the last row cannot speak."""

    gasp: NDArray[np.int64]
    """[R + 1, K] of gasps, by opening moment."""
    back: NDArray[np.int64]
    """[R + 1, L] of restoration messages, by closing moment."""


class Silence(NamedTuple):
    """What saying nothing weighs under each history, by row of delivery rates; one more for points without a meter."""

    out: NDArray[np.int64]
    """[R + 1, S] no "out"."""
    on: NDArray[np.int64]
    """[R + 1, S] no "on" yet."""
    both: NDArray[np.int64]
    """[R + 1, S] neither."""
    noticed: NDArray[np.int64]
    """[S] log of the share of meters that notice an interruption so short."""
    whole: NDArray[np.uint8]
    """[S] 1 where all of them do."""


@compiled
def weigh_silence(histories: Histories, scores: Scores, moment: Moment, rates: Rates, now: int) -> Silence:
    """Work out what silence weighs, once for all points of a picture."""
    rows, states, longest = len(rates.gasp), len(histories.opening), len(scores.dip_steps)
    out, on = np.zeros((rows, states), np.int64), np.zeros((rows, states), np.int64)
    both, noticed = np.zeros((rows, states), np.int64), np.zeros(states, np.int64)
    whole = np.zeros(states, np.uint8)
    for s in range(1, states):
        k, l = histories.opening[s], histories.closing[s]  # noqa: E741
        until = histories.until[s]  # each shot of a sequence makes a meter wait anew
        bucket = np.searchsorted(scores.steps, now - until, side="right")
        if l < 0:
            whole[s] = 1
            for row in range(rows):
                out[row, s] = scores.silent[rates.gasp[row, k], bucket]
        else:
            closed = histories.closed[l]
            length = int(np.searchsorted(scores.dip_steps, closed - until, side="right"))
            after = np.searchsorted(scores.return_steps, now - closed, side="right")
            whole[s] = 1 if length == longest else 0
            noticed[s] = scores.noticed[length]
            for row in range(rows):
                out[row, s] = scores.dip_silent[rates.gasp[row, k], length, bucket]
                on[row, s] = scores.return_silent[rates.back[row, l], after]
        if moment.source[k] == TOLD:
            out[:, s] = 0
        if moment.source[k] != CREW:
            both[:, s] = out[:, s] + on[:, s] if whole[s] == 1 else out[:, s]
        else:
            out[:, s] = 0
    return Silence(out, on, both, noticed, whole)


@compiled
def weigh_word(  # noqa: C901 (one loop over all cases: calls cost more than they do)
    opened: NDArray[np.int64],
    began: NDArray[np.int64],
    until: NDArray[np.int64],
    shots: NDArray[np.int64],
    source: NDArray[np.uint8],
    dark: NDArray[np.int64],
    closing: NDArray[np.int64],
    closings: NDArray[np.int64],
    out: NDArray[np.int64],
    on: NDArray[np.int64],
    both: NDArray[np.int64],
    noticed: NDArray[np.int64],
    whole: NDArray[np.uint8],
    rate: NDArray[np.int64],
    word: NDArray[np.int64],
    worth: tuple[int, int, int, int, int, int, int],
    weights: NDArray[np.int32],
) -> None:
    """Fill `weights` [S] with what the word of one point weighs under each history.

    Columns come one by one: a tuple of many costs more at each call than the call itself.
    """
    mask, out_first, out_last, on_at = word[MASK], word[OUT_FIRST], word[OUT_LAST], word[ON_AT]
    row, returned, dark_since, dark_until = word[ROW], word[CAME_BACK], word[DARK_SINCE], word[DARK_UNTIL]
    gain, doubt, false_on, back, late, stale, tolerance = worth
    weights[0] = 0
    states = len(weights)
    for k in range(len(opened)):
        at = opened[k]
        settled, called = at <= word[CONSUMED], source[k] == CALL
        meter, known_dark = mask & METER_MASK != 0, dark_since != NEVER and dark_since < began[k] - NEAR
        known_dark = known_dark and at < dark_until
        for s in range(dark[k], dark[k + 1] if k + 1 < len(opened) else states):
            last = until[s]
            says_on = on_at != NEVER and on_at > last - tolerance
            between = on_at > at and not says_on  # back between the shots of a sequence, and silent in the last
            weight, notices = (back if returned == 1 and says_on else 0), whole[s] == 1
            own = NO_FIT
            if source[k] == TOLD:
                own = _fit_told(mask, out_last, word[CONSUMED], at, back, tolerance)
            elif mask != 0:
                own = fit(mask, out_first, out_last, at, last, shots, tolerance, late, stale)
                own += rate[row, k] if own != NO_FIT and mask & GASP != 0 else 0
            fits = own != NO_FIT
            if s == dark[k]:
                weight += doubt if says_on else 0
                weight += gain + own if fits else 0
                weight += 0 if known_dark or (fits and (meter or called) and not between) else out[row, s]
            elif between:
                weight += gain + own if fits and out_first <= closings[closing[s]] + tolerance else 0
                weight += 0 if known_dark else both[row, s]
            else:
                closed = closings[closing[s]]
                fits = fits and out_first <= closed + tolerance
                if fits:
                    weight += gain + own + noticed[s]
                    notices = True
                weight += 0 if known_dark or (fits and (meter or called)) else out[row, s]
                if not (says_on and on_at >= closed - tolerance):
                    weight += false_on if says_on else 0
                    weight += on[row, s] if notices else 0
                elif returned == 1 and on_at > closed + WAVE:
                    weight += stale  # it says when it came back: later
            if settled and not fits:
                since = s == dark[k] or closings[closing[s]] > word[CONSUMED]
                gained = back if returned == 1 and says_on else 0
                weight = _when_explained(source[k], weight - gained, false_on if since else 0)
            weights[s] = weight


class Alike(NamedTuple):
    """Points by what they say."""

    number: NDArray[np.int64]
    """[points of the span] of its word, -1 of a point that says nothing of all that happened."""
    head: NDArray[np.int64]
    """By number, the first of the points whose word it is."""
    points: NDArray[np.int64]
    """By number, how many there are."""


@compiled
def relief_of_moments(
    scores: Scores,
    words: NDArray[np.int64],
    alike: Alike,
    rows: int,
    opened: NDArray[np.int64],
    until: NDArray[np.int64],
    now: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """[R + 1, K] how much less a report weighs, by the share of a collector's meters that say the same at a moment.

    Meters that are joined to each other's point hang on one collector. And [R + 1, K] for how many a collector infers
    that they are out: that is one fact, and wrong for all of them where the collector has failed.
    """
    relief, spoke = np.zeros((rows, len(opened)), np.int64), np.zeros((rows, len(opened)), np.int64)
    inferred = np.zeros((rows, len(opened)), np.int64)
    size, shares = np.zeros(rows, np.int64), len(scores.relief) - 1
    for q in range(len(words)):
        size[words[q, ROW]] += 1
    for number in range(len(alike.head)):
        q, points = alike.head[number], alike.points[number]
        row, mask = words[q, ROW], words[q, MASK]
        for k in range(len(opened) if mask != 0 else 0):
            if _is_among(opened[k], words[q, OUT_FIRST], words[q, OUT_LAST], scores.clock_tolerance):
                spoke[row, k] += points
                inferred[row, k] += points if mask == INFERRED else 0
    for k in range(len(opened)):
        here = scores.heard[np.searchsorted(scores.steps, now - until[k], side="right")]
        for row in range(rows):
            relief[row, k] = scores.relief[min(shares, spoke[row, k] * shares // max(1, size[row] * here // WHOLE))]
    return relief, inferred


@inlined
def _is_among(at: int, out_first: int, out_last: int, tolerance: int) -> bool:
    return at - tolerance <= out_last and out_first <= at + NEAR


@compiled
def weight_among(
    opened: NDArray[np.int64],
    relief: NDArray[np.int64],
    inferred: NDArray[np.int64],
    word: NDArray[np.int64],
    alone: int,
    tolerance: int,
) -> int:
    """What an "out" that weighs so much alone weighs among the others of its moment."""
    less, voices, row = 0, 1, word[ROW]
    for k in range(len(opened)):
        if _is_among(opened[k], word[OUT_FIRST], word[OUT_LAST], tolerance):
            less = max(less, relief[row, k])
            voices = max(voices, inferred[row, k])
    return alone // voices if word[MASK] == INFERRED else max(alone - less, 0)


@compiled
def many_returned(closed: NDArray[np.int64], returns: NDArray[np.int64], on_at: int, tolerance: int) -> bool:
    """Whether an "on" comes among many."""
    many = False
    for l in range(len(closed)):  # noqa: E741
        if returns[l] >= MANY and closed[l] - tolerance <= on_at <= closed[l] + NEAR:
            many = True
    return many
