"""Usage points in a picture: what they weigh under each device, and which of them may be out on their own.

A point that shares its device with others is a leaf of the tree with options of its own: it kept its power, it lost it
alone, or (below a feed that is back) it stayed dark.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from models.columns.compiled import compiled
from models.outages.inference.knowledge import NEVER, NOBODY
from models.outages.inference.reports import (
    MASK,
    NEAR,
    NO_FIT,
    ON_AT,
    OUT_FIRST,
    OUT_LAST,
    ROW,
    WAVE,
    Moment,
    fit,
    many_returned,
    weigh_silence,
    weigh_word,
    weight_among,
)
from models.outages.inference.tree import IMPOSSIBLE, NESTED, either
from models.outages.weights.scores import METER_MASK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.outages.inference.forest import Forest, Span
    from models.outages.inference.histories import Histories
    from models.outages.inference.options import Support
    from models.outages.inference.reports import Alike, Rates
    from models.outages.weights.scores import Scores


@compiled
def own_options(
    opened: NDArray[np.int64],
    until: NDArray[np.int64],
    shots: NDArray[np.int64],
    closed: NDArray[np.int64],
    dark: NDArray[np.int64],
    back: NDArray[np.int64],
    word: NDArray[np.int64],
    worth: tuple[int, int, int, int, int, int, int],
    priors: tuple[int, int, int, int, int],
    held: int,
    state: NDArray[np.int64],
    weight: NDArray[np.int64],
    lead: NDArray[np.int64],
) -> int:
    """What a service may have done on its own; returns how many rows of `state`, `weight` and `lead` are filled."""
    mask, out_first, out_last, on_at = word[MASK], word[OUT_FIRST], word[OUT_LAST], word[ON_AT]
    _, _, _, _, late, stale, tolerance = worth
    service_prior, closing_prior, odd_dip_prior, dip_span, persistence = priors
    state[0], weight[0], lead[0], count = 0, 0, 0, 1
    for k in range(len(opened)):
        fits = NO_FIT
        if mask != 0:
            fits = fit(mask, out_first, out_last, opened[k], until[k], shots, tolerance, late, stale)
        asked = fits not in (NO_FIT, stale) and out_last <= until[k] + WAVE
        if not asked and held != k:
            continue
        stays = persistence if held == k else 0
        state[count], weight[count], lead[count] = dark[k], service_prior + stays, stays
        count += 1
        if on_at == NEVER:
            continue
        for l in range(len(closed)):  # noqa: E741
            if back[k, l] >= 0 and closed[l] - tolerance <= on_at <= closed[l] + NEAR:
                brief = closed[l] - opened[k] <= dip_span
                again = odd_dip_prior if brief else service_prior + closing_prior
                state[count], weight[count], lead[count] = back[k, l], again + stays, stays
                count += 1
                break
    return count


@compiled
def choose(
    below: NDArray[np.int64],
    dark_of: NDArray[np.int64],
    service_prior: int,
    weights: NDArray[np.int32],
    state: NDArray[np.int64],
    weight: NDArray[np.int64],
    lead: NDArray[np.int64],
    count: int,
    feed: int,
) -> tuple[int, int, int]:
    """The best of a service's options under a feed, their sum (both without its lead), and which it is (or NESTED).

    `dark_of` gives the state of staying dark below a feed that is back, else -1.
    """
    best, total, pick = IMPOSSIBLE, IMPOSSIBLE, 0
    for option in range(count):
        value = weight[option] + weights[below[feed, state[option]]]
        if value > best:
            best, pick = value, option
        total = either(total, value - lead[option])
    if dark_of[feed] >= 0:
        value = service_prior + weights[dark_of[feed]]
        if value > best:
            best, pick = value, NESTED
        total = either(total, value)
    return best - (lead[pick] if pick != NESTED else 0), total, pick


@compiled
def _choose_under_all(
    below: NDArray[np.int64],
    dark_of: NDArray[np.int64],
    service_prior: int,
    weights: NDArray[np.int32],
    state: NDArray[np.int64],
    weight: NDArray[np.int64],
    lead: NDArray[np.int64],
    count: int,
    best: NDArray[np.int64],
    total: NDArray[np.int64],
) -> None:
    """Add the best of a service's options, and their sum, under every feed.

    Columns are handed over one by one: a tuple of many costs more at each call than the call itself.
    """
    for feed in range(len(weights)):
        top, both = IMPOSSIBLE, IMPOSSIBLE
        for option in range(count):
            value = weight[option] + weights[below[feed, state[option]]]
            top = max(top, value)
            both = either(both, value - lead[option]) if option > 0 else value
        if dark_of[feed] >= 0:
            value = service_prior + weights[dark_of[feed]]
            top = max(top, value)
            both = either(both, value)
        best[feed] += top
        total[feed] += both


@compiled
def dark_of_all(histories: Histories) -> NDArray[np.int64]:
    """[S] the state of staying dark below a feed that is back, -1 below others."""
    dark = np.full(len(histories.opening), -1, np.int64)
    for s in range(len(dark)):
        if histories.closing[s] >= 0:
            dark[s] = histories.dark[histories.opening[s]]
    return dark


class Weighed(NamedTuple):
    """What the points of a span weigh, S histories."""

    best: NDArray[np.int64]
    """[n devices, S] the best of the points that each device feeds."""
    total: NDArray[np.int64]
    """[n devices, S] and the sum of all that they may have done."""
    silence: NDArray[np.int64]
    """[K + 1 delivery classes, S] what a point weighs that has said nothing."""
    spoke: NDArray[np.int64]
    """[points of the span] row of `words`, -1 of a point that has said nothing."""
    words: NDArray[np.int32]
    """[points that spoke, S] what each weighs."""


@compiled
def _silent(histories: Histories, service_prior: int, silence: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
    """Best and sum for a silent point that shares its device: below a feed that is back it may have stayed dark."""
    best, total = silence.copy(), silence.copy()
    for s in range(silence.shape[1]):
        if histories.closing[s] >= 0:
            for row in range(len(silence)):
                nested = service_prior + silence[row, histories.dark[histories.opening[s]]]
                best[row, s] = max(silence[row, s], nested)
                total[row, s] = either(silence[row, s], nested)
    return best, total


@compiled
def weigh_points(  # noqa: C901, PLR0912 (one loop over all cases: calls cost more than they do)
    forest: Forest,
    owner: NDArray[np.int32],
    words: NDArray[np.int64],
    scores: Scores,
    span: Span,
    histories: Histories,
    moment: Moment,
    rates: Rates,
    service_of: NDArray[np.int64],
    alike: Alike,
) -> Weighed:
    """Weigh all points of a span by these rates; `alike` numbers their words.

    `service_of` gives by slot the opening moment of an outage that is a single service, else -1.
    """
    n, states = span.device_end - span.device, len(histories.opening)
    opened, closed, until = histories.opened, histories.closed, moment.until
    dark, back, closing, below = histories.dark, histories.back, histories.closing, histories.below
    first_point, point_start, direct_end, point_end = (
        span.point,
        forest.point_start,
        forest.direct_end,
        forest.point_end,
    )
    best, total = np.zeros((n, states), np.int64), np.zeros((n, states), np.int64)
    no_word = weigh_silence(histories, scores, moment, rates, span.now)
    rate = _log_rates(scores.rate, rates.gasp)
    out, on, both, noticed, whole = no_word.out, no_word.on, no_word.both, no_word.noticed, no_word.whole
    silent_best, silent_total = _silent(histories, scores.service_prior, both)
    dark_of, service_prior = dark_of_all(histories), scores.service_prior
    tolerance, return_relief = scores.clock_tolerance, scores.return_relief
    priors = service_prior, scores.closing_prior, scores.odd_dip_prior, scores.dip_span, scores.persistence
    gains, false_on, returned, late, stale = (
        scores.out,
        scores.false_on,
        scores.returned,
        scores.late_report,
        scores.stale_report,
    )
    returns, shots = moment.returns, moment.shots
    own_state, own_weight, own_lead = np.zeros((3, states + 1), np.int64)
    spoke, heads = alike.number, alike.head
    weights = np.zeros((len(heads), states), np.int32)
    own_best, own_total = np.zeros((len(heads), states), np.int64), np.zeros((len(heads), states), np.int64)
    for at in range(len(heads)):
        q, here = heads[at], weights[at]
        word = words[q]
        row, gain, doubt = word[ROW], 0, false_on
        if word[MASK] != 0:
            gain = weight_among(opened, moment.relief, moment.inferred, word, gains[word[MASK]], tolerance)
        if word[ON_AT] != NEVER and many_returned(closed, returns, word[ON_AT], tolerance):
            doubt += return_relief
        worth = gain, doubt, false_on, returned, late, stale, tolerance
        weigh_word(
            opened,
            moment.began,
            histories.until,
            shots,
            moment.source,
            dark,
            closing,
            closed,
            out,
            on,
            both,
            noticed,
            whole,
            rate,
            word,
            worth,
            here,
        )
        held = service_of[owner[first_point + q]] if owner[first_point + q] != NOBODY else -1
        count = own_options(
            opened, until, shots, closed, dark, back, word, worth, priors, held, own_state, own_weight, own_lead
        )
        _choose_under_all(
            below, dark_of, service_prior, here, own_state, own_weight, own_lead, count, own_best[at], own_total[at]
        )
    for i in range(n):
        d = span.device + i
        alone = point_end[d] - point_start[d] == 1
        for q in range(point_start[d] - first_point, direct_end[d] - first_point):
            row, at = words[q, ROW], spoke[q]
            if at < 0 and alone:
                for s in range(1, states):
                    best[i, s] += both[row, s]
                    total[i, s] += both[row, s]
            elif at < 0:
                for s in range(1, states):
                    best[i, s] += silent_best[row, s]
                    total[i, s] += silent_total[row, s]
            elif alone:
                for s in range(states):
                    best[i, s] += weights[at, s]
                    total[i, s] += weights[at, s]
            else:
                for s in range(states):
                    best[i, s] += own_best[at, s]
                    total[i, s] += own_total[at, s]
    return Weighed(best, total, both, spoke, weights)


@compiled
def _log_rates(rate: NDArray[np.int64], level: NDArray[np.int64]) -> NDArray[np.int64]:
    """[R + 1, K] what a rate takes from the weight of a gasp; the last row has none."""
    found = np.zeros(level.shape, np.int64)
    for row in range(len(level) - 1):
        for k in range(level.shape[1]):
            found[row, k] = rate[level[row, k]]
    return found


@compiled
def count_support(
    forest: Forest,
    words: NDArray[np.int64],
    span: Span,
    histories: Histories,
    until: NDArray[np.int64],
    alike: Alike,
    tolerance: int,
    support: Support,
) -> None:
    """Count into `support` where words give reason to ask."""
    opened, closed, out, on = histories.opened, histories.closed, support.out, support.on
    outs, ons = np.zeros((len(alike.head), len(opened)), np.int32), np.zeros((len(alike.head), len(closed)), np.int32)
    for number in range(len(alike.head)):
        _count(opened, until, closed, words[alike.head[number]], tolerance, outs, ons, number)
    spoke, start, direct_end = alike.number, forest.point_start, forest.direct_end
    for i in range(span.device_end - span.device):
        d = span.device + i
        for q in range(start[d] - span.point, direct_end[d] - span.point):
            if spoke[q] >= 0:
                for k in range(len(opened)):
                    out[i, k] += outs[spoke[q], k]
                for l in range(len(closed)):  # noqa: E741
                    on[i, l] += ons[spoke[q], l]
    _add_up(forest.parent, span.device, out)
    _add_up(forest.parent, span.device, on)


@compiled
def _add_up(parent: NDArray[np.int32], first: int, counts: NDArray[np.int32]) -> None:
    """Add to each device what stands at those below it."""
    for i in range(len(counts) - 1, -1, -1):
        above = parent[first + i] - first
        if above >= 0:
            for column in range(counts.shape[1]):
                counts[above, column] += counts[i, column]


@compiled
def _count(
    opened: NDArray[np.int64],
    until: NDArray[np.int64],
    closed: NDArray[np.int64],
    word: NDArray[np.int64],
    tolerance: int,
    out: NDArray[np.int32],
    on: NDArray[np.int32],
    i: int,
) -> None:
    """Where a word gives reason to ask."""
    mask, out_first, out_last, on_at = word[MASK], word[OUT_FIRST], word[OUT_LAST], word[ON_AT]
    if mask != 0:
        reach = WAVE if mask & METER_MASK != 0 else NEAR
        for k in range(len(opened)):
            at, last = opened[k], until[k] + reach
            if at - tolerance <= out_first <= last or at - tolerance <= out_last <= last:
                out[i, k] += 1
    if on_at != NEVER:
        for l in range(len(closed)):  # noqa: E741
            if closed[l] - tolerance <= on_at <= closed[l] + NEAR:
                on[i, l] += 1
