"""What operators say of a device's position: it goes before SCADA, crews and meters until one of them says newer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.outages.inference.knowledge import NEVER, OPERATOR_CLOSED, OPERATOR_OPEN
from models.outages.state.record_writer import class_members

if TYPE_CHECKING:
    from models.outages.state.partition import Partition


def declare_open(partition: Partition, device: int, since: int, at: int, code: int = OPERATOR_OPEN) -> None:
    """A device (position) has been open since a moment (ms), as was said at another; `CONFIRMED_OPEN` until then."""
    devices = partition.devices
    devices.operator[device], devices.operator_at[device] = code, at
    devices.crew_open_at[device], devices.crew_done_at[device] = since, NEVER
    partition.note_device(device)


def declare_closed(partition: Partition, device: int, at: int) -> None:
    """A device and those that customers cannot tell from it have not been open later than a moment (ms)."""
    devices = partition.devices
    for member in class_members(partition.network, device):
        devices.operator[member], devices.operator_at[member] = OPERATOR_CLOSED, at
        devices.crew_open_at[member], devices.crew_done_at[member] = NEVER, at
        devices.settled_at[member] = max(int(devices.settled_at[member]), at)
        partition.note_device(member)


def declare_closed_again(partition: Partition, device: int, at: int) -> None:
    """A device has closed at a moment (ms): whoever had it or one of its class open before was right."""
    devices = partition.devices
    for member in class_members(partition.network, device):
        devices.operator[member], devices.operator_at[member] = OPERATOR_CLOSED, at
        devices.crew_done_at[member] = at
        if devices.crew_open_at[member] >= at:
            devices.crew_open_at[member] = NEVER
        partition.note_device(member)


def end_operator_position(partition: Partition, device: int) -> None:
    """What operators said of a device no longer counts."""
    devices = partition.devices
    if devices.operator[device] != OPERATOR_CLOSED:
        devices.crew_open_at[device] = NEVER
    devices.operator[device], devices.operator_at[device] = 0, NEVER
