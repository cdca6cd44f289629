"""What crews put into the network for a while, by an operator's word: cuts, jumpers and generators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.outages.inference.knowledge import OPEN
from models.outages.rules.operators.named_places import device_of
from models.outages.rules.operators.positions import declare_closed_again, declare_open, end_operator_position
from models.outages.state.verdict import Refused

if TYPE_CHECKING:
    from models.evidence.batch import CommandRow
    from models.outages.state.partition import Partition


def place(partition: Partition, row: CommandRow, now: int) -> None:
    """Put in an element at a device. It is the network's, no outage's: who is fed by it, positions and time tell."""
    zone, command, at = partition.zone_of.get(row.zone_id, -1), row.event, _at(row, now)
    device = device_of(partition, command.device_id or "", zone)
    other = device_of(partition, command.other_device_id, zone) if command.other_device_id else -1
    if other == device:
        raise Refused("elsewhere", "both ends of the jumper are at one device; name what feeds the other end")
    numbers = partition.network.device_number
    places = int(numbers[device]), int(numbers[other]) if other >= 0 else -1
    partition.ways.place(command.command_id, command.kind, zone, places, at)
    partition.switched.add(zone)
    if command.kind == "cut":
        declare_open(partition, device, at, at)


def remove(partition: Partition, row: CommandRow, now: int) -> None:
    """Take out an element."""
    element = partition.ways.elements.get(row.event.element_id or "")
    if element is None or element.until is not None:
        message = f"{(row.event.element_id or '')[:40]!r} is nothing that was placed; give the command that placed it"
        raise Refused("unknown_element", message)
    at = element.until = max(_at(row, now), element.since)
    partition.switched.add(element.zone)
    device = partition.network.device_at(element.device)
    if device < 0:
        return
    if element.kind == "cut" and partition.ways.cut_at(element.device) is None:
        if partition.devices.position[device] == OPEN:
            end_operator_position(partition, device)
            partition.note_device(device)
        else:
            declare_closed_again(partition, device, at)


def _at(row: CommandRow, now: int) -> int:
    at = row.observed_at if row.event.time is None else row.event.time
    if at > now:
        raise Refused("impossible_time", "that is yet to come; give the time since when it is so")
    return at
