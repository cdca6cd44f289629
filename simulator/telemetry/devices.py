"""What the control centre sees of the devices: the positions of those that are telemetered, ties included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from simulator.chance import between, chance
from simulator.course import moves

if TYPE_CHECKING:
    from models.network import Network
    from simulator.course import Course
    from simulator.options import StormOptions

_TELEMETRY_SECONDS = (0.2, 3.0)


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
    reports = [
        DeviceReport(device, position, "good", at, at + between(lots, *_TELEMETRY_SECONDS))
        for at, position, device in moves(course)
        if network.telemetered[device]
    ]
    return sorted(reports, key=lambda report: report.received_at)
