"""What the head-ends hear of the meters: last gasps, restoration messages, copies, false gasps.

A meter that loses power waits (hold-off) and then sends its last gasp, unless power is back by then: it has noticed
nothing. One that has noticed says so when it has power again. Its clock is off by the same error in both messages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from models.evidence.kinds import KIND_CODE, POWER_RESTORED
from simulator.chance import chance
from simulator.course import NEVER
from simulator.telemetry.fleet import clock_error_ms, delay_ms, hold_off_ms, milliseconds, slowed
from simulator.telemetry.noise import Noise
from simulator.telemetry.reports import Reports, joined

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from simulator.options import StormOptions
    from simulator.supply import Interruptions
    from simulator.telemetry.fleet import Fleet

LAST_GASP: Final = KIND_CODE["last_gasp"]
_AT_ONCE_MS: Final = 60_000
"""Without delays a message arrives exactly so long after what it tells."""
_WAKING_SECONDS: Final = (5, 30)
"""How long a meter has power again before it speaks."""
_REPEAT_MS: Final = 300_000
"""With mains back a meter says so again every five minutes, until the head-end has confirmed it."""


def meter_reports(interruptions: Interruptions, meters: Fleet, options: StormOptions) -> Reports:
    """Return all that arrives from the meters about these interruptions, false gasps and copies included."""
    heard = [_about_interruptions(interruptions, meters, options), _false_gasps(interruptions, meters, options)]
    reports = joined(heard)
    if options.noise:
        noise = Noise(interruptions, meters, options)
        besides = noise.reports()
        of_known_meters = reports.take(reports.observed_at < noise.removed_at[reports.point])
        reports = joined([of_known_meters, besides])
    return joined([reports, _copies(chance(options.seed, "copies"), reports, meters, options)])


def _about_interruptions(all_interruptions: Interruptions, meters: Fleet, options: StormOptions) -> Reports:
    lots = chance(options.seed, "meters")
    next_out_at = all_interruptions.next_out_at()
    metered = meters.metered[all_interruptions.point]
    point, out_at = all_interruptions.point[metered], all_interruptions.out_at[metered]
    back_at, next_out_at = all_interruptions.back_at[metered], next_out_at[metered]
    source = meters.source[point]
    hold_off = slowed(hold_off_ms(lots, source), options)
    noticed = back_at - out_at >= hold_off
    error = clock_error_ms(lots, len(point))

    gasped = noticed & meters.delivered(lots, point)
    arrival = out_at + _way(lots, hold_off, source, options)
    gasps = Reports.of(point, LAST_GASP, out_at + error, arrival).take(gasped)

    waking = slowed(milliseconds(lots.uniform(*_WAKING_SECONDS, len(point))), options)
    lost = _lost_tries(lots, len(point), options)
    spoken_at = back_at + waking + lost * _REPEAT_MS
    speaks = noticed & (back_at < NEVER) & (lost <= options.restoration_repeats) & (spoken_at < next_out_at)
    arrival = back_at + _way(lots, waking, source, options) + lost * _REPEAT_MS
    return joined([gasps, Reports.of(point, POWER_RESTORED, back_at + error, arrival, out_at + error).take(speaks)])


def _lost_tries(lots: Generator, count: int, options: StormOptions) -> NDArray[np.int64]:
    """Draw how many tries of each restoration message are lost before one is heard; each is lost on its own."""
    if options.restoration_delivery <= 0:
        return np.full(count, options.restoration_repeats + 1, np.int64)
    lost: NDArray[np.int64] = lots.geometric(options.restoration_delivery, count) - 1
    return lost


def _way(
    lots: Generator, wait: NDArray[np.int64], source: NDArray[np.uint8], options: StormOptions
) -> NDArray[np.int64]:
    """Return how long after the fact a message arrives: what the meter waits, and its delay."""
    delay = slowed(delay_ms(lots, source), options)
    arrives: NDArray[np.int64] = np.where(options.delays, wait + delay, _AT_ONCE_MS)
    return arrives


def _false_gasps(interruptions: Interruptions, meters: Fleet, options: StormOptions) -> Reports:
    """Draw meters that send a gasp with power on, each once at any time of the duration."""
    lots = chance(options.seed, "false gasps")
    point = np.flatnonzero(meters.metered & (lots.random(len(meters.metered)) < options.false_gasps)).astype(np.int32)
    at = options.start_at + milliseconds(options.duration_seconds * lots.random(len(point)))
    source = meters.source[point]
    arrival = at + _way(lots, slowed(hold_off_ms(lots, source), options), source, options)
    reports = Reports.of(point, LAST_GASP, at + clock_error_ms(lots, len(point)), arrival)
    return reports.take(~interruptions.is_out(point, at))


def _copies(lots: Generator, reports: Reports, meters: Fleet, options: StormOptions) -> Reports:
    """Draw messages that come once more by another path, after a delay of its own."""
    again = reports.take(lots.random(len(reports)) < options.copies)
    other_way = slowed(delay_ms(lots, meters.source[again.point]), options) if options.delays else np.int64(0)
    return Reports.of(
        again.point, again.kind, again.observed_at, again.received_at + other_way, again.outage_started_at
    )
