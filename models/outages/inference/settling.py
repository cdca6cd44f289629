"""From the picture of the devices down to the points: who is dark, who is back, who did something on his own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from models.columns.compiled import compiled
from models.outages.inference.knowledge import NOBODY
from models.outages.inference.reports import ROW, Moment
from models.outages.inference.services import Weighed, choose, dark_of_all, own_options
from models.outages.inference.tree import NESTED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.outages.inference.forest import Forest, Span
    from models.outages.inference.histories import Histories
    from models.outages.weights.scores import Scores

UNKNOWN: Final = -9


@compiled
def settle_points(
    forest: Forest,
    owner: NDArray[np.int32],
    words: NDArray[np.int64],
    scores: Scores,
    span: Span,
    histories: Histories,
    moment: Moment,
    weighed: Weighed,
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
    opened, closed, until = histories.opened, histories.closed, moment.until
    dark, back, closing, below = histories.dark, histories.back, histories.closing, histories.below
    dark_of, service_prior = dark_of_all(histories), scores.service_prior
    tolerance, late, stale = scores.clock_tolerance, scores.late_report, scores.stale_report
    priors = service_prior, scores.closing_prior, scores.odd_dip_prior, scores.dip_span, scores.persistence
    worth = 0, 0, 0, 0, late, stale, tolerance
    weights = np.zeros(states, np.int32)
    own_state, own_weight, own_lead = np.zeros((3, states + 1), np.int64)
    spoken = len(weighed.words)  # rows of those that spoke, then those of the silent by collector
    chosen = np.full((spoken + len(weighed.silence), states, 3), UNKNOWN, np.int64)
    spoke, start, direct_end = weighed.spoke, forest.point_start, forest.direct_end
    for i in range(span.device_end - span.device):
        d, feed = span.device + i, device_state[i]
        alone = forest.point_end[d] - start[d] == 1
        for p in range(start[d], direct_end[d]):
            q = p - span.point
            point_state[q] = feed
            if alone:
                continue
            at = spoke[q]
            if at < 0 and closing[feed] < 0:
                continue
            place = at if at >= 0 else spoken + words[q, ROW]
            if chosen[place, feed, 0] == UNKNOWN:
                count = 1
                own_state[0], own_weight[0], own_lead[0] = 0, 0, 0
                if at < 0:
                    weights[:] = weighed.silence[words[q, ROW]]
                else:
                    weights[:] = weighed.words[at]
                    held = service_of[owner[p]] if owner[p] != NOBODY else -1
                    word = words[q]
                    count = own_options(
                        opened,
                        until,
                        moment.shots,
                        closed,
                        dark,
                        back,
                        word,
                        worth,
                        priors,
                        held,
                        own_state,
                        own_weight,
                        own_lead,
                    )
                best, total, pick = choose(
                    below, dark_of, service_prior, weights, own_state, own_weight, own_lead, count, feed
                )
                chosen[place, feed, 0], chosen[place, feed, 1] = pick, 0 if pick == NESTED else own_state[pick]
                chosen[place, feed, 2] = min(0, best - total)
            pick, own, doubt = chosen[place, feed, 0], chosen[place, feed, 1], chosen[place, feed, 2]
            if pick == 0:
                continue
            own = dark[histories.opening[feed]] if pick == NESTED else own
            point_state[q] = own if pick == NESTED else below[feed, own]
            services[found, 0], services[found, 1] = p, own
            services[found, 2] = 1 if pick == NESTED else 0
            services[found, 3] = device_posterior[i] + doubt
            found += 1
    return found
