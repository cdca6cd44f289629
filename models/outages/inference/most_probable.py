"""Outage inference: which devices most probably opened, given who says "out", who says "on" and who is silent.

The file to read. A zone's devices are a forest; a device that opens takes all power from below it. For each device d
below which somebody says "out", the question is "d opened at t0" against "all below d still have power":

- t0 is the earliest report of the wave below d (or the moment SCADA gives);
- each usage point below adds its weight (`witnesses.sum_below`): a report, a silence weighed by how much could have
  been heard by now, an "on" since t0; the device adds its prior and what SCADA and crews say of it: `open_score[d]`.

One pass from the leaves to the roots then takes, at each device, the better of "it opened" and "it did not, so each
branch explains its own reports, or single services failed, or reports are false". That is the exact maximum a
posteriori set of open devices, since no two of them lie below one another. A second sum over the same pass, with
"either" for "the better of", gives the probability of each.

Scores are integers (`models/outages/weights/scores.py`); compare Sevlian et al., arXiv 1503.08244, for MAP over radial
feeders.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.columns.compiled import compiled
from models.outages.inference.knowledge import NEVER, OUT, Devices, Points
from models.outages.inference.open_score import gather, score_open
from models.outages.inference.pass_columns import IMPOSSIBLE, STANDING, SUSPECTED, Found, Incumbents, Workspace
from models.outages.inference.posterior import class_posterior, either, service_posterior
from models.outages.inference.witnesses import SAYS_OUT, Witnesses, hear_witnesses

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.outages.inference.forest import Forest
    from models.outages.weights.scores import Scores


@compiled
def _service_scores(
    forest: Forest, witnesses: Witnesses, points: Points, scores: Scores, incumbents: Incumbents, zone: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Weight of "this service alone is out" for each point of the zone, without and with the incumbent's lead.

    IMPOSSIBLE where the device feeds nobody else, or the point does not say so.
    """
    base, end = forest.zone_point_start[zone], forest.zone_point_start[zone + 1]
    plain = np.full(end - base, IMPOSSIBLE, np.int64)
    stands, gain = witnesses.stands, witnesses.gain
    point_device, point_start, point_end = forest.point_device, forest.point_start, forest.point_end
    for p in range(end - base):
        if stands[p] == SAYS_OUT:
            d = point_device[p + base]
            if point_end[d] - point_start[d] > 1:
                plain[p] = scores.service_prior + gain[p]
    led = plain.copy()
    owner, phase = points.owner, points.phase
    for p in range(end - base):
        if plain[p] != IMPOSSIBLE and phase[p + base] == OUT:
            slot = owner[p + base]
            if incumbents.service_point[slot] == p + base and incumbents.stance[slot] != SUSPECTED:
                led[p] += scores.clear_lead
    return plain, led


