"""What customers say: some call when power is gone, a few when it is back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from models.evidence import KIND_CODE
from simulator.chance import chance
from simulator.course import NEVER
from simulator.telemetry.fleet import milliseconds
from simulator.telemetry.reports import Reports, in_file_order, joined

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from models.network import Network
    from simulator.options import StormOptions
    from simulator.supply import Interruptions

NO_POWER: Final = KIND_CODE["no_power"]
POWER_BACK: Final = KIND_CODE["power_back"]
CHANNELS: Final = ("telephone", "web", "text", "app")
_CHANNEL_SHARES: Final = (0.5, 0.2, 0.2, 0.1)
_NO_POWER_MINUTES: Final = (2, 20)
_POWER_BACK_MINUTES: Final = (1, 15)
_POWER_BACK_SHARE: Final = 0.2
"""Of those who would call about an outage, how many call about its end."""
_TALK_SECONDS: Final = (5, 60)


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls in the order of their lines."""

    reports: Reports
    channel: NDArray[np.uint8]
    """Index in `CHANNELS`."""
    by_account: NDArray[np.bool_]
    """The call names the account, not the usage point."""


def calls(network: Network, interruptions: Interruptions, options: StormOptions) -> Calls:
    """Return all calls as their lines stand in the file."""
    lots = chance(options.seed, "calls")
    reports = in_file_order(lots, _reports(lots, network, interruptions, options))
    channel = lots.choice(len(CHANNELS), len(reports), p=_CHANNEL_SHARES).astype(np.uint8)
    return Calls(reports, channel, np.zeros(len(reports), bool))


def _reports(lots: Generator, network: Network, interruptions: Interruptions, options: StormOptions) -> Reports:
    """Return the calls: `no_power` of those still out when they call, `power_back` of those who have power again."""
    point, out_at, back_at = interruptions.point, interruptions.out_at, interruptions.back_at
    at = out_at + _minutes(lots, _NO_POWER_MINUTES, len(point))
    calls = _some_call(lots, network, point, options.calls) & (at < back_at)
    gone = Reports.of(point, NO_POWER, at, at + _talk(lots, len(point))).take(calls)
    back = (back_at < NEVER) & (back_at - out_at > _NO_POWER_MINUTES[0] * 60_000)
    point, back_at, next_out_at = point[back], back_at[back], interruptions.next_out_at()[back]
    at = back_at + _minutes(lots, _POWER_BACK_MINUTES, len(point))
    calls = _some_call(lots, network, point, options.calls * _POWER_BACK_SHARE) & (at < next_out_at)
    return joined([gone, Reports.of(point, POWER_BACK, at, at + _talk(lots, len(point))).take(calls)])


def _some_call(lots: Generator, network: Network, point: NDArray[np.int32], share: float) -> NDArray[np.bool_]:
    """Draw behind which points somebody calls: each customer of a point does with the same probability."""
    return lots.random(len(point)) < 1 - (1 - share) ** network.customers[point]


def _minutes(lots: Generator, span: tuple[float, float], size: int) -> NDArray[np.int64]:
    return milliseconds(60 * lots.uniform(*span, size))


def _talk(lots: Generator, size: int) -> NDArray[np.int64]:
    return milliseconds(lots.uniform(*_TALK_SECONDS, size))
