"""What follows from SCADA's positions: the area of a device is looked at, now and when a closed position has lasted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.outages.inference.knowledge import CLOSED, GOOD
from models.outages.rules.operators.positions import end_operator_position

if TYPE_CHECKING:
    from models.outages.state.partition import Partition


def hear_scada(partition: Partition, device: int) -> None:
    """A device has another position."""
    partition.note_device(device)
    end_older_operator_position(partition, device)
    devices, area = partition.devices, int(partition.areas.of_device[device])
    lasts_at = int(devices.position_at[device]) + partition.scores.reclaim
    if devices.position[device] == CLOSED and partition.now < lasts_at:
        partition.set_timer(lasts_at, area)


def end_older_operator_position(partition: Partition, device: int) -> None:
    """A newer good position ends what an operator said of a device."""
    devices = partition.devices
    newer = devices.quality[device] == GOOD and devices.position_at[device] > devices.operator_at[device]
    if devices.operator[device] and newer:
        end_operator_position(partition, device)
