"""Outage inference: which devices most probably opened, given who says "out", who says "on" and who is silent.

The file to read. A zone's devices are a forest; a device that opens takes all power from below it. For each device d
below which somebody says "out", the question is "d opened at t0" against "all below d still have power":

- t0 is the earliest report of the wave below d (or the moment SCADA gives);
- each usage point below adds its weight (`_weight`): a report, a silence weighed by how much could have been heard by
  now, an "on" since t0; the device adds its prior and what SCADA and crews say of it. This is `open_score[d]`.

One pass from the leaves to the roots then takes, at each device, the better of "it opened" and "it did not, so each
branch explains its own reports, or single services failed, or reports are false". That is the exact maximum a
posteriori set of open devices, since no two of them lie below one another. A second sum over the same pass, with
"either" for "the better of", gives the probability of each.

Scores are integers (`models/scores.py`); compare Sevlian et al., arXiv 1503.08244, for MAP over radial feeders.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from models.compiled import compiled
from models.knowledge import CLOSED, NEVER, OPEN, OUT, Devices, Points
from models.scores import METER_MASK, SOFT_MAXIMUM, UNITS_PER_NAT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.forest import Forest
    from models.scores import Scores

IMPOSSIBLE: Final = -(1 << 50)

SUSPECTED: Final = 0
SETTLED: Final = 1
STANDING: Final = 2
"""How firmly an outage holds its device: not published (not at all), its wave over (by the clear lead), its wave still
coming in (only an upstream device may replace it)."""


class Incumbents(NamedTuple):
    """Open outages as inference sees them; columns by slot, `at_device` by device."""

    included: NDArray[np.uint8]
    """1 if the reports of the outage's points are evidence of the present wave."""
    stance: NDArray[np.uint8]
    service_point: NDArray[np.int32]
    """The usage point of a single-service outage, else -1."""
    at_device: NDArray[np.int32]
    """Slot of the included outage that holds the device, else -1."""


class Workspace(NamedTuple):
    """Scratch columns by device, kept between passes to save their making."""

    earliest: NDArray[np.int64]
    latest: NDArray[np.int64]
    in_play: NDArray[np.int32]
    started: NDArray[np.int64]
    open_score: NDArray[np.int64]
    closed_score: NDArray[np.int64]
    reports: NDArray[np.int32]
    closed_reports: NDArray[np.int32]
    either: NDArray[np.int64]
    closed_either: NDArray[np.int64]
    is_open: NDArray[np.uint8]


class Found(NamedTuple):
    """What a pass found open, a row a device or service, in network order within each zone."""

    what: NDArray[np.int32]
    """The device, or ~point (negative) for a single service."""
    score: NDArray[np.int64]
    posterior: NDArray[np.int64]
    """Log probability that this class is open, in units."""
    reports: NDArray[np.int32]
    started: NDArray[np.int64]


def workspace(devices: int) -> Workspace:
    """Make scratch columns for a network."""
    types = {"in_play": np.int32, "reports": np.int32, "closed_reports": np.int32, "is_open": np.uint8}
    return Workspace(**{name: np.zeros(devices, types.get(name, np.int64)) for name in Workspace._fields})  # type: ignore[arg-type]


@compiled
def either(a: int, b: int) -> int:
    """log(exp(a) + exp(b)) in units, from a table: the same on every machine."""
    high, low = max(a, b), min(a, b)
    gap = high - low
    return high + (SOFT_MAXIMUM[gap] if gap < len(SOFT_MAXIMUM) else 0)


@compiled
def _says_out(points: Points, p: int) -> bool:
    return points.mask[p] != 0 and points.out_last[p] > points.on_last[p]


@compiled
def _in_play(points: Points, incumbents: Incumbents, p: int) -> bool:
    """Whether the point counts: it has power as far as is known, or it lost it in the present wave."""
    return points.phase[p] != OUT or incumbents.included[points.owner[p]] == 1


@compiled
def _report_at(points: Points, p: int) -> int:
    """When the point's "out" began; what came after the echo of a short interruption counts before it."""
    if points.out_first[p] <= points.echo_until[p] < points.out_last[p]:
        return points.out_last[p]
    return points.out_first[p]


@compiled
def _bucket(steps: NDArray[np.int64], value: int) -> int:
    return np.searchsorted(steps, value, side="right")


@compiled
def _report_weight(points: Points, scores: Scores, row: int, p: int) -> int:
    if points.out_last[p] <= points.echo_until[p]:
        return scores.echo_out[points.echo_dip[p], _bucket(scores.steps, points.delay[p])]
    return scores.out[row, points.mask[p]]


@compiled
def _silence(points: Points, scores: Scores, row: int, p: int, started: int, bucket: int) -> int:
    if points.mute[p] == 1:
        return 0
    if started <= points.echo_until[p]:
        return scores.echo_silent[row, points.echo_dip[p], bucket]
    return scores.silent[row, bucket]


