"""What follows from SCADA's positions: who runs open is told of, who has closed for good is acted upon."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.outages.inference.device_facts import runs_open
from models.outages.inference.knowledge import CLOSED, NEVER
from models.outages.inference.pass_columns import SUSPECTED
from models.outages.rules.life_cycle import confirm_by_scada
from models.outages.state.partition import class_key

if TYPE_CHECKING:
    from models.outages.state.partition import Partition


def hear_scada(partition: Partition, device: int, now: int) -> None:
    """Whether SCADA has the device open, or a closed position has lasted."""
    devices = partition.devices
    zone = int(partition.network.device_zone[device])
    partition.stir(zone)
    lasts_at = int(devices.position_at[device]) + partition.scores.scada_hold
    if devices.position[device] == CLOSED and now < lasts_at:
        partition.set_timer(lasts_at, device=device)
    if runs_open(devices, partition.scores, device, now):
        partition.tell(device)
    elif devices.open_first[device] != NEVER:
        devices.open_first[device] = NEVER
        devices.closed_at[device] = max(int(devices.closed_at[device]), int(devices.position_at[device]))
        if devices.crew_open_at[device] == NEVER:
            partition.told.get(zone, set()).discard(device)
        partition.to_explain.add(zone)
    _look_at_class(partition, device)


def _look_at_class(partition: Partition, device: int) -> None:
    key = int(partition.network.class_of[device])
    for outage in partition.by_zone.get(int(partition.network.device_zone[device]), {}).values():
        if class_key(partition, outage) == key:
            partition.to_review[outage.outage_id] = outage
            if outage.stance != SUSPECTED:
                confirm_by_scada(partition, outage)
