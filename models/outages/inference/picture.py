"""The picture of a part of the network at an instant: what is open, what has closed again, who is dark.

Moments (`moments`) give the histories that there may be (`histories`); usage points weigh them (`services`), devices
have their options (`options`), and the tree finds the best of all (`tree`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from models.columns.compiled import compiled
from models.outages.delivery.memory import believed_of
from models.outages.delivery.rates import learn
from models.outages.inference.alike import number_words, steps_of
from models.outages.inference.facts import Claims, certain_slots, holds_of, named_of
from models.outages.inference.histories import Histories, histories_of
from models.outages.inference.knowledge import NEVER, NOBODY
from models.outages.inference.moments import collect
from models.outages.inference.options import options_of, support_of
from models.outages.inference.reports import Moment, relief_of_moments, rows_of, words_of
from models.outages.inference.services import count_support, weigh_points
from models.outages.inference.settling import settle_points
from models.outages.inference.tree import FED, NESTED, Options, alternatives_of, climb, descend
from models.outages.weights.scores import units_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from models.outages.delivery.memory import Memory
    from models.outages.inference.forest import Forest, Span
    from models.outages.inference.knowledge import Devices, Points
    from models.outages.inference.options import Quiet
    from models.outages.inference.reports import Alike, Rates
    from models.outages.inference.services import Weighed
    from models.outages.inference.tree import Choice, Values
    from models.outages.weights.scores import Scores

POWERED: Final = 0
DARK: Final = 1
BACK: Final = 2
CERTAIN: Final = units_of(0.999)
"""As good as certain: no alternatives are asked for, and news below what has just closed is not waited for."""


class Ground(NamedTuple):
    """What does not change from picture to picture."""

    forest: Forest
    points: Points
    devices: Devices
    scores: Scores
    telemetered: NDArray[np.bool_]
    quiet: Quiet
    memory: Memory


class Held(NamedTuple):
    """An open outage as the next picture has to know it."""

    device: int
    """Topmost device of its class, -1 of a single service."""
    point: int
    slot: int
    opened: int
    """Moment of its opening, ms."""
    source: int
    closed: int
    """Moment at which the last picture had it closed again, NEVER if it had not."""
    certain: bool
    """SCADA, a crew or an operator has confirmed it."""


class Finding(NamedTuple):
    """A device or service that the picture has open, or closed again."""

    device: int
    """The likeliest of its class; -1 of a single service."""
    point: int
    opened: int
    closed: int
    """NEVER while it is open."""
    nested: bool
    """Found by its silence below a feed that is back."""
    since: int
    """When it began to interrupt by itself: its opening, or when the feed of a nested one came back."""
    source: int
    posterior: int
    reports: int
    """Points below that say so."""
    alternatives: tuple[tuple[int, int], ...]
    """What may have opened in its place, (device, log probability), where that is not certain."""


DOUBTFUL: Final = len(Finding._fields) - 1
"""Column of `_findings`, behind those of a finding: its place among the devices, where alternatives are asked for."""


class Picture(NamedTuple):
    """What most probably is, given all that is known."""

    findings: list[Finding]
    state: NDArray[np.uint8]
    """By usage point of the span: POWERED, DARK or BACK."""
    lost_at: NDArray[np.int64]
    """When it lost power, of the points that are DARK or BACK."""
    back_at: NDArray[np.int64]
    fed: dict[int, int]
    """Devices below which power comes over a tie although the feed is dark, and since when."""
    size: int
    """Devices times histories: what it costs to draw."""


def draw_picture(
    ground: Ground, span: Span, held: Sequence[Held], spoken_of: Iterable[int], fed: Mapping[int, int]
) -> Picture:
    """Find the most probable picture of a span; `spoken_of` are its devices of which SCADA or a crew has spoken.

    `fed` are those that the picture before had fed over a tie.
    """
    claims = Claims(
        np.array(held, np.int64).reshape(-1, len(Held._fields)),
        np.array(sorted(spoken_of), np.int64),
        np.array(sorted(fed.items()), np.int64).reshape(-1, 2),
    )
    found, state, lost_at, back_at, ties, total, below_total, *tables = best_picture(*ground, span, claims)
    findings = [_finding(*row[:DOUBTFUL]) for row in found.tolist()]
    doubtful = np.flatnonzero(found[:, DOUBTFUL] >= 0)
    if len(doubtful):
        split = len(Histories._fields)
        histories, options = Histories(*tables[:split]), Options(*tables[split:])
        parent = ground.forest.parent[span.device : span.device_end].astype(np.int64) - span.device
        others = alternatives_of(histories, options, parent, below_total, total, found[doubtful, DOUBTFUL:].tolist())
        for at, alternatives in zip(doubtful.tolist(), others, strict=True):
            findings[at] = findings[at]._replace(alternatives=alternatives)
    return Picture(findings, state, lost_at, back_at, dict(ties.tolist()), total.size)


def _finding(
    device: int,
    point: int,
    opened: int,
    closed: int,
    nested: int,
    since: int,
    source: int,
    posterior: int,
    reports: int,
) -> Finding:
    return Finding(device, point, opened, closed, nested == 1, since, source, posterior, reports, ())


@compiled
def best_picture(
    forest: Forest,
    points: Points,
    devices: Devices,
    scores: Scores,
    telemetered: NDArray[np.bool_],
    quiet: Quiet,
    memory: Memory,
    span: Span,
    claims: Claims,
) -> tuple[NDArray[Any], ...]:
    """Weigh all pictures and take the best: findings (`_findings`), points, ties, and what weighed how much.

    All in one call: each call from Python costs as much as a pass over a feeder.
    """
    zone, delivery_row, reach = 0 + forest.device_zone[span.device], forest.delivery_row, (span.point, span.point_end)
    zone_rows = forest.zone_row_start[zone], forest.zone_row_start[zone + 1]
    rates_of, place = rows_of(points, delivery_row, zone_rows, reach)
    owner = points.owner[span.point : span.point_end]
    sure = certain_slots(claims, owner)
    words = words_of(points, zone_rows[0], place, len(rates_of), scores.forget, delivery_row, reach, sure, span.now)
    named = named_of(forest, devices, claims)
    moments = collect(points, words, scores, span, named)
    tolerance, opened, until = scores.clock_tolerance, moments.opened, moments.until
    histories = histories_of(opened, moments.told, until, moments.shots, moments.closed, moments.only_after, tolerance)
    holds = holds_of(forest, devices, scores, quiet.opened, span, opened, moments.closed, claims, len(sure))
    since = NEVER if len(opened) == 0 else opened[0] - tolerance
    alike = number_words(words, since, owner, holds.services, steps_of(histories, until, moments.shots, tolerance))
    relief, inferred = relief_of_moments(scores, words, alike, len(rates_of) + 1, opened, until, span.now)
    moment = Moment(
        moments.reports, moments.returns, moments.began, until, moments.source, moments.shots, relief, inferred
    )
    prior = quiet.opened[span.device : span.device_end]
    known = believed_of(memory, scores, forest, zone, rates_of)
    starts, excess = learn(
        forest,
        points,
        words,
        alike,
        scores,
        span,
        moments,
        relief,
        (holds.opening_of, holds.closing_of, holds.told_of, holds.prior),
        holds.named,
        prior,
        known.gasps,
        known.returns,
        known.steady,
    )
    support = support_of(forest, span, moments, claims, named.crews)
    count_support(forest, words, span, histories, until, alike, tolerance, support)
    here, only_after, source = (span.device, span.device_end), moments.only_after, moments.source
    options = options_of(
        forest, devices, scores, telemetered, quiet, here, histories, only_after, source, support, span.now
    )
    parent = forest.parent[span.device : span.device_end].astype(np.int64) - span.device
    weighed, values = _best_of(
        forest,
        points.owner,
        words,
        scores,
        span,
        histories,
        moment,
        starts,
        excess,
        holds.services,
        alike,
        options,
        parent,
    )
    choice = descend(histories, options, parent, weighed.total, values.total)
    states, rows = np.zeros(len(owner), np.int64), np.zeros((len(owner), 4), np.int64)
    count = settle_points(
        forest,
        points.owner,
        words,
        scores,
        span,
        histories,
        moment,
        weighed,
        holds.services,
        choice.state,
        choice.posterior,
        states,
        rows,
    )
    found = _findings(forest, points.mask, span, moments.source, histories, options, support.out, choice, rows[:count])
    state, lost_at, back_at = _of_points(histories, states)
    ties = _ties(span.device, histories.closed, choice.option)
    h, o = histories, options  # as they are, since Python would have to make their classes anew
    tables = h.opened, h.closed, h.opening, h.closing, h.dark, h.back, h.until, h.below
    of_options = o.first, o.history, o.weight, o.lead, o.member, o.nested, o.nested_member, o.fed, o.feeds
    return found, state, lost_at, back_at, ties, values.total, weighed.total, *tables, *of_options


@compiled
def _best_of(
    forest: Forest,
    owner: NDArray[np.int32],
    words: NDArray[np.int64],
    scores: Scores,
    span: Span,
    histories: Histories,
    moment: Moment,
    starts: tuple[Rates, Rates, Rates, Rates, Rates],
    excess: NDArray[np.int64],
    services: NDArray[np.int64],
    alike: Alike,
    options: Options,
    parent: NDArray[np.int64],
) -> tuple[Weighed, Values]:
    """Weigh all pictures with each of these rates, and take the rates by which the best picture weighs most."""
    weighed = weigh_points(forest, owner, words, scores, span, histories, moment, starts[0], services, alike)
    values = climb(histories, options, parent, weighed.best, weighed.total)
    most = _at_roots(values.best, parent) - excess[0]
    for start in range(1, len(starts)):
        tried = False
        for one in range(start):
            same = np.array_equal(starts[start].gasp, starts[one].gasp)
            tried = tried or (same and np.array_equal(starts[start].back, starts[one].back))
        if tried:
            continue
        again = weigh_points(forest, owner, words, scores, span, histories, moment, starts[start], services, alike)
        drawn = climb(histories, options, parent, again.best, again.total)
        weight = _at_roots(drawn.best, parent) - excess[start]
        if weight > most:
            most, weighed, values = weight, again, drawn
    return weighed, values


@compiled
def _at_roots(best: NDArray[np.int64], parent: NDArray[np.int64]) -> int:
    weight = 0
    for i in range(len(parent)):
        if parent[i] < 0:
            weight += best[i, 0]
    return weight


@compiled
def _findings(
    forest: Forest,
    mask: NDArray[np.uint8],
    span: Span,
    source: NDArray[np.uint8],
    histories: Histories,
    options: Options,
    out: NDArray[np.int32],
    choice: Choice,
    services: NDArray[np.int64],
) -> NDArray[np.int64]:
    """[findings, fields of `Finding` up to its reports, place among the devices or -1, history].

    The last two of what is not certain, -1 of the others: for these others are asked for.
    """
    found, count = np.full((len(choice.option) + len(services), DOUBTFUL + 2), -1, np.int64), 0
    for i in range(len(choice.option)):
        option, feed = choice.option[i], choice.feed[i]
        if option != NESTED and (option < 0 or options.history[option] == 0):
            continue
        nested = option == NESTED
        history = histories.dark[histories.opening[feed]] if nested else options.history[option]
        row = found[count]
        row[0], row[1] = options.nested_member[i] if nested else options.member[option], NOBODY
        _fill(histories, source, history, feed, nested, row)
        row[7], row[8] = choice.posterior[i], out[i, histories.opening[history]]
        if row[7] < CERTAIN and row[4] == 0:
            row[DOUBTFUL], row[DOUBTFUL + 1] = i, history
        count += 1
    for at in range(len(services)):
        row, p = found[count], services[at, 0]
        row[0], row[1] = NOBODY, p
        feed = choice.state[forest.point_device[p] - span.device]
        _fill(histories, source, services[at, 1], feed, services[at, 2] == 1, row)
        row[7], row[8] = services[at, 3], mask[p] != 0
        count += 1
    return found[:count]


@compiled
def _fill(
    histories: Histories, source: NDArray[np.uint8], history: int, feed: int, nested: bool, row: NDArray[np.int64]
) -> None:
    """When it opened and closed, whether it was found by its silence, since when, and who tells of it."""
    k, last, again = histories.opening[history], histories.closing[history], histories.closing[feed]
    nested = nested or (last < 0 and again >= 0 and histories.opening[feed] == k)
    row[2], row[3] = histories.opened[k], NEVER if last < 0 else histories.closed[last]
    row[4], row[5] = nested, histories.closed[again] if nested else histories.opened[k]
    row[6] = source[k]


@compiled
def _ties(first: int, closed: NDArray[np.int64], option: NDArray[np.int64]) -> NDArray[np.int64]:
    """[ties, 2] devices below which power comes over a tie, and since when."""
    fed = np.flatnonzero(option <= FED)
    ties = np.empty((len(fed), 2), np.int64)
    for at in range(len(fed)):
        ties[at, 0], ties[at, 1] = first + fed[at], closed[FED - option[fed[at]]]
    return ties


@compiled
def _of_points(
    histories: Histories, states: NDArray[np.int64]
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    """Turn the history of each point into what it is now, since when, and when it came back."""
    state = np.zeros(len(states), np.uint8)
    lost_at, back_at = np.full(len(states), NEVER, np.int64), np.full(len(states), NEVER, np.int64)
    for q in range(len(states)):
        k, last = histories.opening[states[q]], histories.closing[states[q]]
        if k >= 0:
            state[q], lost_at[q] = DARK, histories.opened[k]
        if last >= 0:
            state[q], back_at[q] = BACK, histories.closed[last]
    return state, lost_at, back_at