@compiled
def _sum_below(
    forest: Forest, points: Points, scores: Scores, incumbents: Incumbents, d: int, started: int, now: int
) -> tuple[int, int]:
    """Weight of all usage points below d if it opened at `started`, and how many reports that explains."""
    bucket = _bucket(scores.steps, now - started)
    total, reports = 0, 0
    for p in range(forest.point_start[d], forest.point_end[d]):
        if not _in_play(points, incumbents, p):
            continue
        row = forest.delivery_class[p]
        if _says_out(points, p):
            if started <= _report_at(points, p) <= started + scores.coherence:
                total += _report_weight(points, scores, row, p)
                reports += 1
                if points.mask[p] & METER_MASK == 0:
                    total += _silence(points, scores, row, p, started, bucket)
            else:
                total += _silence(points, scores, row, p, started, bucket)
        elif points.on_last[p] > started + scores.clock_tolerance:
            total += scores.said_on
        else:
            total += _silence(points, scores, row, p, started, bucket)
    return total, reports


@compiled
def device_fact(devices: Devices, scores: Scores, d: int, now: int) -> int:
    """What crews and SCADA say of the device itself, in units: plus for open; crews before SCADA."""
    if devices.crew_open_at[d] != NEVER:
        return scores.crew_fact
    said = scores.scada_good if devices.quality[d] == 0 else scores.scada_uncertain
    if runs_open(devices, scores, d, now):
        return said
    return -said if devices.position[d] == CLOSED else 0


@compiled
def runs_open(devices: Devices, scores: Scores, d: int, now: int) -> bool:
    """Whether SCADA has the device open, a closed position that has not lasted yet included."""
    if devices.open_first[d] == NEVER:
        return False
    return devices.position[d] == OPEN or now < devices.position_at[d] + scores.scada_hold


@compiled
def _wave_start(points: Points, incumbents: Incumbents, forest: Forest, d: int, span: int) -> int:
    """The earliest report below d that has the most reports within the coherence window after it."""
    times = np.empty(forest.point_end[d] - forest.point_start[d], np.int64)
    count = 0
    for p in range(forest.point_start[d], forest.point_end[d]):
        if _in_play(points, incumbents, p) and _says_out(points, p):
            times[count] = _report_at(points, p)
            count += 1
    times = np.sort(times[:count])
    best, most, last = times[0], 0, 0
    for first in range(count):
        while last < count and times[last] <= times[first] + span:
            last += 1
        if last - first > most:
            best, most = times[first], last - first
    return best


@compiled
def _gather(forest: Forest, points: Points, incumbents: Incumbents, work: Workspace, zone: int) -> bool:
    """Reports and points in play, summed up the forest; False if nobody says "out"."""
    first, last = forest.zone_device_start[zone], forest.zone_device_start[zone + 1]
    for d in range(first, last):
        work.earliest[d] = -NEVER
        work.latest[d] = NEVER
        work.in_play[d] = 0
    anybody = False
    for p in range(forest.zone_point_start[zone], forest.zone_point_start[zone + 1]):
        if not _in_play(points, incumbents, p):
            continue
        d = forest.point_device[p]
        work.in_play[d] += 1
        if _says_out(points, p):
            anybody = True
            at = _report_at(points, p)
            work.earliest[d] = min(work.earliest[d], at)
            work.latest[d] = max(work.latest[d], at)
    for d in range(last - 1, first - 1, -1):
        parent = forest.parent[d]
        if parent >= 0:
            work.in_play[parent] += work.in_play[d]
            work.earliest[parent] = min(work.earliest[parent], work.earliest[d])
            work.latest[parent] = max(work.latest[parent], work.latest[d])
    return anybody


@compiled
def _score_open(
    forest: Forest,
    points: Points,
    devices: Devices,
    scores: Scores,
    incumbents: Incumbents,
    work: Workspace,
    d: int,
    now: int,
) -> None:
    """`open_score[d]`: the weight of "d opened" against "all below d has power"."""
    work.open_score[d] = IMPOSSIBLE
    work.reports[d] = 0
    fact = device_fact(devices, scores, d, now)
    heard = work.latest[d] != NEVER
    told = runs_open(devices, scores, d, now) or devices.crew_open_at[d] != NEVER
    if work.in_play[d] == 0 or not (heard or told):
        return
    if runs_open(devices, scores, d, now):
        started = devices.open_first[d]
    elif not heard:
        started = devices.crew_open_at[d]
    elif work.latest[d] - work.earliest[d] <= scores.coherence:
        started = work.earliest[d]
    else:
        started = _wave_start(points, incumbents, forest, d, scores.coherence)
    if told and heard:
        started = min(started, work.earliest[d]) if started - scores.clock_tolerance <= work.earliest[d] else started
    below, reports = _sum_below(forest, points, scores, incumbents, d, started, now)
    work.started[d] = started
    work.reports[d] = reports
    work.open_score[d] = scores.device_prior[forest.device_kind[d]] + fact + below


