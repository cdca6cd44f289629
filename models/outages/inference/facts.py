"""What SCADA and crews say of a device against each thing that it may have done: never in favour, only against.

A device that has kept to what was reported weighs nothing; each contradiction costs. So a device of which nobody has
spoken and one that did as reported are equal, and priors decide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from models.columns.compiled import compiled
from models.outages.inference.knowledge import CLOSED, GOOD, NEVER, OPEN, OPERATOR_OPEN, Devices
from models.outages.inference.reports import CREW, METERS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.outages.inference.forest import Forest, Span
    from models.outages.weights.scores import Scores

KINDS: Final = 4
"""A time and its source are one number, the time so many times: they sort by time, then by source."""
OPERATOR: Final = 1 << 26
"""Against what contradicts an operator: 16,000 nats, more than all meters below a device say."""


@compiled
def trust(devices: Devices, scores: Scores, d: int) -> int:
    """What its position is worth."""
    return scores.scada_good if devices.quality[d] == GOOD else scores.scada_uncertain


@compiled
def report_trust(devices: Devices, scores: Scores, d: int) -> int:
    """What is worth that a crew has it open or done; an operator's word goes before all else."""
    return OPERATOR if devices.operator[d] != 0 else scores.crew_fact


@compiled
def has_run(devices: Devices, d: int) -> bool:
    """Whether SCADA knows of an opening that is not settled."""
    return bool(devices.open_first[d] != NEVER and devices.open_first[d] > devices.settled_at[d])


@compiled
def was_mended(devices: Devices, d: int) -> bool:
    """Whether a crew's work at it is done, and the outage that it was about not yet over."""
    done = devices.crew_done_at[d] != NEVER and devices.crew_done_at[d] > devices.settled_at[d]
    return bool(done and devices.operator[d] == 0)


@compiled
def against_closed(devices: Devices, scores: Scores, d: int) -> int:
    """What speaks against "it has been closed all the time"."""
    against = 0
    if has_run(devices, d):
        against += trust(devices, scores, d)
    if devices.crew_open_at[d] != NEVER or was_mended(devices, d):
        against += report_trust(devices, scores, d)
    return min(against, scores.scada_good + report_trust(devices, scores, d))


@compiled
def against_open(
    devices: Devices, scores: Scores, telemetered: NDArray[np.bool_], d: int, opened: int, until: int, now: int
) -> int:
    """What speaks against "it opened at `opened`, and after the last shot at `until` has stayed open"."""
    near, against = scores.clock_tolerance, 0
    if devices.position[d] == OPEN:
        if has_run(devices, d) and abs(opened - devices.open_first[d]) > near:
            against += scores.mismatch
    elif devices.position[d] == CLOSED:
        at = devices.position_at[d]
        if until > at + near:
            against += scores.unseen
        elif now < at + scores.reclaim:
            against += scores.scada_trial
        else:
            against += trust(devices, scores, d)
            if has_run(devices, d) and abs(opened - devices.open_first[d]) > near:
                against += scores.mismatch
    elif telemetered[d]:
        against += scores.unseen
    if devices.crew_open_at[d] != NEVER and opened > devices.crew_open_at[d]:
        against += report_trust(devices, scores, d)
    if devices.crew_done_at[d] != NEVER and opened <= devices.crew_done_at[d]:
        against += report_trust(devices, scores, d)
    return against


@compiled
def against_back(
    devices: Devices, scores: Scores, telemetered: NDArray[np.bool_], d: int, opened: int, closed: int
) -> int:
    """What speaks against "it opened at `opened` and closed again at `closed`"."""
    near, against = scores.clock_tolerance, 0
    run = has_run(devices, d)
    if devices.position[d] == OPEN:
        against += trust(devices, scores, d)
    elif devices.position[d] == CLOSED:
        at = devices.position_at[d]
        if abs(closed - at) > near:
            against += scores.mismatch if run or closed < at else scores.unseen
        if run and abs(opened - devices.open_first[d]) > near:
            against += scores.mismatch
    elif telemetered[d]:
        against += scores.unseen
    if devices.crew_open_at[d] != NEVER and closed <= devices.crew_open_at[d]:
        against += report_trust(devices, scores, d)
    if devices.operator[d] == OPERATOR_OPEN:
        against += OPERATOR
    return against


class Claims(NamedTuple):
    """What open outages, SCADA and crews say, for a picture."""

    held: NDArray[np.int64]
    """[outages, fields of `Held`]."""
    spoken: NDArray[np.int64]
    """Devices of which SCADA or a crew has spoken, rising."""
    fed: NDArray[np.int64]
    """[n, 2] devices that the picture before had fed over a tie, and since when."""


class Named(NamedTuple):
    """Moments that are known before reports are looked at, in the order in which their times are believed."""

    opened: NDArray[np.int64]
    """Times with sources (`KINDS`), by SCADA."""
    closed: NDArray[np.int64]
    telemetered: NDArray[np.int64]
    """[n, 2] what SCADA has timed, with the last opening of the sequence: it would have told the end of it, too."""
    held: NDArray[np.int64]
    """Times with sources at which open outages began, by what was heard until the last picture, and crews' findings."""
    held_closed: NDArray[np.int64]
    crews: NDArray[np.int64]
    """[n, 2] (time, topmost device of its class) of what crews have found that nobody holds."""


