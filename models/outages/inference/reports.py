"""What one usage point's reports weigh under each history of its supply, against power all the time.

The page's table: "out" in its moment, "out" out of it, silence, "on" too early, "on" in time, no "on" yet. All in
units of 1/4096 nat; a point without a word weighs what its silence does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from models.columns.compiled import compiled, inlined
from models.outages.inference.knowledge import FREE, NEVER, RETURNED, Points
from models.outages.weights.scores import METER_MASK

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
METERS: Final = 0
CALL: Final = 1
CREW: Final = 2


class Moment(NamedTuple):
    """What a picture knows of its moments besides their times."""

    reports: NDArray[np.int64]
    """[K] how many meters gasped at an opening moment."""
    returns: NDArray[np.int64]
    """[L] how many points said "on" at a closing moment."""
    until: NDArray[np.int64]
    """[K] the last opening of the same reclosing sequence, by SCADA."""
    source: NDArray[np.uint8]
    """[K] METERS (or SCADA), CALL or CREW: of what only the last two tell of, power may have been lost before."""


class Word(NamedTuple):
    """What one usage point says, taken out of the columns."""

    mask: int
    """Kinds that say "out", 0 if none that still counts."""
    out_first: int
    out_last: int
    on_at: int
    """Its latest "on" after its latest "out", NEVER if there is none."""
    row: int
    """Delivery class."""
    returned: int
    """1 if its meter says since then that power came back."""
    dark_since: int
    """Since when it has been dark by what was found before; NEVER if it has power."""


@inlined
def word_of(points: Points, scores: Scores, delivery_class: NDArray[np.int16], p: int, now: int) -> Word:
    """Read a usage point."""
    mask, out_first, out_last, on_last = 0 + points.mask[p], points.out_first[p], points.out_last[p], points.on_last[p]
    free = points.phase[p] == FREE or points.phase[p] == RETURNED
    if mask != 0 and points.phase[p] == FREE and out_last + points.delay[p] < now - scores.forget:
        mask = 0
    on_at = on_last
    if mask != 0 and on_last < out_last:
        on_at = NEVER
    row = len(scores.silent) - 1 if points.mute[p] == 1 else 0 + delivery_class[p]
    fresh = points.phase[p] != FREE or on_at > now - scores.forget
    returned = 1 if on_at != NEVER and fresh and points.returned_at[p] >= on_at else 0
    return Word(mask, out_first, out_last, on_at, row, returned, NEVER if free else points.out_at[p])


@compiled
def says_little(word: Word, since: int) -> bool:
    """Whether a point is simply silent about all that happened from `since` on."""
    return word.mask == 0 and word.dark_since == NEVER and word.on_at < since


@compiled
def fit(word: Word, at: int, until: int, tolerance: int, late: int, stale: int) -> int:
    """How well an "out" goes with an opening at a moment: 0 or a little less; NO_FIT if it does not."""
    for said in (word.out_last, word.out_first):
        if at - tolerance <= said <= until + NEAR:
            return 0
    if word.out_last < at - tolerance:
        return NO_FIT
    if word.mask & METER_MASK == 0:
        return 0  # a call comes when it comes
    return late if word.out_last <= at + WAVE else stale


@compiled
def weigh_silence(histories: Histories, scores: Scores, moment: Moment, now: int) -> NDArray[np.int64]:
    """[K + 1 delivery classes, S]: what a point weighs that has said nothing, under each history."""
    rows, states = len(scores.silent), len(histories.opening)
    silence = np.zeros((rows, states), np.int64)
    for s in range(1, states):
        opened = moment.until[histories.opening[s]]  # each shot of a sequence makes a meter wait anew
        if moment.source[histories.opening[s]] == CREW:
            continue
        bucket = np.searchsorted(scores.steps, now - opened, side="right")
        if histories.closing[s] < 0:
            silence[:, s] = scores.silent[:, bucket]
            continue
        closed = histories.closed[histories.closing[s]]
        length = int(np.searchsorted(scores.dip_steps, closed - opened, side="right"))
        after = np.searchsorted(scores.return_steps, now - closed, side="right")
        for row in range(rows):
            silence[row, s] = scores.dip_silent[row, length, bucket]
            if length == len(scores.dip_steps):
                silence[row, s] += scores.return_silent[row, after]
    return silence


@compiled
def weigh_word(  # noqa: C901, PLR0912, PLR0915 (one loop over all cases: calls cost more than they do)
    histories: Histories,
    scores: Scores,
    moment: Moment,
    word: Word,
    now: int,
    weights: NDArray[np.int64],
) -> None:
    """Fill `weights` [S] with what the word of one point weighs under each history."""
    tolerance = scores.clock_tolerance
    gain = scores.out[word.row, word.mask] if word.mask != 0 else 0
    if word.mask != 0 and _is_crowded(histories, moment, word, tolerance):
        gain = max(gain - scores.wave_relief, 0)
    meter = word.mask & METER_MASK != 0
    doubt = scores.false_on
    if word.on_at != NEVER and _many_returned(histories, moment, word.on_at, tolerance):
        doubt += scores.return_relief
    weights[0] = 0
    k, opened, known_dark, own, dark_bucket = -1, 0, False, NO_FIT, 0
    for s in range(1, len(histories.opening)):
        l = histories.closing[s]  # noqa: E741
        if histories.opening[s] != k:
            k = histories.opening[s]
            opened = histories.opened[k]
            known_dark = word.dark_since != NEVER and word.dark_since < opened - NEAR
            own = NO_FIT
            if word.mask != 0:
                own = fit(word, opened, moment.until[k], tolerance, scores.late_report, scores.stale_report)
            dark_bucket = int(np.searchsorted(scores.steps, now - moment.until[k], side="right"))
        fits = own
        closed = NEVER if l < 0 else histories.closed[l]
        if l >= 0 and fits != NO_FIT and word.out_first > closed + tolerance:
            fits = NO_FIT
        length: int = len(scores.dip_steps)
        if l >= 0:
            length = int(np.searchsorted(scores.dip_steps, closed - moment.until[k], side="right"))
        weight = 0
        noticed = length == len(scores.dip_steps)
        if fits != NO_FIT:
            weight += gain + fits
            if l >= 0:
                weight += scores.noticed[length]
            noticed = True
        if not (fits != NO_FIT and meter) and not known_dark and moment.source[k] == METERS:
            weight += (
                scores.dip_silent[word.row, length, dark_bucket] if l >= 0 else scores.silent[word.row, dark_bucket]
            )
        on = word.on_at != NEVER and word.on_at > moment.until[k] - tolerance
        if on and word.returned == 1:
            weight += scores.returned
        if l < 0:
            if on:
                weight += doubt
        elif on and word.on_at >= closed - tolerance:
            weight += 0
        else:
            if on:
                weight += scores.false_on
            if noticed:
                after = np.searchsorted(scores.return_steps, now - closed, side="right")
                weight += scores.return_silent[word.row, after]
        weights[s] = weight


@compiled
def _is_crowded(histories: Histories, moment: Moment, word: Word, tolerance: int) -> bool:
    """Whether an "out" comes among many."""
    crowded = False
    for k in range(len(histories.opened)):
        if moment.reports[k] >= MANY and histories.opened[k] - tolerance <= word.out_last:
            crowded = crowded or word.out_first <= histories.opened[k] + NEAR
    return crowded


@compiled
def _many_returned(histories: Histories, moment: Moment, on_at: int, tolerance: int) -> bool:
    many = False
    for l in range(len(histories.closed)):  # noqa: E741
        if moment.returns[l] >= MANY and histories.closed[l] - tolerance <= on_at <= histories.closed[l] + NEAR:
            many = True
    return many
