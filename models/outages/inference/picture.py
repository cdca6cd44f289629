"""The picture of a part of the network at an instant: what is open, what has closed again, who is dark.

Moments (`moments`) give the histories that there may be (`histories`); usage points weigh them (`services`), devices
have their options (`options`), and the tree finds the best of all (`tree`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from models.outages.delivery.memory import believed
from models.outages.delivery.rates import learn
from models.outages.inference.alike import number_words, steps_of
from models.outages.inference.histories import histories_of
from models.outages.inference.knowledge import CLOSED, NEVER, NOBODY
from models.outages.inference.moments import Moments, Named, collect
from models.outages.inference.options import Support, options_of
from models.outages.inference.reports import CREW, METERS, Moment, relief_of_moments, rows_of, words_of
from models.outages.inference.services import count_support, weigh_points
from models.outages.inference.settling import settle_points
from models.outages.inference.tree import FED, NESTED, alternatives_of, climb, descend
from models.outages.weights.scores import units_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from models.outages.delivery.memory import Memory
    from models.outages.inference.forest import Forest, Span
    from models.outages.inference.histories import Histories
    from models.outages.inference.knowledge import Devices, Points
    from models.outages.inference.options import Quiet
    from models.outages.inference.reports import Rates
    from models.outages.inference.services import Weighed
    from models.outages.inference.tree import Options, Values
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
    ground: Ground, span: Span, held: Sequence[Held], spoken_of: Sequence[int], fed: Mapping[int, int]
) -> Picture:
    """Find the most probable picture of a span; `spoken_of` are its devices of which SCADA or a crew has spoken.

    `fed` are those that the picture before had fed over a tie.
    """
    named, crews = _named(ground, held, sorted(spoken_of), fed)
    scores = ground.scores
    zone = int(ground.forest.device_zone[span.device])
    first_row, last_row = int(ground.forest.zone_row_start[zone]), int(ground.forest.zone_row_start[zone + 1])
    reach, delivery_row = (span.point, span.point_end), ground.forest.delivery_row
    rates_of, place = rows_of(ground.points, delivery_row, (first_row, last_row), reach)
    words = words_of(ground.points, first_row, place, len(rates_of), scores.forget, delivery_row, reach, span.now)
    moments = collect(ground.points, words, scores, span, named)
    histories = histories_of(
        moments.opened,
        moments.told,
        moments.until,
        moments.shots,
        moments.closed,
        moments.only_after,
        ground.scores.clock_tolerance,
    )
    relief, inferred = relief_of_moments(scores, words, len(rates_of) + 1, moments.opened, moments.until, span.now)
    moment = Moment(moments.reports, moments.returns, moments.until, moments.source, moments.shots, relief, inferred)
    support = _support(span, held, moments, crews, fed)
    for device in spoken_of:
        support.spoken_of[int(ground.forest.class_of[device]) - span.device] = 1
    slots = 1 + max([int(ground.points.owner[span.point : span.point_end].max()), *(one.slot for one in held)])
    services = np.full(slots, -1, np.int64)
    for one in held:
        if one.device < 0:
            services[one.slot] = _nearest(moments.opened, one.opened)
    parent = ground.forest.parent[span.device : span.device_end].astype(np.int64) - span.device
    starts, excess = _rates(ground, span, words, moments, relief, held, spoken_of, slots, rates_of)
    since = NEVER if len(moments.opened) == 0 else int(moments.opened.min()) - scores.clock_tolerance
    steps = steps_of(histories, moment, scores.clock_tolerance)
    owner = ground.points.owner[span.point : span.point_end]
    numbered = number_words(words, since, owner, services, steps)
    count_support(ground.forest, words, span, histories, moment.until, numbered[0], scores.clock_tolerance, support)
    scene = _Scene(ground, span, words, histories, moment, services, parent, numbered)
    options = options_of(
        ground.forest,
        ground.devices,
        scores,
        ground.telemetered,
        ground.quiet,
        (span.device, span.device_end),
        histories,
        moments.only_after,
        support,
        span.now,
    )
    weighed, values = _best_of(scene, starts, excess, options)
    choice = descend(histories, options, parent, weighed.total, values)
    size = span.point_end - span.point
    states, rows = np.zeros(size, np.int64), np.zeros((size, 4), np.int64)
    count = settle_points(
        ground.forest,
        ground.points.owner,
        words,
        scores,
        span,
        histories,
        moment,
        weighed,
        services,
        choice.state,
        choice.posterior,
        states,
        rows,
    )
    findings = []
    own = (choice.option == NESTED) | ((choice.option >= 0) & (options.history[np.maximum(choice.option, 0)] > 0))
    for i in np.flatnonzero(own).tolist():
        option, feed = int(choice.option[i]), int(choice.feed[i])
        nested = option == NESTED
        history = int(histories.dark[histories.opening[feed]]) if nested else int(options.history[option])
        member = int(options.nested_member[i] if nested else options.member[option])
        k = int(histories.opening[history])
        findings.append(
            _finding(histories, moments, history, feed, nested=nested, device=member, point=NOBODY)._replace(
                posterior=int(choice.posterior[i]), reports=int(support.out[i, k])
            )
        )
    doubtful = [at for at, one in enumerate(findings) if one.posterior < CERTAIN and not one.nested]
    if doubtful:
        places = np.flatnonzero(own)[doubtful].tolist()
        asked = [(i, int(options.history[choice.option[i]])) for i in places]
        others = alternatives_of(histories, options, parent, weighed.total, values, asked)
        for at, alternatives in zip(doubtful, others, strict=True):
            findings[at] = findings[at]._replace(alternatives=alternatives)
    for p, history, nested_row, posterior in rows[:count].tolist():
        feed = int(choice.state[ground.forest.point_device[p] - span.device])
        findings.append(
            _finding(histories, moments, history, feed, nested=bool(nested_row), device=NOBODY, point=p)._replace(
                posterior=posterior, reports=int(ground.points.mask[p] != 0)
            )
        )
    over_ties = {
        span.device + i: int(histories.closed[FED - int(choice.option[i])])
        for i in np.flatnonzero(choice.option <= FED).tolist()
    }
    return Picture(findings, *_of_points(histories, states), over_ties, len(parent) * len(histories.opening))


class _Scene(NamedTuple):
    ground: Ground
    span: Span
    words: NDArray[np.int64]
    histories: Histories
    moment: Moment
    services: NDArray[np.int64]
    parent: NDArray[np.int64]
    numbered: tuple[NDArray[np.int64], NDArray[np.int64]]


def _best_of(
    scene: _Scene, starts: tuple[Rates, ...], excess: NDArray[np.int64], options: Options
) -> tuple[Weighed, Values]:
    """Weigh all pictures with each of these rates, and take the rates by which the best picture weighs most."""
    drawn: list[tuple[int, tuple[Weighed, Values]]] = []
    tried: list[Rates] = []
    for rates, more in zip(starts, excess.tolist(), strict=True):
        if not any(np.array_equal(rates.gasp, one.gasp) for one in tried):
            tried.append(rates)
            weighed = _weigh(scene, rates)
            values = climb(scene.histories, options, scene.parent, weighed.best, weighed.total)
            drawn.append((int(values.best[scene.parent < 0, 0].sum()) - more, (weighed, values)))
    return max(drawn, key=lambda one: one[0])[1]


def _weigh(scene: _Scene, rates: Rates) -> Weighed:
    """Weigh the points of a picture by these rates."""
    return weigh_points(
        scene.ground.forest,
        scene.ground.points.owner,
        scene.words,
        scene.ground.scores,
        scene.span,
        scene.histories,
        scene.moment,
        rates,
        scene.services,
        scene.numbered,
    )


def _finding(
    histories: Histories, moments: Moments, history: int, feed: int, *, nested: bool, device: int, point: int
) -> Finding:
    k, last = int(histories.opening[history]), int(histories.closing[history])
    opened = int(histories.opened[k])
    again = int(histories.closing[feed])
    nested = nested or (last < 0 and again >= 0 and int(histories.opening[feed]) == k)
    since = int(histories.closed[again]) if nested else opened
    closed = NEVER if last < 0 else int(histories.closed[last])
    return Finding(device, point, opened, closed, nested, since, int(moments.source[k]), 0, 0, ())


def _of_points(
    histories: Histories, states: NDArray[np.int64]
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    k, last = histories.opening[states], histories.closing[states]
    opened = np.append(histories.opened, NEVER)
    closed = np.append(histories.closed, NEVER)
    state = np.where(k < 0, POWERED, np.where(last < 0, DARK, BACK)).astype(np.uint8)
    return state, opened[k], closed[last]


def _rates(
    ground: Ground,
    span: Span,
    words: NDArray[np.int64],
    moments: Moments,
    relief: NDArray[np.int64],
    held: Sequence[Held],
    spoken_of: Sequence[int],
    slots: int,
    rates_of: NDArray[np.int64],
) -> tuple[tuple[Rates, ...], NDArray[np.int64]]:
    scores = ground.scores
    opening_of, closing_of = np.full(slots, -1, np.int64), np.full(slots, -1, np.int64)
    held_prior = np.zeros(len(moments.opened), np.int64)
    named = _named_open(ground, span, held, spoken_of, moments)
    prior = ground.quiet.opened[span.device : span.device_end]
    for one in held:
        k = opening_of[one.slot] = _nearest(moments.opened, one.opened)
        if one.closed != NEVER:
            closing_of[one.slot] = _nearest(moments.closed, one.closed)
        held_prior[k] += prior[one.device - span.device] if one.device >= 0 else scores.service_prior
        held_prior[k] += scores.scada_good if one.device >= 0 and named[one.device - span.device] == k else 0
    known = believed(ground.memory, scores, ground.forest, int(ground.forest.device_zone[span.device]), rates_of)
    return learn(
        ground.forest,
        ground.points,
        words,
        scores,
        span,
        moments,
        relief,
        (opening_of, closing_of, held_prior),
        named,
        prior,
        *known,
    )


def _named_open(
    ground: Ground, span: Span, held: Sequence[Held], spoken_of: Sequence[int], moments: Moments
) -> NDArray[np.int64]:
    """By device of the span, the moment at which SCADA or a crew has its class open, -1 none."""
    devices, class_of = ground.devices, ground.forest.class_of
    named = np.full(span.device_end - span.device, -1, np.int64)
    opened = {one.device: one.opened for one in held if one.device >= 0}
    for d in spoken_of:
        top = int(class_of[d])
        if int(devices.open_first[d]) > int(devices.settled_at[d]):
            named[top - span.device] = _nearest(moments.opened, int(devices.open_first[d]))
        elif devices.crew_open_at[d] != NEVER and top in opened:
            named[top - span.device] = _nearest(moments.opened, opened[top])
    return named


def _named(
    ground: Ground, held: Sequence[Held], spoken_of: Sequence[int], fed: Mapping[int, int]
) -> tuple[Named, list[tuple[int, int]]]:
    """Moments that SCADA, crews and outages name; and (moment, device) of what crews have found that nobody holds."""
    devices = ground.devices
    named, crews = Named([], [], {}, [], sorted(fed.values())), []
    holders = {one.device for one in held}
    for d in spoken_of:
        settled = int(devices.settled_at[d])
        if (at := int(devices.open_first[d])) > settled:
            named.opened.append((at, METERS))
            named.telemetered[at] = max(at, int(devices.open_last[d]), named.telemetered.get(at, at))
        if devices.position[d] == CLOSED and (at := int(devices.position_at[d])) > settled:
            named.closed.append(at)
    for d in spoken_of:
        if (at := int(devices.crew_open_at[d])) != NEVER and int(ground.forest.class_of[d]) not in holders:
            crews.append((at, int(ground.forest.class_of[d])))
        if (at := int(devices.crew_done_at[d])) != NEVER and int(ground.forest.class_of[d]) in holders:
            named.closed.append(at)
    named.held.extend(sorted((one.opened, one.source) for one in held))
    named.held_closed.extend(one.closed for one in held if one.closed != NEVER)
    named.held.extend((at, CREW) for at, _ in crews)
    return named, crews


def _support(
    span: Span,
    held: Sequence[Held],
    moments: Moments,
    crews: Sequence[tuple[int, int]],
    fed: Mapping[int, int],
) -> Support:
    n = span.device_end - span.device
    support = Support(
        np.zeros((n, len(moments.opened)), np.int32),
        np.zeros((n, len(moments.closed)), np.int32),
        np.full(n, -1, np.int64),
        np.full(n, -1, np.int64),
        np.zeros(n, np.uint8),
        np.full(n, -1, np.int64),
        np.full(n, -1, np.int64),
    )
    for device, since in fed.items():
        support.fed[device - span.device] = _nearest(moments.closed, since)
    for one in held:
        if one.device >= 0:
            support.held[one.device - span.device] = _nearest(moments.opened, one.opened)
            if one.closed != NEVER:
                support.held_back[one.device - span.device] = _nearest(moments.closed, one.closed)
    for at, device in crews:
        k = _nearest(moments.opened, at)
        if moments.source[k] == CREW:
            support.unheard[device - span.device] = k
    return support


def _nearest(times: NDArray[np.int64], at: int) -> int:
    return int(np.argmin(np.abs(times - at)))