@compiled
def _explain(
    forest: Forest,
    scores: Scores,
    incumbents: Incumbents,
    work: Workspace,
    services: tuple[NDArray[np.int64], NDArray[np.int64]],
    zone: int,
) -> None:
    """From the leaves to the roots: the better of open and closed at each device, and the sum of both."""
    first, last = forest.zone_device_start[zone], forest.zone_device_start[zone + 1]
    base = forest.zone_point_start[zone]
    plain, led = services
    parent, point_start, direct_end = forest.parent, forest.point_start, forest.direct_end
    closed_score, closed_either, closed_reports = work.closed_score, work.closed_either, work.closed_reports
    open_score, reports, is_open, both = work.open_score, work.reports, work.is_open, work.either
    latest, at_device, stance, lead = work.latest, incumbents.at_device, incumbents.stance, scores.clear_lead
    closed_score[first:last], closed_either[first:last], closed_reports[first:last] = 0, 0, 0
    held = np.zeros(last - first, np.uint8)  # 1 if the best picture below has incumbents: they have one lead together
    for d in range(last - 1, first - 1, -1):
        if latest[d] != NEVER:
            for p in range(point_start[d] - base, direct_end[d] - base):
                if led[p] >= 0:
                    closed_score[d] += plain[p]
                    if led[p] != plain[p]:
                        held[d - first] = 1
                    closed_reports[d] += 1
                if plain[p] != IMPOSSIBLE:
                    closed_either[d] += either(plain[p], 0)
        slot = at_device[d]
        holds = slot >= 0 and stance[slot] != SUSPECTED
        opened = open_score[d] + (lead if holds else 0)
        closed = closed_score[d] + (lead if held[d - first] == 1 else 0)
        # Ties go to more reports explained, then downstream. A standing incumbent is not given up for its branches.
        better = opened > closed or (opened == closed and reports[d] > closed_reports[d])
        stands = slot >= 0 and stance[slot] == STANDING and open_score[d] != IMPOSSIBLE
        is_open[d] = 1 if better or stands else 0
        both[d] = either(open_score[d], closed_either[d])
        above = parent[d]
        if above >= 0:
            closed_score[above] += open_score[d] if is_open[d] == 1 else closed_score[d]
            if (is_open[d] == 1 and holds) or (is_open[d] == 0 and held[d - first] == 1):
                held[above - first] = 1
            closed_reports[above] += reports[d] if is_open[d] == 1 else closed_reports[d]
            closed_either[above] += both[d]


@compiled
def _note_openings(
    forest: Forest,
    witnesses: Witnesses,
    work: Workspace,
    services: tuple[NDArray[np.int64], NDArray[np.int64]],
    found: Found,
    zone: int,
    row: int,
) -> int:
    """Write the topmost open devices of a zone, and services out on their own, from `row` on; returns the next row."""
    plain, led = services
    base, end = forest.zone_point_start[zone], forest.zone_device_start[zone + 1]
    d = forest.zone_device_start[zone]
    while d < end:
        if work.is_open[d] == 1:
            found.what[row] = d
            found.posterior[row] = class_posterior(forest, work, d)
            found.reports[row] = work.reports[d]
            found.started[row] = work.started[d]
            row += 1
            d = forest.device_end[d]
            continue
        if work.closed_reports[d] > 0:
            for p in range(forest.point_start[d] - base, forest.direct_end[d] - base):
                if led[p] >= 0:
                    found.what[row] = ~(p + base)
                    found.posterior[row] = service_posterior(forest, work, plain[p], d)
                    found.reports[row] = 1
                    found.started[row] = witnesses.at[p]
                    row += 1
        d += 1
    return row


@compiled
def explain_zones(
    forest: Forest,
    points: Points,
    devices: Devices,
    scores: Scores,
    incumbents: Incumbents,
    work: Workspace,
    found: Found,
    zones: NDArray[np.int64],
    told: NDArray[np.bool_],
    now: int,
) -> list[int]:
    """Find the most probable set of open devices of each zone at instant `now`.

    `told` says that SCADA or a crew has a device of the zone open, which is looked at even if no meter speaks. Those of
    zones[k] stand in rows ends[k] to ends[k + 1] of `found`, as far as there is room: for at least one zone.
    """
    ends = [0]
    for k, zone in enumerate(zones):
        points_end, devices_end = forest.zone_point_start[zone + 1], forest.zone_device_start[zone + 1]
        most = points_end - forest.zone_point_start[zone] + devices_end - forest.zone_device_start[zone]
        if ends[k] + most > len(found.what):
            break
        witnesses = hear_witnesses(forest, points, scores, incumbents, zone)
        if gather(forest, witnesses, work, zone) or told[k]:
            services = _service_scores(forest, witnesses, points, scores, incumbents, zone)
            score_open(forest, witnesses, devices, scores, work, zone, now)
            _explain(forest, scores, incumbents, work, services, zone)
            ends.append(_note_openings(forest, witnesses, work, services, found, zone, ends[k]))
        else:
            ends.append(ends[k])
    return ends
