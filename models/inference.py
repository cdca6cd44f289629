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

Scores are integers (`models/scores.py`); compare Sevlian et al., arXiv 1503.08244, for MAP over radial feeders.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.compiled import compiled
from models.device_facts import device_fact, runs_open
from models.inference_columns import IMPOSSIBLE, STANDING, SUSPECTED, Found, Incumbents, Workspace
from models.knowledge import NEVER, OUT, UNKNOWN, Devices, Points
from models.posterior import class_posterior, either, service_posterior
from models.witnesses import (
    OUT_OF_PLAY,
    SAYS_OUT,
    Witnesses,
    count_doubtful,
    hear_witnesses,
    sum_below,
    sum_silence,
    told_start_of,
    wave_start,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.forest import Forest
    from models.scores import Scores


@compiled
def _gather(forest: Forest, witnesses: Witnesses, work: Workspace, zone: int) -> bool:
    """Reports and points in play, summed up the forest; False if nobody says "out"."""
    first, last = forest.zone_device_start[zone], forest.zone_device_start[zone + 1]
    base = forest.zone_point_start[zone]
    earliest, latest, in_play = work.earliest, work.latest, work.in_play
    point_start, direct_end, parent = forest.point_start, forest.direct_end, forest.parent
    stands, at = witnesses.stands, witnesses.at
    earliest[first:last], latest[first:last], in_play[first:last] = -NEVER, NEVER, 0
    anybody = False
    for d in range(last - 1, first - 1, -1):
        for p in range(point_start[d] - base, direct_end[d] - base):
            if stands[p] == OUT_OF_PLAY:
                continue
            in_play[d] += 1
            if stands[p] == SAYS_OUT:
                anybody = True
                earliest[d] = min(earliest[d], at[p])
                latest[d] = max(latest[d], at[p])
        above = parent[d]
        if above >= 0:
            in_play[above] += in_play[d]
            earliest[above] = min(earliest[above], earliest[d])
            latest[above] = max(latest[above], latest[d])
    return anybody


@compiled
def _score_open(
    forest: Forest,
    witnesses: Witnesses,
    devices: Devices,
    scores: Scores,
    work: Workspace,
    d: int,
    base: int,
    now: int,
) -> None:
    """`open_score[d]`: the weight of "d opened" against "all below d has power"."""
    scada = runs_open(devices, scores, d, now)
    heard = work.latest[d] != NEVER
    first, last = forest.point_start[d] - base, forest.point_end[d] - base
    earliest = work.earliest[d]
    if scada:
        started = told_start_of(witnesses, first, last, devices.open_first[d], scores.clock_tolerance)
    elif not heard:
        started = devices.crew_open_at[d]
    elif work.latest[d] - earliest <= scores.coherence:
        started = earliest
    else:
        started = wave_start(witnesses, first, last, scores.coherence)
    below, reports = sum_below(witnesses, scores, first, last, started, now)
    work.started[d] = started
    work.reports[d] = reports
    work.open_score[d] = scores.device_prior[forest.device_kind[d]] + device_fact(devices, scores, d, now) + below


@compiled
def _score_all_open(
    forest: Forest, witnesses: Witnesses, devices: Devices, scores: Scores, work: Workspace, zone: int, now: int
) -> None:
    """`open_score` of each device of the zone, IMPOSSIBLE where nobody says anything.

    Where the reports below are of one wave, and whatever else was said is older or later than all of them, running sums
    over the zone give the same weight as a visit to each point.
    """
    base, points = forest.zone_point_start[zone], len(witnesses.stands)
    point_start, point_end, kind = forest.point_start, forest.point_end, forest.device_kind
    earliest, latest, in_play = work.earliest, work.latest, work.in_play
    silence, has_silence = work.silence, work.has_silence
    started, reports, open_score = work.started, work.reports, work.open_score
    position, open_first, crew_open_at = devices.position, devices.open_first, devices.crew_open_at
    coherence, steps, prior = scores.coherence, scores.steps, scores.device_prior
    gain_before, reports_before = witnesses.gain_before, witnesses.reports_before
    doubtful_before = count_doubtful(witnesses, scores)
    has_silence[:] = 0
    for d in range(forest.zone_device_start[zone], forest.zone_device_start[zone + 1]):
        open_score[d], reports[d] = IMPOSSIBLE, 0
        told = crew_open_at[d] != NEVER or (open_first[d] != NEVER and runs_open(devices, scores, d, now))
        if in_play[d] == 0 or not (told or latest[d] != NEVER):
            continue
        began = earliest[d]
        first, last = point_start[d] - base, point_end[d] - base
        alike = latest[d] - began <= coherence and doubtful_before[first] == doubtful_before[last]
        if told or position[d] != UNKNOWN or not alike:
            _score_open(forest, witnesses, devices, scores, work, d, base, now)
            continue
        bucket = np.searchsorted(steps, now - began, side="right")
        if has_silence[bucket] == 0:
            sum_silence(witnesses, scores, bucket, silence[bucket, : points + 1])
            has_silence[bucket] = 1
        below = gain_before[last] - gain_before[first] + silence[bucket, last] - silence[bucket, first]
        started[d], reports[d] = began, reports_before[last] - reports_before[first]
        open_score[d] = prior[kind[d]] + below


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
    for d in range(last - 1, first - 1, -1):
        if latest[d] != NEVER:
            for p in range(point_start[d] - base, direct_end[d] - base):
                if led[p] >= 0:
                    closed_score[d] += led[p]
                    closed_reports[d] += 1
                if plain[p] != IMPOSSIBLE:
                    closed_either[d] += either(plain[p], 0)
        slot = at_device[d]
        opened = open_score[d] + (lead if slot >= 0 and stance[slot] != SUSPECTED else 0)
        # Ties go to more reports explained, then downstream. A standing incumbent is not given up for its branches.
        better = opened > closed_score[d] or (opened == closed_score[d] and reports[d] > closed_reports[d])
        stands = slot >= 0 and stance[slot] == STANDING and open_score[d] != IMPOSSIBLE
        is_open[d] = 1 if better or stands else 0
        both[d] = either(open_score[d], closed_either[d])
        above = parent[d]
        if above >= 0:
            closed_score[above] += opened if is_open[d] == 1 else closed_score[d]
            closed_reports[above] += reports[d] if is_open[d] == 1 else closed_reports[d]
            closed_either[above] += both[d]


@compiled
def explain_zone(
    forest: Forest,
    points: Points,
    devices: Devices,
    scores: Scores,
    incumbents: Incumbents,
    work: Workspace,
    found: Found,
    zone: int,
    now: int,
    told: bool,
) -> int:
    """Find the most probable set of open devices of a zone at instant `now`; returns the number of rows in `found`.

    `told` says that SCADA or a crew has a device of the zone open, which is looked at even if no meter speaks.
    """
    witnesses = hear_witnesses(forest, points, scores, incumbents, zone)
    if not _gather(forest, witnesses, work, zone) and not told:
        return 0
    plain, led = _service_scores(forest, witnesses, points, scores, incumbents, zone)
    _score_all_open(forest, witnesses, devices, scores, work, zone, now)
    _explain(forest, scores, incumbents, work, (plain, led), zone)
    base = forest.zone_point_start[zone]
    count = 0
    d = forest.zone_device_start[zone]
    while d < forest.zone_device_start[zone + 1]:
        if work.is_open[d] == 1:
            found.what[count] = d
            found.score[count] = work.open_score[d]
            found.posterior[count] = class_posterior(forest, work, d)
            found.reports[count] = work.reports[d]
            found.started[count] = work.started[d]
            count += 1
            d = forest.device_end[d]
            continue
        if work.closed_reports[d] > 0:
            for p in range(forest.point_start[d] - base, forest.direct_end[d] - base):
                if led[p] >= 0:
                    found.what[count] = ~(p + base)
                    found.score[count] = led[p]
                    found.posterior[count] = service_posterior(forest, work, plain[p], d)
                    found.reports[count] = 1
                    found.started[count] = witnesses.at[p]
                    count += 1
        d += 1
    return count
