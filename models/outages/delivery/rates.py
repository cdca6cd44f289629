"""How many of the messages arrive, by collector and moment: what is known of a collector, corrected by this event.

Loss comes by whole collectors, so silence must not be weighed point by point at one rate: a silent collector is one
fact. For each opening moment the points that are dark since then are counted by collector, those that spoke and all
that could have; the rate is their share, with what the collector did before as so many further points (a Beta prior).
Who is dark is what the outages hold by now. Of a moment that nobody explains yet it is what lies below the device that
would explain it best alone, with the rates integrated out (beta-binomial), so that learning need not begin with its
own picture.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from models.columns.compiled import compiled
from models.outages.delivery.counting import IN_TIME, count_gasps, count_returns, ended_by_most, fits_of
from models.outages.inference.knowledge import NEVER, Points
from models.outages.inference.reports import (
    DARK_SINCE,
    DARK_UNTIL,
    GASP,
    METERS,
    NEAR,
    ROW,
    Rates,
)
from models.outages.weights.scores import UNITS_PER_NAT, WHOLE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.outages.inference.forest import Forest, Span
    from models.outages.inference.moments import Moments
    from models.outages.inference.reports import Alike
    from models.outages.weights.scores import Scores

FEWEST: Final = 3
"""Reports of a moment that are worth a search for the device that explains them alone."""
FRESH: Final = 300_000
"""A moment that is older (ms) is explained by what was found."""
PART: Final = 16
"""Counts in the table of factorials are in sixteenths."""
ROWS: Final = 1 << 16
COARSE: Final = 64
"""Counts of more than `ROWS` stand in a table of every so many, straight between them: a unit or two off."""


def _log_gamma(step: int) -> NDArray[np.int64]:
    """Log of the gamma function of x / PART for every so manyth x, in units."""
    values = [0.0, *(math.lgamma(row * step / PART) for row in range(1, ROWS))]
    return np.rint(np.array(values) * UNITS_PER_NAT).astype(np.int64)


LOG_GAMMA: Final = _log_gamma(1)
OF_MANY: Final = _log_gamma(COARSE)


@compiled
def _gamma(x: int) -> int:
    if x < ROWS:
        return LOG_GAMMA[max(x, 1)]
    row = min(x // COARSE, ROWS - 2)
    return OF_MANY[row] + (OF_MANY[row + 1] - OF_MANY[row]) * (x - row * COARSE) // COARSE


@compiled
def beta_binomial(heard: int, asked: int, mean: int, weight: int) -> int:
    """Log of the chance that just these points of a collector speak, its rate being unknown.

    It was `mean` (1/1024) before, which is worth `weight` points: how little it varies between events.
    """
    a = max(1, weight * PART * mean // WHOLE)
    b = max(1, weight * PART - a)
    return (
        _gamma(a + heard * PART)
        + _gamma(b + (asked - heard) * PART)
        - _gamma(a + b + asked * PART)
        - _gamma(a)
        - _gamma(b)
        + _gamma(a + b)
    )


@compiled
def means(
    prior: NDArray[np.int64],
    row_class: NDArray[np.int16],
    heard: NDArray[np.int64],
    asked: NDArray[np.int64],
    weight: int,
) -> NDArray[np.int64]:
    """[R] the rate of each row in 1/1024: what was given for it counts as much as `weight` messages."""
    found = np.zeros(len(row_class), np.int64)
    for row in range(len(row_class)):
        found[row] = (prior[row_class[row]] * weight + heard[row]) * WHOLE // (weight * WHOLE + asked[row])
    return found


@compiled
def count_alone(  # noqa: C901, PLR0912 (one loop over all cases: calls cost more than they do)
    forest: Forest,
    words: NDArray[np.int64],
    spoke: NDArray[np.int64],
    fits: NDArray[np.int8],
    span: Span,
    k: int,
    began: int,
    here: int,
    gain: NDArray[np.int64],
    prior: NDArray[np.int64],
    named: NDArray[np.int64],
    trust: int,
    mean: NDArray[np.int64],
    steady: int,
    gasps: NDArray[np.int64],
) -> int:
    """Count for a moment as if the device that explains it best alone had opened; returns what that weighs.

    `here` is the share (1/1024) of the gasps that could be here by now.
    """
    n, rows = span.device_end - span.device, len(mean)
    heard, asked = np.zeros((n, rows + 1), np.int32), np.zeros((n, rows + 1), np.int32)
    parent, class_of, start, direct_end = forest.parent, forest.class_of, forest.point_start, forest.direct_end
    for i in range(n):
        d = span.device + i
        for q in range(start[d] - span.point, direct_end[d] - span.point):
            row, dark_since = words[q, ROW], words[q, DARK_SINCE]
            if dark_since != NEVER and dark_since < began - NEAR and began < words[q, DARK_UNTIL]:
                continue
            asked[i, row] += 1
            heard[i, row] += spoke[q] >= 0 and fits[spoke[q], k] == IN_TIME
    for i in range(n - 1, -1, -1):
        above = parent[span.device + i] - span.device
        if above >= 0:
            for row in range(rows + 1):
                heard[above, row] += heard[i, row]
                asked[above, row] += asked[i, row]
    best, chosen = -(1 << 60), -1
    for i in range(n):
        d = span.device + i
        spoke = heard[i].sum()
        if class_of[d] != d or (spoke < 2 and named[i] != k):
            continue
        weight = prior[i] + heard[i, rows] * gain[rows] + (trust if named[i] == k else 0)
        for row in range(rows):
            if asked[i, row] > 0:
                weight += heard[i, row] * gain[row]
                could = max(heard[i, row], asked[i, row] * here // WHOLE)
                weight += beta_binomial(heard[i, row], could, mean[row], steady)
        if weight > best:
            best, chosen = weight, i
    if chosen >= 0:
        for row in range(rows):
            gasps[row, k, 0] = heard[chosen, row]
            gasps[row, k, 1] = asked[chosen, row]
    return best


@compiled
def _weigh_held(
    gasps: NDArray[np.int64], k: int, here: int, gain: NDArray[np.int64], mean: NDArray[np.int64], steady: int
) -> int:
    weight = 0
    for row in range(len(mean)):
        heard = gasps[row, k, 0]
        could = max(heard, gasps[row, k, 1] * here // WHOLE)
        weight += heard * gain[row] + (beta_binomial(heard, could, mean[row], steady) if could > 0 else 0)
    return weight


@compiled
def _level_of(scores: Scores, counts: NDArray[np.int64], here: int, mean: int, weight: int) -> int:
    heard, could = counts[0], max(counts[0], counts[1] * here // WHOLE)
    return scores.level_of[(weight * mean + heard * WHOLE) // (weight + could)]


@compiled
def _excess(scores: Scores, counts: NDArray[np.int64], here: int, level: int, mean: int, weight: int) -> int:
    """How much more a rate that was fitted to the counts explains than all rates together, weighed by their chance."""
    heard, could = counts[0], max(counts[0], counts[1] * here // WHOLE)
    fitted = heard * scores.rate[level] + (could - heard) * scores.silent[level, scores.silent.shape[1] - 1]
    return fitted - beta_binomial(heard, could, mean, weight)


@compiled
def learn(
    forest: Forest,
    points: Points,
    words: NDArray[np.int64],
    alike: Alike,
    scores: Scores,
    span: Span,
    moments: Moments,
    relief: NDArray[np.int64],
    holds: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    named: NDArray[np.int64],
    prior: NDArray[np.int64],
    mean: NDArray[np.int64],
    mean_back: NDArray[np.int64],
    steady: tuple[int, int],
) -> tuple[tuple[Rates, Rates, Rates, Rates, Rates], NDArray[np.int64]]:
    """Estimate the rates of a picture's moments in five ways, each a start from which a picture may be drawn.

    From who is held; from who would be below the device that explains most alone; as they were known before; from who
    is held, but for the closing whose returns fit worst to what was known: it may be none; and as if what SCADA says
    has closed had done so. With each comes what it has to explain more, since it was chosen to fit.

    `holds` are, by slot, the opening and the closing moment of outages and the closing that SCADA tells of where they
    have none, and by moment the priors of those that hold it;
    `named` [n] is the moment at which SCADA or a crew has a device open, -1 none; `prior` [n] is what an opening of
    each device weighs, `mean` [R] what is known of the collectors, and `steady` what that is worth.
    """
    opening_of, closing_of, told_of, held_prior = holds
    rows, silent = len(mean), len(scores.silent) - 1
    gasps = np.zeros((rows + 1, len(moments.opened), 2), np.int64)
    returns = np.zeros((rows + 1, len(moments.closed), 2), np.int64)
    gasp, bold, before = np.full((3, rows + 1, len(moments.opened)), silent, np.int64)
    excess = np.zeros(5, np.int64)
    tolerance, until, opened = scores.clock_tolerance, moments.until, moments.opened
    spoke, fits = alike.number, fits_of(words, alike.head, opened, until, moments.shots, tolerance)
    count_gasps(points, words, spoke, span.point, fits, moments.began, opening_of, gasps)
    held, longest = (opening_of, closing_of), scores.dip_steps[-1]
    count_returns(forest, points, words, span, moments, spoke, fits, longest, tolerance, held, False, returns)
    trust = scores.scada_good
    for k in range(len(opened)):
        known = (named == k).any()
        if not known and moments.reports[k] < FEWEST:
            gasps[:, k] = 0  # too few to learn from
        here = scores.heard[np.searchsorted(scores.steps, span.now - until[k], side="right")]
        gain = scores.out[GASP] - relief[:, k]
        other = gasps
        fresh = moments.source[k] == METERS and span.now - opened[k] < FRESH
        if fresh and (known or moments.reports[k] >= FEWEST):
            alone = gasps.copy()
            best = count_alone(
                forest,
                words,
                spoke,
                fits,
                span,
                k,
                moments.began[k],
                here,
                gain,
                prior,
                named,
                trust,
                mean,
                steady[0],
                alone,
            )
            if best > held_prior[k] + _weigh_held(gasps, k, here, gain, mean, steady[0]):
                other = alone
        for row in range(rows):
            gasp[row, k] = _level_of(scores, gasps[row, k], here, mean[row], steady[0])
            bold[row, k] = _level_of(scores, other[row, k], here, mean[row], steady[0])
            before[row, k] = scores.level_of[mean[row]] if fresh and not known else gasp[row, k]
            if gasp[row, k] != bold[row, k] or gasp[row, k] != before[row, k]:
                excess[0] += _excess(scores, gasps[row, k], here, gasp[row, k], mean[row], steady[0])
                excess[1] += _excess(scores, other[row, k], here, bold[row, k], mean[row], steady[0])
                if before[row, k] == gasp[row, k]:
                    excess[2] += _excess(scores, gasps[row, k], here, gasp[row, k], mean[row], steady[0])
    back, doubted, more, most = _fit_returns(scores, returns, moments.closed, mean_back, steady[1], span.now)
    told, told_more = back, more
    ended = ended_by_most(points, words, span.point, moments, tolerance, held, told_of, FEWEST)
    if (ended >= 0).any():
        as_told = (opening_of, ended)
        count_returns(forest, points, words, span, moments, spoke, fits, longest, tolerance, as_told, True, returns)
        told, _, told_more, _ = _fit_returns(scores, returns, moments.closed, mean_back, steady[1], span.now)
    excess[3] = excess[0] + more - most
    excess[4] = excess[0] + told_more
    excess[:3] += more
    return (Rates(gasp, back), Rates(bold, back), Rates(before, back), Rates(gasp, doubted), Rates(gasp, told)), excess


@compiled
def _fit_returns(
    scores: Scores,
    returns: NDArray[np.int64],
    closed: NDArray[np.int64],
    mean: NDArray[np.int64],
    steady: int,
    now: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], int, int]:
    """Fit the rates of returns; the same, but as before for the closing whose fit has most to explain.

    Gives as well how much more all fits have to explain, and that one.
    """
    rows, before = len(mean), scores.level_of[mean]
    back = np.full((rows + 1, len(closed)), len(scores.silent) - 1, np.int64)
    worst, most, total = -1, 0, 0
    for l in range(len(closed)):  # noqa: E741
        here, more = scores.heard_back[np.searchsorted(scores.return_steps, now - closed[l], side="right")], 0
        for row in range(rows):
            back[row, l] = _level_of(scores, returns[row, l], here, mean[row], steady)
            if returns[row, l, 1] > 0 and back[row, l] != before[row]:
                more += _excess(scores, returns[row, l], here, back[row, l], mean[row], steady)
        total += more
        if more > most:
            worst, most = l, more
    doubted = back.copy()
    if worst >= 0:
        doubted[:rows, worst] = before
    return back, doubted, total, most
