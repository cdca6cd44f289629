"""Zones and devices of a network as records, for maps and shares; and what a version says of them that is news."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from models.network.canary.names import is_canary
from models.network.network import DEVICE_KINDS, PHASES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from numpy.typing import NDArray

    from models.network.network import Network

Record = dict[str, Any]
DECIMALS: Final = 6
"""Of degrees: a tenth of a metre."""


class PlacedRecord(NamedTuple):
    """A record with its key, its zone and the evidence partition of that; None is a tombstone."""

    partition: int
    zone_id: str
    key: str
    record: Record | None


class PlaceRecords:
    """Makes the records of one version; all follows from the version alone."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._before = np.concatenate([[0], np.cumsum(network.customers, dtype=np.int64)])

    def device(self, device: int) -> Record:
        """Give the record of a device by its position."""
        network = self.network
        first, last = int(network.point_start[device]), int(network.point_end[device])
        feeder, phases = int(network.feeder[device]), int(network.device_phases[device])
        return {
            "schema_version": 1,
            "device_id": network.device_ids[device],
            "device": int(network.device_number[device]),
            "kind": DEVICE_KINDS[network.device_kind[device]],
            "zone_id": network.zone_ids[int(network.device_zone[device])],
            "feeder_id": network.feeder_ids[feeder] if feeder >= 0 else None,
            "parent_id": self._name(int(network.parent[device])),
            "other_parent_id": self._name(int(network.other_parent[device])),
            "normal_position": "open" if network.other_parent[device] >= 0 else "closed",
            "phases": "".join(name for name, bit in PHASES.items() if phases & bit),
            "telemetered": bool(network.telemetered[device]),
            "longitude": _degrees(network.device_longitude[device]),
            "latitude": _degrees(network.device_latitude[device]),
            "customers_served": self._customers(first, last),
            "usage_points": last - first,
            "network_version": network.version,
        }

    def zone(self, zone: int) -> Record:
        """Give the record of a zone, which has devices."""
        network = self.network
        devices = slice(*network.zone_device_start[zone : zone + 2].tolist())
        first, last = network.zone_point_start[zone : zone + 2].tolist()
        longitude = np.concatenate([network.device_longitude[devices], network.point_longitude[first:last]])
        latitude = np.concatenate([network.device_latitude[devices], network.point_latitude[first:last]])
        return {
            "schema_version": 1,
            "zone_id": network.zone_ids[zone],
            "longitude": _degrees(longitude[0]),
            "latitude": _degrees(latitude[0]),
            "bounding_box": [
                _degrees(one) for one in (longitude.min(), latitude.min(), longitude.max(), latitude.max())
            ],
            "customers_served": self._customers(first, last),
            "usage_points": last - first,
            "devices": devices.stop - devices.start,
            "feeders": self._feeders(devices, slice(first, last)),
            "evidence_partition": int(network.zone_partition[zone]),
            "network_version": network.version,
        }

    def _feeders(self, devices: slice, points: slice) -> list[Record]:
        network = self.network
        fed = network.feeder[network.point_device[points]]
        served = np.bincount(fed[fed >= 0], network.customers[points][fed >= 0], len(network.feeder_ids))
        found = dict.fromkeys(network.feeder[devices].tolist())
        return [
            {"feeder_id": network.feeder_ids[feeder], "customers_served": int(served[feeder])}
            for feeder in found
            if feeder >= 0
        ]

    def _customers(self, first: int, last: int) -> int:
        return int(self._before[last] - self._before[first])

    def _name(self, device: int) -> str | None:
        return self.network.device_ids[device] if device >= 0 else None


def device_news(after: Network, before: Network | None, partitions: Collection[int]) -> Iterator[PlacedRecord]:
    """Give the devices of some evidence partitions that are others than in the version before, then those gone.

    Canary zones are left out, as in all that tells of zones: nobody lives there.
    """
    now = PlaceRecords(after)
    old = None if before is None else PlaceRecords(before)
    partition_of = after.zone_partition[after.device_zone]
    for device in np.flatnonzero(np.isin(partition_of, list(partitions))).tolist():
        if is_canary(after.zone_ids[int(after.device_zone[device])]):
            continue
        record = now.device(device)
        known = -1 if old is None else old.network.device_at(record["device"])
        if old is None or known < 0 or not _same(record, old.device(known)):
            yield PlacedRecord(int(partition_of[device]), record["zone_id"], record["device_id"], record)
    if before is not None:
        for device in _gone(before.device_number, after.device_position).tolist():
            zone = int(before.device_zone[device])
            partition = int(before.zone_partition[zone])
            if partition in partitions and not is_canary(before.zone_ids[zone]):
                yield PlacedRecord(partition, before.zone_ids[zone], before.device_ids[device], None)


def zone_news(after: Network, before: Network | None, partitions: Collection[int]) -> Iterator[PlacedRecord]:
    """Give the zones that are others than in the version before; of those in which nothing is left tombstones."""
    now = PlaceRecords(after)
    old = None if before is None else PlaceRecords(before)
    for zone, name in enumerate(after.zone_ids):
        partition = int(after.zone_partition[zone])
        if partition not in partitions or is_canary(name):
            continue
        was = old is not None and zone < len(old.network.zone_ids) and _has_devices(old.network, zone)
        if not _has_devices(after, zone):
            if was:
                yield PlacedRecord(partition, name, name, None)
            continue
        record = now.zone(zone)
        if old is None or not was or not _same(record, old.zone(zone)):
            yield PlacedRecord(partition, name, name, record)


def _has_devices(network: Network, zone: int) -> bool:
    return bool(network.zone_device_start[zone] < network.zone_device_start[zone + 1])


def _gone(numbers: NDArray[np.int32], positions: NDArray[np.int32]) -> NDArray[np.int64]:
    """Where numbers stand that have no position any more."""
    return np.flatnonzero(positions[numbers] < 0)


def _same(record: Record, known: Record) -> bool:
    return {**record, "network_version": ""} == {**known, "network_version": ""}


def _degrees(value: np.float64) -> float:
    return round(float(value), DECIMALS)
