"""What crews say of devices and outages; their word goes before SCADA's and the meters'.

The open device that a crew on site names is open; when it has completed, that device is closed. Where it was sent says
nothing of what is open. The latest report of a crew counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from models.contracts.topics import CREW_EVENTS
from models.evidence.batch import RefusedLine
from models.outages.inference.knowledge import NEVER
from models.outages.rules.operators.positions import end_operator_position
from models.outages.state.partition import holder_of
from models.outages.state.record_writer import class_members

if TYPE_CHECKING:
    from models.evidence.batch import CrewRow
    from models.outages.state.outage import Outage
    from models.outages.state.partition import Partition

AT_WORK: Final = frozenset({"on_site", "repairing"})


def concerns(partition: Partition, row: CrewRow) -> bool:
    """Whether a report is about these zones; one that names only an outage goes to all who may know it."""
    if partition.whole or row.event.outage_id in partition.known:
        return True
    named = _position(partition, row.device), _position(partition, row.found_device), _open_device(partition, row)
    return max(named) >= 0


def zone_of(partition: Partition, row: CrewRow) -> int:
    """The zone that a report is about: its device's, or its outage's; -1 if it is about none of these."""
    device = _position(partition, row.device)
    outage = partition.by_name.get(row.event.outage_id or "")
    if device < 0 and outage is not None:
        return outage.zone
    device = _open_device(partition, row) if device < 0 else device
    device = _position(partition, row.found_device) if device < 0 else device
    return int(partition.network.device_zone[device]) if device >= 0 else -1


def refuse(partition: Partition, row: CrewRow, raw_partition: int) -> RefusedLine | None:
    """The refusal of a report that names an outage nobody has published; None if it may be used."""
    name = row.event.outage_id
    if name is None or name in partition.known:
        return None
    message = f"outage_id {name[:40]!r} is not known; check that the outage was published before the crew named it"
    where = row.log_time, CREW_EVENTS, raw_partition, row.offset
    return RefusedLine(*where, "unknown-outage", message, row.value, row.envelope)


def order(row: CrewRow) -> tuple[int, str, str, str, str, int, int]:
    """Reports of one instant are taken in this order, however they came in."""
    event = row.event
    names = event.crew_id, event.status, event.outage_id or "", event.open_device_id or ""
    return row.observed_at, *names, row.device, row.found_device


def hear_crew(partition: Partition, crews: dict[str, list[int | str]], row: CrewRow) -> Outage | None:
    """Take in one report; returns the outage that it is about, if one is open."""
    note(crews, row)
    device = _position(partition, row.device)
    opened = _open_device(partition, row)
    outage = _outage(partition, row.event.outage_id, opened if opened >= 0 else device)
    if row.event.status in AT_WORK and opened >= 0:
        _finds_open(partition, opened, row.observed_at)
    elif row.event.status == "completed":
        done = opened if opened >= 0 else device
        if done < 0 and outage is not None:
            done = outage.device
        if done >= 0:
            _is_done(partition, done, row.observed_at)
    if outage is not None and (found := _position(partition, row.found_device)) >= 0:
        outage.found_device = found
        if not outage.suspected:
            partition.dirty[outage.outage_id] = outage
    return outage


def _finds_open(partition: Partition, device: int, at: int) -> None:
    devices = partition.devices
    if devices.operator[device] and at <= devices.operator_at[device]:
        return
    if devices.operator[device]:
        end_operator_position(partition, device)
    if at > devices.crew_done_at[device] and devices.crew_open_at[device] == NEVER:
        devices.crew_open_at[device] = at
        partition.note_device(device)


def _is_done(partition: Partition, device: int, at: int) -> None:
    """Whatever crews said of the devices of its class is over."""
    devices = partition.devices
    for member in class_members(partition.network, device):
        if devices.operator[member] and at <= devices.operator_at[member]:
            continue
        if devices.operator[member]:
            end_operator_position(partition, member)
        devices.crew_open_at[member] = NEVER
        devices.crew_done_at[member] = max(int(devices.crew_done_at[member]), at)
        partition.note_device(member)


def note(crews: dict[str, list[int | str]], row: CrewRow) -> None:
    """Remember the latest report of a crew."""
    if is_news(crews, row):
        crews[row.event.crew_id] = list(order(row))


def is_news(crews: dict[str, list[int | str]], row: CrewRow) -> bool:
    """Whether a report is later than all that its crew has said."""
    last = crews.get(row.event.crew_id)
    return last is None or order(row) > tuple(last)


def _open_device(partition: Partition, row: CrewRow) -> int:
    """The position of the device that the crew found open, if it is of these zones."""
    name = row.event.open_device_id
    device = -1 if name is None else int(partition.network.find_devices([name])[0])
    return device if partition.owns(device) else -1


def _position(partition: Partition, number: int) -> int:
    """The position of a device of these zones; of others -1."""
    device = partition.network.device_at(number)
    return device if partition.owns(device) else -1


def _outage(partition: Partition, name: str | None, device: int) -> Outage | None:
    """The open outage that a report names, or that the device's class holds."""
    if name is not None:
        return partition.by_name.get(partition.survivors.get(name, name))
    return None if device < 0 else holder_of(partition, device)
