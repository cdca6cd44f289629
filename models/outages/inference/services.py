"""Usage points in a picture: what they weigh under each device, and which of them may be out on their own.

A point that shares its device with others is a leaf of the tree with options of its own: it kept its power, it lost it
alone, or (below a feed that is back) it stayed dark.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from models.columns.compiled import compiled
from models.outages.inference.knowledge import NEVER, NOBODY, Points
from models.outages.inference.reports import (
    NEAR,
    NO_FIT,
    WAVE,
    Moment,
    Word,
    fit,
    says_little,
    weigh_silence,
    weigh_word,
    word_of,
)
from models.outages.inference.tree import IMPOSSIBLE, NESTED, either
from models.outages.weights.scores import METER_MASK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.outages.inference.forest import Forest
    from models.outages.inference.histories import Histories
    from models.outages.inference.options import Support
    from models.outages.weights.scores import Scores


class Span(NamedTuple):
    """A part of the forest, evaluated at an instant."""

    device: int
    device_end: int
    point: int
    point_end: int
    now: int


@compiled
def _own_options(
    word: Word,
    histories: Histories,
    scores: Scores,
    moment: Moment,
    held: int,
    state: NDArray[np.int64],
    weight: NDArray[np.int64],
) -> int:
    """What a service may have done on its own; returns how many rows of `state` and `weight` are filled."""
    state[0], weight[0], count = 0, 0, 1
    for k in range(len(histories.opened)):
        opened = histories.opened[k]
        fits = NO_FIT
        if word.mask != 0:
            fits = fit(word, opened, moment.until[k], scores.clock_tolerance, scores.late_report, scores.stale_report)
        asked = fits not in (NO_FIT, scores.stale_report) and word.out_last <= moment.until[k] + WAVE
        if not asked and held != k:
            continue
        stays = scores.persistence if held == k else 0
        state[count], weight[count] = histories.dark[k], scores.service_prior + stays
        count += 1
        if word.on_at == NEVER:
            continue
        for l in range(len(histories.closed)):  # noqa: E741
            closed = histories.closed[l]
            if histories.back[k, l] >= 0 and closed - scores.clock_tolerance <= word.on_at <= closed + NEAR:
                brief = closed - opened <= scores.dip_span
                again = scores.odd_dip_prior if brief else scores.service_prior + scores.closing_prior
                state[count], weight[count] = histories.back[k, l], again + stays
                count += 1
                break
    return count


@compiled
def _choose(
    below: NDArray[np.int64],
    dark_of: NDArray[np.int64],
    service_prior: int,
    weights: NDArray[np.int64],
    state: NDArray[np.int64],
    weight: NDArray[np.int64],
    count: int,
    feed: int,
) -> tuple[int, int, int]:
    """The best of a service's options under a feed, their sum, and which it is (or NESTED).

    `dark_of` gives the state of staying dark below a feed that is back, else -1.
    """
    best, total, pick = IMPOSSIBLE, IMPOSSIBLE, 0
    for option in range(count):
        value = weight[option] + weights[below[feed, state[option]]]
        if value > best:
            best, pick = value, option
        total = either(total, value)
    if dark_of[feed] >= 0:
        value = service_prior + weights[dark_of[feed]]
        if value > best:
            best, pick = value, NESTED
        total = either(total, value)
    return best, total, pick


@compiled
def _choose_under_all(
    below: NDArray[np.int64],
    dark_of: NDArray[np.int64],
    service_prior: int,
    weights: NDArray[np.int64],
    state: NDArray[np.int64],
    weight: NDArray[np.int64],
    count: int,
    best: NDArray[np.int64],
    total: NDArray[np.int64],
) -> None:
    """Add the best of a service's options, and their sum, under every feed to the sums [S] of its device.

    Columns are handed over one by one: a tuple of many costs more at each call than the call itself.
    """
    for feed in range(len(weights)):
        one, both, _ = _choose(below, dark_of, service_prior, weights, state, weight, count, feed)
        best[feed] += one
        total[feed] += both


@compiled
def _dark_of(histories: Histories) -> NDArray[np.int64]:
    dark = np.full(len(histories.opening), -1, np.int64)
    for s in range(len(dark)):
        if histories.closing[s] >= 0:
            dark[s] = histories.dark[histories.opening[s]]
    return dark


@compiled
def weigh_points(  # noqa: C901, PLR0912 (one loop over all cases: calls cost more than they do)
    forest: Forest,
    points: Points,
    scores: Scores,
    span: Span,
    histories: Histories,
    moment: Moment,
    service_of: NDArray[np.int64],
    support: Support,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """[n devices, S] best and sum of what the points that each device feeds weigh; counts go into `support`.

    `service_of` gives by slot the opening moment of an outage that is a single service, else -1.
    """
    n, states = span.device_end - span.device, len(histories.opening)
    best, total = np.zeros((n, states), np.int64), np.zeros((n, states), np.int64)
    silence = weigh_silence(histories, scores, moment, span.now)
    silent_best, silent_total = silence.copy(), silence.copy()
    for s in range(states):
        if histories.closing[s] >= 0:
            for row in range(len(silence)):
                nested = scores.service_prior + silence[row, histories.dark[histories.opening[s]]]
                silent_best[row, s] = max(silence[row, s], nested)
                silent_total[row, s] = either(silence[row, s], nested)
    since = NEVER if len(histories.opened) == 0 else histories.opened.min() - scores.clock_tolerance
    weights, below, dark_of = np.zeros(states, np.int64), histories.below, _dark_of(histories)
    service_prior = scores.service_prior
    own_state, own_weight = np.zeros(states + 1, np.int64), np.zeros(states + 1, np.int64)
    for i in range(n):
        d = span.device + i
        alone = forest.point_end[d] - forest.point_start[d] == 1
        for p in range(forest.point_start[d], forest.direct_end[d]):
            word = word_of(points, scores, forest.delivery_class, p, span.now)
            if says_little(word, since):
                for s in range(1, states):
                    best[i, s] += silence[word.row, s] if alone else silent_best[word.row, s]
                    total[i, s] += silence[word.row, s] if alone else silent_total[word.row, s]
                continue
            weigh_word(histories, scores, moment, word, span.now, weights)
            _count(histories, scores, moment, word, support, i)
            if alone:
                for s in range(states):
                    best[i, s] += weights[s]
                    total[i, s] += weights[s]
                continue
            held = service_of[points.owner[p]] if points.owner[p] != NOBODY else -1
            count = _own_options(word, histories, scores, moment, held, own_state, own_weight)
            _choose_under_all(below, dark_of, service_prior, weights, own_state, own_weight, count, best[i], total[i])
    for i in range(n - 1, -1, -1):
        above = forest.parent[span.device + i] - span.device
        if above >= 0:
            for k in range(len(histories.opened)):
                support.out[above, k] += support.out[i, k]
            for l in range(len(histories.closed)):  # noqa: E741
                support.on[above, l] += support.on[i, l]
    return best, total


@compiled
def _count(histories: Histories, scores: Scores, moment: Moment, word: Word, support: Support, i: int) -> None:
    """Where a word gives reason to ask."""
    tolerance = scores.clock_tolerance
    if word.mask != 0:
        reach = WAVE if word.mask & METER_MASK != 0 else NEAR
        for k in range(len(histories.opened)):
            opened = histories.opened[k]
            last = moment.until[k] + reach
            if opened - tolerance <= word.out_first <= last or opened - tolerance <= word.out_last <= last:
                support.out[i, k] += 1
    if word.on_at != NEVER:
        for l in range(len(histories.closed)):  # noqa: E741
            closed = histories.closed[l]
            if closed - tolerance <= word.on_at <= closed + NEAR:
                support.on[i, l] += 1


@compiled
def settle_points(
    forest: Forest,
    points: Points,
    scores: Scores,
    span: Span,
    histories: Histories,
    moment: Moment,
    service_of: NDArray[np.int64],
    device_state: NDArray[np.int64],
    device_posterior: NDArray[np.int64],
    point_state: NDArray[np.int64],
    services: NDArray[np.int64],
) -> int:
    """Go down to the points: fill `point_state` (by point of the span), list services that did something on their own.

    A row of `services` is point, history of its own (or of staying dark), 1 if nested, log posterior; returns how many.
    """
    states, found = len(histories.opening), 0
    silence = weigh_silence(histories, scores, moment, span.now)
    since = NEVER if len(histories.opened) == 0 else histories.opened.min() - scores.clock_tolerance
    weights, below, dark_of = np.zeros(states, np.int64), histories.below, _dark_of(histories)
    service_prior = scores.service_prior
    own_state, own_weight = np.zeros(states + 1, np.int64), np.zeros(states + 1, np.int64)
    for i in range(span.device_end - span.device):
        d, feed = span.device + i, device_state[i]
        alone = forest.point_end[d] - forest.point_start[d] == 1
        for p in range(forest.point_start[d], forest.direct_end[d]):
            q = p - span.point
            point_state[q] = feed
            if alone:
                continue
            word = word_of(points, scores, forest.delivery_class, p, span.now)
            count = 1
            own_state[0], own_weight[0] = 0, 0
            if says_little(word, since):
                if histories.closing[feed] < 0:
                    continue
                weights[:] = silence[word.row]
            else:
                weigh_word(histories, scores, moment, word, span.now, weights)
                held = service_of[points.owner[p]] if points.owner[p] != NOBODY else -1
                count = _own_options(word, histories, scores, moment, held, own_state, own_weight)
            best, total, pick = _choose(below, dark_of, service_prior, weights, own_state, own_weight, count, feed)
            if pick == 0:
                continue
            own = histories.dark[histories.opening[feed]] if pick == NESTED else own_state[pick]
            point_state[q] = own if pick == NESTED else histories.below[feed, own]
            services[found, 0], services[found, 1] = p, own
            services[found, 2] = 1 if pick == NESTED else 0
            services[found, 3] = device_posterior[i] + min(0, best - total)
            found += 1
    return found
