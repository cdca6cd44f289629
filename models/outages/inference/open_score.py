"""How much "this device opened" weighs, against "all below it has power": reports, silence, words, prior and facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.columns.compiled import compiled
from models.outages.inference.device_facts import device_fact, runs_open
from models.outages.inference.knowledge import NEVER, UNKNOWN, Devices
from models.outages.inference.pass_columns import IMPOSSIBLE, Workspace
from models.outages.inference.witnesses import (
    OUT_OF_PLAY,
    SAYS_OUT,
    Witnesses,
    count_doubtful,
    sum_below,
    sum_silence,
    told_start_of,
    wave_start,
)

if TYPE_CHECKING:
    from models.outages.inference.forest import Forest
    from models.outages.weights.scores import Scores


@compiled
def gather(forest: Forest, witnesses: Witnesses, work: Workspace, zone: int) -> bool:
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
def _score_one(
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
def score_open(
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
            _score_one(forest, witnesses, devices, scores, work, d, base, now)
            continue
        bucket = np.searchsorted(steps, now - began, side="right")
        if has_silence[bucket] == 0:
            sum_silence(witnesses, scores, bucket, silence[bucket, : points + 1])
            has_silence[bucket] = 1
        below = gain_before[last] - gain_before[first] + silence[bucket, last] - silence[bucket, first]
        started[d], reports[d] = began, reports_before[last] - reports_before[first]
        open_score[d] = prior[kind[d]] + below
