"""What customers say: some call when power is gone, a few when it is back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from models.evidence.kinds import KIND_CODE
from simulator.chance import chance
from simulator.course import NEVER, NONE
from simulator.telemetry.fleet import milliseconds
from simulator.telemetry.reports import Reports, in_file_order, joined

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.random import Generator
    from numpy.typing import NDArray

    from models.network.network import Network
    from simulator.course import Course
    from simulator.options import StormOptions
    from simulator.supply import Interruptions

NO_POWER: Final = KIND_CODE["no_power"]
PARTIAL_POWER: Final = KIND_CODE["partial_power"]
POWER_BACK: Final = KIND_CODE["power_back"]
HAZARD: Final = KIND_CODE["hazard"]
CHANNELS: Final = ("telephone", "web", "text", "app")
_CHANNEL_SHARES: Final = (0.5, 0.2, 0.2, 0.1)
_NO_POWER_MINUTES: Final = (2, 20)
_POWER_BACK_MINUTES: Final = (1, 15)
_POWER_BACK_SHARE: Final = 0.2
"""Of those who would call about an outage, how many call about its end."""
_TALK_SECONDS: Final = (5, 60)
_ACCOUNT_SHARE: Final = 0.3
"""Of the calls with noise on: those that name the account."""
_HAZARD_SHARE: Final = 0.1
"""Of the lasting faults: somebody reports the danger."""
_PARTIAL_SHARE: Final = 2e-4
"""Of the usage points, over the duration."""
_MISTAKEN_SHARE: Final = 2e-4
"""Of the interruptions over ten minutes."""
_LONG_MS: Final = 600_000


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls in the order of their lines."""

    reports: Reports
    channel: NDArray[np.uint8]
    """Index in `CHANNELS`."""
    by_account: NDArray[np.bool_]
    """The call names the account, not the usage point."""


def calls(
    network: Network,
    course: Course,
    interruptions: Interruptions,
    options: StormOptions,
    lag: Callable[[Generator, tuple[float, float], int], NDArray[np.int64]] | None = None,
) -> Calls:
    """Return all calls as their lines stand in the file.

    `lag` draws how long after losing power, and after having it again, customers call; it is given the usual minutes.
    """
    lots = chance(options.seed, "calls")
    said = [_about_interruptions(lots, network, interruptions, options, lag or _minutes)]
    if options.noise:
        said += [_hazards(lots, network, course), _partial(lots, network, interruptions, options)]
        said.append(_mistaken(lots, interruptions))
    reports = in_file_order(lots, joined(said))
    channel = lots.choice(len(CHANNELS), len(reports), p=_CHANNEL_SHARES).astype(np.uint8)
    by_account = lots.random(len(reports)) < options.noise * _ACCOUNT_SHARE
    by_account &= _account_in_one_place(network)[reports.point]
    return Calls(reports, channel, by_account)


def _hazards(lots: Generator, network: Network, course: Course) -> Reports:
    """Let some near the damage report wires down, trees on lines, sparks."""
    found = [
        (int(lots.integers(network.point_start[fault.device], network.point_end[fault.device])), fault.opened_at)
        for fault in course.faults
        if fault.kind == "fault" and fault.device != NONE and not fault.momentary and lots.random() < _HAZARD_SHARE
    ]
    point = np.array([point for point, _ in found], np.int32)
    at = np.array([at for _, at in found], np.int64) + _minutes(lots, _NO_POWER_MINUTES, len(found))
    return Reports.of(point, HAZARD, at, at + _talk(lots, len(found)))


def _partial(lots: Generator, network: Network, interruptions: Interruptions, options: StormOptions) -> Reports:
    """Let customers call who have lost part of their power, by a fault in their own service: no outage."""
    point = np.flatnonzero(lots.random(len(network.customers)) < _PARTIAL_SHARE).astype(np.int32)
    at = options.start_at + milliseconds(options.duration_seconds * lots.random(len(point)))
    reports = Reports.of(point, PARTIAL_POWER, at, at + _talk(lots, len(point)))
    return reports.take(~interruptions.is_out(point, at))


def _mistaken(lots: Generator, interruptions: Interruptions) -> Reports:
    """Let a few say that power is back in the midst of an outage: they mean another place."""
    out_at, back_at = interruptions.out_at, interruptions.back_at
    rows = np.flatnonzero((back_at < NEVER) & (back_at - out_at > _LONG_MS))
    rows = rows[lots.random(len(rows)) < _MISTAKEN_SHARE]
    at = out_at[rows] + ((back_at - out_at)[rows] * lots.uniform(0.1, 0.9, len(rows))).astype(np.int64)
    return Reports.of(interruptions.point[rows], POWER_BACK, at, at + _talk(lots, len(rows)))


def _about_interruptions(
    lots: Generator,
    network: Network,
    interruptions: Interruptions,
    options: StormOptions,
    lag: Callable[[Generator, tuple[float, float], int], NDArray[np.int64]],
) -> Reports:
    """Return the calls: `no_power` of those still out when they call, `power_back` of those who have power again."""
    point, out_at, back_at = interruptions.point, interruptions.out_at, interruptions.back_at
    at = out_at + lag(lots, _NO_POWER_MINUTES, len(point))
    calls = _some_call(lots, network, point, options.calls) & (at < back_at)
    gone = Reports.of(point, NO_POWER, at, at + _talk(lots, len(point))).take(calls)
    back = (back_at < NEVER) & (back_at - out_at > _NO_POWER_MINUTES[0] * 60_000)
    point, back_at, next_out_at = point[back], back_at[back], interruptions.next_out_at()[back]
    at = back_at + lag(lots, _POWER_BACK_MINUTES, len(point))
    calls = _some_call(lots, network, point, options.calls * _POWER_BACK_SHARE) & (at < next_out_at)
    return joined([gone, Reports.of(point, POWER_BACK, at, at + _talk(lots, len(point))).take(calls)])


def _account_in_one_place(network: Network) -> NDArray[np.bool_]:
    """Return by usage point whether it has an account, and all points of that hang on the same device."""
    if not len(network.account_points):
        return np.zeros(len(network.account), bool)
    device = network.point_device[network.account_points]
    start = network.account_start[:-1]
    same = np.minimum.reduceat(device, start) == np.maximum.reduceat(device, start)
    alone: NDArray[np.bool_] = (network.account != NONE) & same[network.account]
    return alone


def _some_call(lots: Generator, network: Network, point: NDArray[np.int32], share: float) -> NDArray[np.bool_]:
    """Draw behind which points somebody calls: each customer of a point does with the same probability."""
    return lots.random(len(point)) < 1 - (1 - share) ** network.customers[point]


def _minutes(lots: Generator, span: tuple[float, float], size: int) -> NDArray[np.int64]:
    return milliseconds(60 * lots.uniform(*span, size))


def _talk(lots: Generator, size: int) -> NDArray[np.int64]:
    return milliseconds(lots.uniform(*_TALK_SECONDS, size))
