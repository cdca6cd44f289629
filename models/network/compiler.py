"""From checked columns to the compiled network."""

from __future__ import annotations

from dataclasses import fields, replace
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

from models.columns.grouping import rows_by_group
from models.columns.hash_index import HashIndex, index_names
from models.columns.packed_text import PackedText
from models.network.canary.names import canary_places
from models.network.depth_first import classes, depth_first, levels, slice_ends
from models.network.faults import NetworkFaults
from models.network.groups import group_facts
from models.network.network import ALL_PHASES, DEVICE_KINDS, Network
from models.network.placement import EVIDENCE_PARTITIONS, place_zones
from models.network.stable_numbers import continue_zones, homes, known_numbers, moved, number
from models.network.tables import UNSPECIFIED, AreaColumns, Categories, DeviceColumns, PointColumns
from models.network.zone_digest import digest_faults

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

FUSE = DEVICE_KINDS.index("fuse")
BREAKER = DEVICE_KINDS.index("breaker")
RECLOSER = DEVICE_KINDS.index("recloser")


def compile_network(
    devices: DeviceColumns,
    points: PointColumns,
    previous: Network | None = None,
    evidence_partitions: int = EVIDENCE_PARTITIONS,
    areas: AreaColumns | None = None,
) -> Network:
    """Compile columns that `models/network/topology_check.py` found no fault with.

    With the previous version, numbers, zones and their partitions are carried on; a new zone that takes something over
    is put where that was. Raises `NetworkFaults` where a device, usage point or zone would move to another partition,
    or two zones have one digest.
    """
    zone_ids, row_zone = continue_zones(devices.substation, previous)
    if faults := digest_faults(zone_ids):
        raise NetworkFaults(faults)
    order, position = _order(devices, row_zone)
    device_row_of_point = position[points.device]
    direct_start, point_rows = rows_by_group(device_row_of_point, len(order))
    forest = _forest(devices, order, position, direct_start)
    device_zone = row_zone[order]
    zone_device_start = np.searchsorted(device_zone, np.arange(len(zone_ids) + 1)).astype(np.int32)
    zone_point_start = direct_start[zone_device_start]
    network = Network(
        version="",
        **forest,
        **_device_facts(devices, order, position),
        **_point_facts(devices, points, point_rows),
        **_account_facts(points, point_rows),
        **group_facts(points.customer_class, areas or AreaColumns.none(), point_rows, _inverse(point_rows)),
        **_numbers(devices.device_id.gather(order), points.usage_point_id.gather(point_rows), previous),
        device_zone=device_zone,
        point_device=device_row_of_point[point_rows],
        zone_ids=zone_ids,
        feeder_ids=devices.feeder.values,
        territory_ids=devices.territory.values,
        zone_device_start=zone_device_start,
        zone_point_start=zone_point_start,
        zone_partition=np.zeros(len(zone_ids), np.int32),
        evidence_partitions=evidence_partitions,
    )
    sizes, fixed = np.diff(zone_point_start).astype(np.int64), canary_places(zone_ids)
    placed = place_zones(sizes, evidence_partitions, previous, fixed, homes(network, previous))
    network = replace(network, zone_partition=placed)
    if previous is not None and (faults := moved(network, previous)):
        raise NetworkFaults(faults)
    return replace(network, version=content_version(network))