@compiled
def named_of(forest: Forest, devices: Devices, claims: Claims) -> Named:
    """Collect what SCADA, crews and outages name."""
    held, spoken = claims.held, claims.spoken
    opened, closed = np.empty(len(spoken), np.int64), np.empty(2 * len(spoken), np.int64)
    telemetered, crews = np.empty((len(spoken), 2), np.int64), np.empty((len(spoken), 2), np.int64)
    a, b, c = 0, 0, 0
    for d in spoken:
        if devices.open_first[d] > devices.settled_at[d]:
            at = devices.open_first[d]
            opened[a] = at * KINDS + METERS
            telemetered[a, 0], telemetered[a, 1] = at, max(at, devices.open_last[d])
            a += 1
        if devices.position[d] == CLOSED and devices.position_at[d] > devices.settled_at[d]:
            closed[b] = devices.position_at[d]
            b += 1
    for d in spoken:
        is_held = False
        for one in range(len(held)):
            is_held = is_held or held[one, 0] == forest.class_of[d]
        if devices.crew_open_at[d] != NEVER and not is_held:
            crews[c, 0], crews[c, 1] = devices.crew_open_at[d], forest.class_of[d]
            c += 1
        if devices.crew_done_at[d] != NEVER and is_held:
            closed[b] = devices.crew_done_at[d]
            b += 1
    began = np.concatenate((np.sort(held[:, 3] * KINDS + held[:, 4]), crews[:c, 0] * KINDS + CREW))
    again = held[:, 5]
    ended = np.concatenate((np.sort(claims.fed[:, 1]), again[again != NEVER]))
    return Named(opened[:a], closed[:b], telemetered[:a], began, ended, crews[:c])


@compiled
def nearest(times: NDArray[np.int64], at: int) -> int:
    """The moment that is nearest to a time, the earlier of two."""
    found = 0
    for k in range(1, len(times)):
        if abs(times[k] - at) < abs(times[found] - at):
            found = k
    return found


@compiled
def certain_slots(claims: Claims, owner: NDArray[np.int32]) -> NDArray[np.bool_]:
    """By slot which outages are confirmed, up to the last one; `owner` says who owns the points of the span."""
    held, slots = claims.held, 1
    for slot in owner:
        slots = max(slots, 1 + slot)
    for one in range(len(held)):
        slots = max(slots, 1 + held[one, 2])
    certain = np.zeros(slots, np.bool_)
    for one in range(len(held)):
        certain[held[one, 2]] = held[one, 6] == 1
    return certain


class Holds(NamedTuple):
    """Which moments of a picture are those of outages and of devices."""

    opening_of: NDArray[np.int64]
    """By slot of an open outage its opening moment, -1 of others; ..."""
    closing_of: NDArray[np.int64]
    """... the closing moment at which the last picture had it closed again; ..."""
    told_of: NDArray[np.int64]
    """... and of one that it had not, the moment at which its device has closed by SCADA."""
    prior: NDArray[np.int64]
    """[K] what the openings of the outages that hold a moment weigh."""
    named: NDArray[np.int64]
    """[n] the moment at which SCADA or a crew has a device's class open, -1 none."""
    services: NDArray[np.int64]
    """By slot the opening moment of an outage that is a single service, -1 of others."""


@compiled
def holds_of(
    forest: Forest,
    devices: Devices,
    scores: Scores,
    weight: NDArray[np.int64],
    span: Span,
    opened: NDArray[np.int64],
    closed: NDArray[np.int64],
    claims: Claims,
    slots: int,
) -> Holds:
    """Find the moments; `weight` is what an opening of each device weighs, `slots` how many there are."""
    held = claims.held
    named = _named_open(forest, devices, span, opened, claims)
    opening_of, closing_of, told_of = np.full((3, slots), -1, np.int64)
    services, prior = np.full(slots, -1, np.int64), np.zeros(len(opened), np.int64)
    for one in range(len(held)):
        device, slot, k = held[one, 0], held[one, 2], nearest(opened, held[one, 3])
        opening_of[slot] = k
        if held[one, 5] != NEVER:
            closing_of[slot] = nearest(closed, held[one, 5])
        elif device >= span.device and len(closed) > 0:
            told_of[slot] = _closed_by_scada(forest, devices, device, opened[k], closed)
        if device < 0:
            services[slot] = k
            prior[k] += scores.service_prior
        else:
            trusted = device >= span.device and named[device - span.device] == k
            prior[k] += weight[device] + (scores.scada_good if trusted else 0)
    return Holds(opening_of, closing_of, told_of, prior, named, services)


@compiled
def _closed_by_scada(forest: Forest, devices: Devices, top: int, opened: int, closed: NDArray[np.int64]) -> int:
    """The closing moment of which SCADA tells of a device of the class since it opened, -1 none."""
    found = -1
    for d in range(top, forest.device_end[top]):
        if forest.class_of[d] == top:
            at = devices.position_at[d]
            if devices.position[d] == CLOSED and at > opened and at > devices.settled_at[d]:
                found = nearest(closed, at)
        elif forest.point_end[d] > forest.point_start[d]:
            break
    return found


@compiled
def _named_open(
    forest: Forest, devices: Devices, span: Span, opened: NDArray[np.int64], claims: Claims
) -> NDArray[np.int64]:
    held, named = claims.held, np.full(span.device_end - span.device, -1, np.int64)
    for d in claims.spoken:
        top = forest.class_of[d]
        if top < span.device:
            continue  # of a feeder whose breaker no point can tell from what stands above it
        if devices.open_first[d] > devices.settled_at[d]:
            named[top - span.device] = nearest(opened, devices.open_first[d])
        elif devices.crew_open_at[d] != NEVER:
            for one in range(len(held)):
                if held[one, 0] == top:
                    named[top - span.device] = nearest(opened, held[one, 3])
    return named
