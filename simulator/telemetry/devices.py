"""What the control centre sees of the devices: the positions of those that are telemetered, ties included."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from simulator.chance import between, chance
from simulator.course import moves

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from models.network.network import Network
    from simulator.course import Course
    from simulator.options import StormOptions

_TELEMETRY_SECONDS: Final = (0.2, 3.0)
_UNCERTAIN_SHARE: Final = 0.02
_BAD_SHARE: Final = 0.02


@dataclass(frozen=True, slots=True)
class DeviceReport:
    """A position of a device, or an alarm about it."""

    device: int
    position: Literal["open", "closed"] | None
    """None: an alarm."""
    quality: Literal["good", "uncertain", "bad"]
    observed_at: int
    received_at: int
    condition_type: str | None = None
    active: bool | None = None
    severity: int | None = None
    message: str | None = None


def device_reports(network: Network, course: Course, options: StormOptions) -> list[DeviceReport]:
    """Return a report of each operation of a telemetered device, in the order in which they come in."""
    lots = chance(options.seed, "scada")
    seen = [move for move in moves(course) if network.telemetered[move[2]]]
    reports = [
        DeviceReport(device, position, "good", at, at + between(lots, *_TELEMETRY_SECONDS))
        for at, position, device in seen
    ]
    if options.noise:
        reports = [_clouded(lots, report) for report in reports]
        reports += [_alarm(lots, device, at) for at, position, device in seen if position == "open"]
        telemetered = np.flatnonzero(network.telemetered)
        reports += [_untrue(lots, telemetered, report) for report in reports if lots.random() < _BAD_SHARE]
    return sorted(reports, key=lambda report: report.received_at)


def _clouded(lots: Generator, report: DeviceReport) -> DeviceReport:
    """Lose the quality of a few true positions: the link was down for a moment."""
    return replace(report, quality="uncertain") if lots.random() < _UNCERTAIN_SHARE else report


def _alarm(lots: Generator, device: int, at: int) -> DeviceReport:
    received_at = at + between(lots, *_TELEMETRY_SECONDS)
    return DeviceReport(device, None, "good", at, received_at, "trip", True, 700, "protection has tripped")  # noqa: FBT003


def _untrue(lots: Generator, telemetered: NDArray[np.int64], report: DeviceReport) -> DeviceReport:
    """Make up a position that is worth nothing, of any telemetered device, and says so."""
    device = int(telemetered[lots.integers(len(telemetered))])
    position: Literal["open", "closed"] = "open" if lots.random() < 0.5 else "closed"
    return DeviceReport(device, position, "bad", report.observed_at, report.received_at)