def _order(devices: DeviceColumns, row_zone: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the rows in depth-first order, zone after zone, and each row's position in it."""
    roots = np.flatnonzero(devices.parent < 0).astype(np.int32)
    roots = roots[np.argsort(row_zone[roots], kind="stable")]
    order = depth_first(roots, *rows_by_group(devices.parent, len(devices.parent)))
    if len(order) < len(devices.parent):
        raise NetworkFaults(["devices: some lead back to themselves over their parents; check the columns first"])
    return order, _inverse(order)


def _inverse(order: NDArray[np.int32]) -> NDArray[np.int32]:
    """The place of each row in an order of all rows."""
    position = np.empty(len(order), np.int32)
    position[order] = np.arange(len(order), dtype=np.int32)
    return position


def _moved_to(position: NDArray[np.int32], rows: NDArray[np.int32]) -> NDArray[np.int32]:
    """Turn rows of the device table into positions; -1 stays."""
    return np.where(rows < 0, np.int32(-1), position[rows])


def _forest(
    devices: DeviceColumns,
    order: NDArray[np.int32],
    position: NDArray[np.int32],
    direct_start: NDArray[np.int32],
) -> dict[str, Any]:
    parent = _moved_to(position, devices.parent[order])
    end = slice_ends(parent)
    point_start, point_end = direct_start[:-1], direct_start[end]
    return {
        "parent": parent,
        "device_end": end,
        "point_start": point_start,
        "point_end": point_end,
        "direct_end": direct_start[1:],
        "level": levels(parent).astype(np.int16),
        "class_of": classes(parent, point_start, point_end),
    }


def _device_facts(devices: DeviceColumns, order: NDArray[np.int32], position: NDArray[np.int32]) -> dict[str, Any]:
    kind, ganged, telemetered = devices.kind[order], devices.ganged[order], devices.telemetered[order]
    return {
        "device_kind": kind,
        "feeder": devices.feeder.codes[order],
        "device_phases": _device_phases(devices)[order],
        "ganged": np.where(ganged == UNSPECIFIED, kind != FUSE, ganged == 1),
        "telemetered": np.where(telemetered == UNSPECIFIED, (kind == BREAKER) | (kind == RECLOSER), telemetered == 1),
        "other_parent": _moved_to(position, devices.other_parent[order]),
        "device_longitude": devices.longitude[order],
        "device_latitude": devices.latitude[order],
        "device_territory": devices.territory.codes[order],
    }


def _device_phases(devices: DeviceColumns) -> NDArray[np.uint8]:
    return np.where(devices.phases == 0, np.uint8(ALL_PHASES), devices.phases)


def _point_facts(devices: DeviceColumns, points: PointColumns, rows: NDArray[np.int32]) -> dict[str, Any]:
    collector = _collectors(devices, points)
    meter_ids = points.meter_id.gather(rows)
    phases = np.where(points.phases == 0, _device_phases(devices)[points.device], points.phases)
    return {
        "meter_ids": meter_ids,
        "meter_index": index_names(meter_ids),
        "customers": points.customers[rows],
        "priority": points.priority[rows],
        "collector": collector.codes[rows],
        "collector_ids": collector.values,
        "point_phases": phases[rows],
        "load_kw": points.load_kw[rows],
        "point_longitude": points.longitude[rows],
        "point_latitude": points.latitude[rows],
    }


def _collectors(devices: DeviceColumns, points: PointColumns) -> Categories:
    """Fill the collector where none is given: the feeder, or the substation where there is no feeder either."""
    feeder, substation = devices.feeder, devices.substation
    names = [*points.collector.values, *feeder.values, *substation.values]
    places = {name: place for place, name in reversed(list(enumerate(names)))}
    place = np.array([places[name] for name in names], np.int32)
    fallback = np.where(feeder.codes < 0, len(feeder.values) + substation.codes, feeder.codes)[points.device] + len(
        points.collector.values
    )
    wanted = place[np.where(points.collector.codes < 0, fallback, points.collector.codes)]
    used, codes = np.unique(wanted, return_inverse=True)
    return Categories(codes.astype(np.int32), PackedText.of([names[row] for row in used.tolist()]))


def _account_facts(points: PointColumns, rows: NDArray[np.int32]) -> dict[str, Any]:
    account = points.account.codes[rows]
    start, account_points = rows_by_group(account, len(points.account.values))
    return {
        "account": account,
        "account_ids": points.account.values,
        "account_start": start,
        "account_points": account_points,
        "account_index": index_names(points.account.values),
    }


def _numbers(device_ids: PackedText, point_ids: PackedText, previous: Network | None) -> dict[str, Any]:
    if previous is None:
        known_devices, known_points = np.full(len(device_ids), -1, np.int32), np.full(len(point_ids), -1, np.int32)
        given_devices = given_points = 0
    else:
        found = previous.device_index.find_names(previous.device_ids, device_ids)
        known_devices = known_numbers(found, previous.device_number)
        found = previous.point_index.find_names(previous.point_ids, point_ids)
        known_points = known_numbers(found, previous.point_number)
        given_devices, given_points = len(previous.device_position), len(previous.point_position)
    device_number, device_position = number(known_devices, given_devices)
    point_number, point_position = number(known_points, given_points)
    return {
        "device_ids": device_ids,
        "device_index": index_names(device_ids),
        "device_number": device_number,
        "device_position": device_position,
        "point_ids": point_ids,
        "point_index": index_names(point_ids),
        "point_number": point_number,
        "point_position": point_position,
    }


def content_version(network: Network) -> str:
    """Hash all content: the indexes by which ids are found and where each zone's evidence goes too."""
    digest = blake2b(f"{network.evidence_partitions} ".encode(), digest_size=16)
    for field in fields(network):
        column = getattr(network, field.name)
        if isinstance(column, PackedText | HashIndex):
            parts = [getattr(column, part.name) for part in fields(column)]
        elif isinstance(column, str | int):
            parts = []
        else:
            parts = [column]
        for part in parts:
            digest.update(f"{field.name} {part.dtype.str} {len(part)} ".encode())
            digest.update(np.ascontiguousarray(part).data)
    return digest.hexdigest()
