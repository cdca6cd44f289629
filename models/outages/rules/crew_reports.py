"""What crews say of devices and outages; their word goes before SCADA's and the meters'.

A crew on site at a device finds it open; one that has completed has closed it. The latest report of a crew counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from models.contracts.topics import CREW_EVENTS
from models.evidence.batch import RefusedLine
from models.outages.inference.knowledge import NEVER
from models.outages.inference.pass_columns import SUSPECTED
from models.outages.rules.life_cycle import confirm, crew_is_done
from models.outages.state.deciding import note as note_decision
from models.outages.state.partition import class_key

if TYPE_CHECKING:
    from models.evidence.batch import CrewRow
    from models.outages.state.outage import Outage
    from models.outages.state.partition import Partition

AT_WORK: Final = frozenset({"on_site", "repairing"})


def concerns(partition: Partition, row: CrewRow) -> bool:
    """Whether a report is about these zones; one that names only an outage goes to all who may know it."""
    if partition.whole or row.event.outage_id in partition.known:
        return True
    return _position(partition, row.device) >= 0 or _position(partition, row.found_device) >= 0


def zone_of(partition: Partition, row: CrewRow) -> int:
    """The zone that a report is about: its device's, or its outage's; -1 if it is about none of these."""
    device = _position(partition, row.device)
    outage = partition.by_name.get(row.event.outage_id or "")
    if device < 0 and outage is not None:
        return outage.zone
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


def order(row: CrewRow) -> tuple[int, str, str, str, int, int]:
    """Reports of one instant are taken in this order, however they came in."""
    event = row.event
    return row.observed_at, event.crew_id, event.status, event.outage_id or "", row.device, row.found_device


def hear_crew(partition: Partition, crews: dict[str, list[int | str]], row: CrewRow) -> Outage | None:
    """Take in one report; returns the outage that it is about, if one is open."""
    note(crews, row)
    device = _position(partition, row.device)
    outage = _outage(partition, row.event.outage_id, device)
    if device < 0 and outage is not None:
        device = outage.device
    if device >= 0:
        partition.stir(int(partition.network.device_zone[device]))
    if row.event.status in AT_WORK:
        _at_work(partition, row, device, outage)
    elif row.event.status == "completed" and device >= 0:
        crew_is_done(partition, int(partition.network.device_zone[device]), device)
        partition.devices.closed_at[device] = max(int(partition.devices.closed_at[device]), row.observed_at)
        partition.to_explain.add(int(partition.network.device_zone[device]))
    if outage is not None and (found := _position(partition, row.found_device)) >= 0:
        outage.found_device = found
        if outage.stance != SUSPECTED:
            confirm(partition, outage)
    return outage


def note(crews: dict[str, list[int | str]], row: CrewRow) -> None:
    """Remember the latest report of a crew."""
    if is_news(crews, row):
        crews[row.event.crew_id] = list(order(row))


def is_news(crews: dict[str, list[int | str]], row: CrewRow) -> bool:
    """Whether a report is later than all that its crew has said."""
    last = crews.get(row.event.crew_id)
    return last is None or order(row) > tuple(last)


def _at_work(partition: Partition, row: CrewRow, device: int, outage: Outage | None) -> None:
    devices = partition.devices
    if device >= 0 and row.observed_at > devices.closed_at[device] and devices.crew_open_at[device] == NEVER:
        devices.crew_open_at[device] = row.observed_at
        partition.tell(device)
    if outage is not None and outage.stance != SUSPECTED:
        if device >= 0 and outage.device >= 0 and _same_class(partition, device, outage.device):
            named = outage.device != device
            outage.device = device
            if named:
                note_decision(partition, "named", outage)
        confirm(partition, outage)


def _same_class(partition: Partition, one: int, other: int) -> bool:
    return bool(partition.network.class_of[one] == partition.network.class_of[other])


def _position(partition: Partition, number: int) -> int:
    """The position of a device of these zones; of others -1."""
    device = int(partition.network.device_position[number]) if number >= 0 else -1
    return device if partition.owns(device) else -1


def _outage(partition: Partition, name: str | None, device: int) -> Outage | None:
    """The open outage that a report names, or that the device's class holds."""
    if name is not None:
        return partition.by_name.get(name)
    if device < 0:
        return None
    key = int(partition.network.class_of[device])
    zone = partition.by_zone.get(int(partition.network.device_zone[device]), {})
    return next((outage for outage in zone.values() if class_key(partition, outage) == key), None)
