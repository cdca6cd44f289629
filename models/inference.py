"""Outage inference: which devices most probably opened, given who says "out", who says "on" and who is silent.

The file to read. A zone's devices are a forest; a device that opens takes all power from below it. For each device d
below which somebody says "out", the question is "d opened at t0" against "all below d still have power":

- t0 is the earliest report of the wave below d (or the moment SCADA gives);
- each usage point below adds its weight (`_sum_below`): a report, a silence weighed by how much could have been heard by
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

from models.compiled import compiled, inlined
from models.knowledge import CLOSED, GOOD, NEVER, OPEN, OUT, Devices, Points
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


class Witnesses(NamedTuple):
    """What the usage points of one zone have to say in this pass, a row a point of the zone."""

    stands: NDArray[np.uint8]
    """OUT_OF_PLAY, SAYS_OUT or QUIET."""
    at: NDArray[np.int64]
    """When its "out" began."""
    gain: NDArray[np.int64]
    """Weight of its reports if they belong to the wave."""
    also_silent: NDArray[np.uint8]
    """Only customers spoke: the meter's silence counts beside them."""
    row: NDArray[np.int64]
    """Row of the silence tables; the last, of zeros, for points that cannot speak."""
    on_last: NDArray[np.int64]
    echo_until: NDArray[np.int64]
    echo_dip: NDArray[np.uint8]


OUT_OF_PLAY: Final = 0
SAYS_OUT: Final = 1
QUIET: Final = 2


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


@inlined
def runs_open(devices: Devices, scores: Scores, d: int, now: int) -> bool:
    """Whether SCADA has the device open, a closed position that has not lasted yet included."""
    return devices.open_first[d] != NEVER and (
        devices.position[d] == OPEN or now < devices.position_at[d] + scores.scada_hold
    )


@compiled
def device_fact(devices: Devices, scores: Scores, d: int, now: int) -> int:
    """What crews and SCADA say of the device itself, in units: plus for open; crews before SCADA."""
    if devices.crew_open_at[d] != NEVER:
        return scores.crew_fact
    said = scores.scada_good if devices.quality[d] == GOOD else scores.scada_uncertain
    if runs_open(devices, scores, d, now):
        return said
    return -said if devices.position[d] == CLOSED else 0


@compiled
def _witnesses(forest: Forest, points: Points, scores: Scores, incumbents: Incumbents, zone: int) -> Witnesses:
    """Read each point once: does it count, what does it say, and what would that weigh.

    A point counts if it has power as far as is known, or lost it in the present wave. What it says after the echo of a
    short interruption goes before the echo.
    """
    first, last = forest.zone_point_start[zone], forest.zone_point_start[zone + 1]
    count = last - first
    stands, at = np.empty(count, np.uint8), np.empty(count, np.int64)
    gain, also_silent, row = np.empty(count, np.int64), np.zeros(count, np.uint8), np.empty(count, np.int64)
    mask, out_first, out_last = points.mask[first:last], points.out_first[first:last], points.out_last[first:last]
    on_last, phase, owner = points.on_last[first:last], points.phase[first:last], points.owner[first:last]
    echo_until, echo_dip = points.echo_until[first:last], points.echo_dip[first:last]
    mute, delay, delivery = points.mute[first:last], points.delay[first:last], forest.delivery_class[first:last]
    included, out, echo_out, steps = incumbents.included, scores.out, scores.echo_out, scores.steps
    cannot_speak = len(scores.silent) - 1
    for p in range(count):
        stands[p], at[p] = QUIET, NEVER
        row[p] = delivery[p] if mute[p] == 0 else cannot_speak
        if phase[p] == OUT and included[owner[p]] == 0:
            stands[p] = OUT_OF_PLAY
        elif mask[p] != 0 and out_last[p] > on_last[p]:
            stands[p] = SAYS_OUT
            also_silent[p] = mask[p] & METER_MASK == 0
            if out_last[p] <= echo_until[p]:
                at[p] = out_first[p]
                gain[p] = echo_out[echo_dip[p], np.searchsorted(steps, delay[p], side="right")]
            else:
                at[p] = out_first[p] if out_first[p] > echo_until[p] else out_last[p]
                gain[p] = out[delivery[p], mask[p]]
    return Witnesses(stands, at, gain, also_silent, row, on_last, echo_until, echo_dip)


@compiled
def _sum_below(witnesses: Witnesses, scores: Scores, first: int, last: int, started: int, now: int) -> tuple[int, int]:
    """Weight of the zone's points [first, last) if power was lost at `started`, and how many reports that explains."""
    bucket = np.searchsorted(scores.steps, now - started, side="right")
    silent, echo_silent = scores.silent[:, bucket], scores.echo_silent[:, :, bucket]
    stands, at, gain, also_silent = witnesses.stands, witnesses.at, witnesses.gain, witnesses.also_silent
    row, on_last, echo_until, echo_dip = witnesses.row, witnesses.on_last, witnesses.echo_until, witnesses.echo_dip
    until, on_after, said_on = started + scores.coherence, started + scores.clock_tolerance, scores.said_on
    total, reports = 0, 0
    for p in range(first, last):
        if stands[p] == OUT_OF_PLAY:
            continue
        if stands[p] == SAYS_OUT and started <= at[p] <= until:
            total += gain[p]
            reports += 1
            if also_silent[p] == 0:
                continue
        elif stands[p] == QUIET and on_last[p] > on_after:
            total += said_on
            continue
        if started <= echo_until[p]:
            total += echo_silent[row[p], echo_dip[p]]
        else:
            total += silent[row[p]]
    return total, reports


