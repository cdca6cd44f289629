"""What stands otherwise than normally, since when and who says so: records where that changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from models.outages.inference.knowledge import CLOSED, NEVER, OPEN, OPERATOR_CLOSED, UNKNOWN
from models.outages.state.record_writer import SCHEMA_VERSION, format_time
from models.times.iso8601 import parse_time

if TYPE_CHECKING:
    from models.outages.feeding.ways import Element
    from models.outages.inference.knowledge import Devices
    from models.outages.state.partition import Partition

Record = dict[str, Any]
ALL: Final = -1
"""In place of a device: the network is another version, which may not have all of them."""
POSITIONS: Final = {OPEN: "open", CLOSED: "closed"}


def news(partition: Partition, now: int) -> list[Record]:
    """Records of what has changed at this instant, by id; `sequence` still to come."""
    said: dict[str, Record | None] = {}
    for number in partition.noted:
        device = partition.network.device_at(number)
        if device >= 0 and partition.zones[partition.network.device_zone[device]]:
            said[partition.network.device_ids[device]] = _device(partition, device)
    if ALL in partition.noted:
        known = [name for name, one in partition.abnormal.items() if one["kind"] == "device"]
        here = partition.network.find_devices(known).tolist()
        said |= dict.fromkeys(name for name, device in zip(known, here, strict=True) if device < 0)
    partition.noted.clear()
    for name, element in partition.ways.elements.items():
        said[name] = _element(partition, element) if element.until is None else None
    gone = [name for name, one in partition.abnormal.items() if one["kind"] != "device"]
    said |= dict.fromkeys(name for name in gone if name not in said)
    return [record for name in sorted(said) if (record := _change(partition, name, said[name], now)) is not None]


def _change(partition: Partition, name: str, said: Record | None, now: int) -> Record | None:
    known = partition.abnormal.get(name)
    if said == known:
        return None
    partition.backfeed.known_open = None
    at = format_time(now)
    if said is None:
        zone_id = partition.abnormal.pop(name)["zone_id"]
        return {"element_id": name, "zone_id": zone_id, "updated_at": at, "tombstone": True}
    partition.abnormal[name] = said
    return said | {
        "event_id": f"{name}:{at}",
        "schema_version": SCHEMA_VERSION,
        "organisation": partition.writer.organisation,
        "element_id": name,
        "updated_at": at,
    }


def _device(partition: Partition, device: int) -> Record | None:
    """How a device stands, if that is not the normal way."""
    network, devices = partition.network, partition.devices
    position, since, source = int(devices.position[device]), int(devices.position_at[device]), "scada"
    crew_open, told = int(devices.crew_open_at[device]), partition.ways.told.get(int(network.device_number[device]))
    operator = int(devices.operator[device]) if int(devices.operator_at[device]) != told else 0
    if operator == OPERATOR_CLOSED:
        position, since, source = CLOSED, int(devices.crew_done_at[device]), "operator"
    elif crew_open not in (NEVER, told) and not (position == CLOSED and since > crew_open):
        position, since, source = OPEN, crew_open, "operator" if operator else "crew"
    kept = partition.ways.kept_open.get(int(network.device_number[device]), NEVER)
    if kept > max(int(devices.crew_done_at[device]), since if position == CLOSED else NEVER):
        return partition.abnormal.get(network.device_ids[device])
    normal = OPEN if network.other_parent[device] >= 0 else CLOSED
    is_normal = position in (UNKNOWN, normal)
    if (is_normal or source == "crew") and (known := _found_open(partition, device)) is not None:
        return known
    if is_normal:
        return None
    return _record(partition, "device", device, -1, POSITIONS[position], since) | {"source": source}


def _found_open(partition: Partition, device: int) -> Record | None:
    """What a crew found open, and nobody has said to have closed since: that the picture has it closed is no word."""
    known, devices = partition.abnormal.get(partition.network.device_ids[device]), partition.devices
    if known is None or (known["source"], known["position"]) != ("crew", "open"):
        return None
    return known if closed_by_word(devices, device) <= parse_time(known["since"]) else None


def closed_by_word(devices: Devices, device: int) -> int:
    """When SCADA or a crew has a device closed, the later of both, ms; NEVER if neither has."""
    scada = int(devices.position_at[device]) if devices.position[device] == CLOSED else NEVER
    return max(scada, int(devices.crew_done_at[device]))


def _element(partition: Partition, element: Element) -> Record | None:
    network = partition.network
    device, other = network.device_at(element.device), network.device_at(element.other)
    if device < 0:
        return None  # this version of the network does not have it
    position = "open" if element.kind == "cut" else "closed"
    return _record(partition, element.kind, device, other, position, element.since) | {"source": "operator"}


def _record(partition: Partition, kind: str, device: int, other: int, position: str, since: int) -> Record:
    network = partition.network
    return {
        "kind": kind,
        "device_id": network.device_ids[device],
        "other_device_id": network.device_ids[other] if other >= 0 else None,
        "zone_id": network.zone_ids[int(network.device_zone[device])],
        "position": position,
        "since": format_time(since),
    }
