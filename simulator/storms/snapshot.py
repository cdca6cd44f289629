"""The snapshot: many devices open at one moment, none above another, and nothing else happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.chance import chance
from simulator.classes import SWITCH, classes_for_faults
from simulator.course import NEVER, NONE, Course, Fault
from simulator.occupancy import Occupancy

if TYPE_CHECKING:
    from models.network.network import Network
    from simulator.course import FaultKind
    from simulator.options import StormOptions


def snapshot(network: Network, options: StormOptions) -> Course:
    """Open `options.simultaneous` classes of devices, drawn evenly; fewer where no more fit beside each other."""
    lots = chance(options.seed, "faults")
    classes = classes_for_faults(network)
    course, occupancy = Course(), Occupancy(network)
    for top in lots.permutation(classes.top).tolist():
        if len(course.faults) == options.simultaneous:
            break
        if occupancy.free(top, options.start_at, NEVER):
            occupancy.take(top, options.start_at, NEVER)
            device = classes.draw_device(lots, top)
            kind: FaultKind = "planned" if network.device_kind[device] == SWITCH else "fault"
            course.add(Fault(device, NONE, kind, options.start_at, NEVER, "storm", device))
    return course