@compiled
def _wave_start(witnesses: Witnesses, first: int, last: int, span: int) -> int:
    """The earliest report of points [first, last) that has the most reports within the coherence window after it."""
    times = np.sort(witnesses.at[first:last][witnesses.stands[first:last] == SAYS_OUT])
    best, most, end = times[0], 0, 0
    for begin in range(len(times)):
        while end < len(times) and times[end] <= times[begin] + span:
            end += 1
        if end - begin > most:
            best, most = times[begin], end - begin
    return best


@compiled
def _told_start(witnesses: Witnesses, first: int, last: int, told_at: int, tolerance: int) -> int:
    """SCADA's moment, or the earliest report of points [first, last) that only the error of clocks puts before it."""
    started = told_at
    for p in range(first, last):
        if witnesses.stands[p] == SAYS_OUT and told_at - tolerance <= witnesses.at[p] < started:
            started = witnesses.at[p]
    return started


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
            if stands[p] != OUT_OF_PLAY:
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
        started = _told_start(witnesses, first, last, devices.open_first[d], scores.clock_tolerance)
    elif not heard:
        started = devices.crew_open_at[d]
    elif work.latest[d] - earliest <= scores.coherence:
        started = earliest
    else:
        started = _wave_start(witnesses, first, last, scores.coherence)
    below, reports = _sum_below(witnesses, scores, first, last, started, now)
    work.started[d] = started
    work.reports[d] = reports
    work.open_score[d] = scores.device_prior[forest.device_kind[d]] + device_fact(devices, scores, d, now) + below


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
    witnesses: Witnesses,
    devices: Devices,
    scores: Scores,
    incumbents: Incumbents,
    work: Workspace,
    services: tuple[NDArray[np.int64], NDArray[np.int64]],
    zone: int,
    now: int,
) -> None:
    """From the leaves to the roots: the better of open and closed at each device, and the sum of both."""
    first, last = forest.zone_device_start[zone], forest.zone_device_start[zone + 1]
    base = forest.zone_point_start[zone]
    plain, led = services
    parent, point_start, direct_end = forest.parent, forest.point_start, forest.direct_end
    closed_score, closed_either, closed_reports = work.closed_score, work.closed_either, work.closed_reports
    open_score, reports, is_open, both = work.open_score, work.reports, work.is_open, work.either
    latest, in_play, crew_open_at = work.latest, work.in_play, devices.crew_open_at
    open_first, at_device, stance = devices.open_first, incumbents.at_device, incumbents.stance
    closed_score[first:last], closed_either[first:last], closed_reports[first:last] = 0, 0, 0
    open_score[first:last], reports[first:last] = IMPOSSIBLE, 0
    for d in range(last - 1, first - 1, -1):
        heard = latest[d] != NEVER
        if in_play[d] > 0 and (
            heard or crew_open_at[d] != NEVER or (open_first[d] != NEVER and runs_open(devices, scores, d, now))
        ):
            _score_open(forest, witnesses, devices, scores, work, d, base, now)
        if heard:
            for p in range(point_start[d] - base, direct_end[d] - base):
                if led[p] > 0:
                    closed_score[d] += led[p]
                    closed_reports[d] += 1
                if plain[p] != IMPOSSIBLE:
                    closed_either[d] += either(plain[p], 0)
        slot = at_device[d]
        opened = open_score[d] + (scores.clear_lead if slot >= 0 and stance[slot] != SUSPECTED else 0)
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
def _service_posterior(forest: Forest, work: Workspace, alone: int, d: int) -> int:
    """Log probability that a service of device d with weight `alone` is out on its own."""
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
    witnesses = _witnesses(forest, points, scores, incumbents, zone)
    if not _gather(forest, witnesses, work, zone) and not told:
        return 0
    plain, led = _service_scores(forest, witnesses, points, scores, incumbents, zone)
    _explain(forest, witnesses, devices, scores, incumbents, work, (plain, led), zone, now)
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
                if led[p] > 0:
                    found.what[count] = ~(p + base)
                    found.score[count] = led[p]
                    found.posterior[count] = _service_posterior(forest, work, plain[p], d)
                    found.reports[count] = 1
                    found.started[count] = witnesses.at[p]
                    count += 1
        d += 1
    return count


assert UNITS_PER_NAT == len(SOFT_MAXIMUM) // 10  # noqa: S101  the table reaches ten nats
