"""What SCADA and crews say of a device itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.columns.compiled import compiled, inlined
from models.outages.inference.knowledge import CLOSED, GOOD, NEVER, OPEN, Devices

if TYPE_CHECKING:
    from models.outages.weights.scores import Scores


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