@compiled
def service_score(
    forest: Forest, points: Points, scores: Scores, incumbents: Incumbents, p: int, with_lead: bool
) -> int:
    """Weight of "this service alone is out"; IMPOSSIBLE where its device feeds nobody else, or nobody says so."""
    d = forest.point_device[p]
    if forest.point_end[d] - forest.point_start[d] == 1 or not _says_out(points, p):
        return IMPOSSIBLE
    if not _in_play(points, incumbents, p):
        return IMPOSSIBLE
    score = scores.service_prior + _report_weight(points, scores, forest.delivery_class[p], p)
    owner = points.owner[p]
    if with_lead and points.phase[p] == OUT and incumbents.service_point[owner] == p:
        score += scores.clear_lead if incumbents.stance[owner] != SUSPECTED else 0
    return score


@compiled
def _explain(
    forest: Forest,
    points: Points,
    devices: Devices,
    scores: Scores,
    incumbents: Incumbents,
    work: Workspace,
    zone: int,
    now: int,
) -> None:
    """From the leaves to the roots: the better of open and closed at each device, and the sum of both."""
    first, last = forest.zone_device_start[zone], forest.zone_device_start[zone + 1]
    for d in range(first, last):
        work.closed_score[d] = 0
        work.closed_either[d] = 0
        work.closed_reports[d] = 0
    for d in range(last - 1, first - 1, -1):
        _score_open(forest, points, devices, scores, incumbents, work, d, now)
        if work.latest[d] != NEVER:
            for p in range(forest.point_start[d], forest.direct_end[d]):
                alone = service_score(forest, points, scores, incumbents, p, True)
                if alone >= 0:
                    work.closed_score[d] += alone
                    work.closed_reports[d] += 1
                if alone != IMPOSSIBLE:
                    plain = service_score(forest, points, scores, incumbents, p, False)
                    work.closed_either[d] += either(plain, 0)
        _choose(scores, incumbents, work, d)
        parent = forest.parent[d]
        if parent >= 0:
            better = work.is_open[d] == 1
            work.closed_score[parent] += _with_lead(scores, incumbents, work, d) if better else work.closed_score[d]
            work.closed_reports[parent] += work.reports[d] if better else work.closed_reports[d]
            work.closed_either[parent] += work.either[d]


@compiled
def _with_lead(scores: Scores, incumbents: Incumbents, work: Workspace, d: int) -> int:
    slot = incumbents.at_device[d]
    if slot < 0 or incumbents.stance[slot] == SUSPECTED:
        return work.open_score[d]
    return work.open_score[d] + scores.clear_lead


@compiled
def _choose(scores: Scores, incumbents: Incumbents, work: Workspace, d: int) -> None:
    """Open or closed at d; ties go to more reports explained, then downstream."""
    slot = incumbents.at_device[d]
    opened, closed = _with_lead(scores, incumbents, work, d), work.closed_score[d]
    better = opened > closed or (opened == closed and work.reports[d] > work.closed_reports[d])
    stands = slot >= 0 and incumbents.stance[slot] == STANDING and work.open_score[d] != IMPOSSIBLE
    work.is_open[d] = 1 if better or stands else 0
    work.either[d] = either(work.open_score[d], work.closed_either[d])


@compiled
def _log_posterior(forest: Forest, work: Workspace, d: int) -> int:
    """Log probability that d is open: nothing above it is, and of its own two cases this one."""
    total = work.open_score[d] - work.either[d]
    above = forest.parent[d]
    while above >= 0:
        total += work.closed_either[above] - work.either[above]
        above = forest.parent[above]
    return total


@compiled
def class_posterior(forest: Forest, work: Workspace, d: int) -> int:
    """Log probability that one of the devices of d's class is open, from the pass just made."""
    top = forest.class_of[d]
    total = IMPOSSIBLE
    for member in range(top, forest.device_end[top]):
        if forest.class_of[member] == top:
            total = either(total, _log_posterior(forest, work, member))
        elif forest.point_end[member] > forest.point_start[member]:
            break
    return min(total, 0)


@compiled
def _service_posterior(
    forest: Forest, points: Points, scores: Scores, incumbents: Incumbents, work: Workspace, p: int
) -> int:
    d = forest.point_device[p]
    alone = service_score(forest, points, scores, incumbents, p, False)
    total = alone - either(alone, 0)
    while d >= 0:
        total += work.closed_either[d] - work.either[d]
        d = forest.parent[d]
    return min(total, 0)


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
    if not _gather(forest, points, incumbents, work, zone) and not told:
        return 0
    _explain(forest, points, devices, scores, incumbents, work, zone, now)
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
            for p in range(forest.point_start[d], forest.direct_end[d]):
                alone = service_score(forest, points, scores, incumbents, p, True)
                if alone >= 0:
                    found.what[count] = ~p
                    found.score[count] = alone
                    found.posterior[count] = _service_posterior(forest, points, scores, incumbents, work, p)
                    found.reports[count] = 1
                    found.started[count] = _report_at(points, p)
                    count += 1
        d += 1
    return count


assert UNITS_PER_NAT == len(SOFT_MAXIMUM) // 10  # noqa: S101  the table reaches ten nats
