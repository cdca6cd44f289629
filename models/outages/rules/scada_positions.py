"""What follows from SCADA's positions: the area of a device is looked at, now and when a closed position has lasted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.outages.inference.knowledge import CLOSED, GOOD
from models.outages.rules.operators.positions import declare_closed_again, end_operator_position

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
    """A newer good position ends what an operator said of a device, but for a cut there."""
    devices, number = partition.devices, int(partition.network.device_number[device])
    at, said_at = int(devices.position_at[device]), int(devices.operator_at[device])
    newer = devices.quality[device] == GOOD and at > said_at
    if not devices.operator[device] or not newer or partition.ways.cut_at(number) is not None:
        return
    if devices.position[device] == CLOSED and partition.ways.told.get(number) == said_at:
        del partition.ways.told[number]  # it stood for a supply that was lost, and feeds by itself from now on
        declare_closed_again(partition, device, at)
    else:
        end_operator_position(partition, device)
