"""A network in figures, for people and for `--json`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.network.canary.names import canary_zones, is_canary
from models.network.network import DEVICE_KINDS, PRIORITIES

if TYPE_CHECKING:
    from models.network.network import Network


@dataclass(frozen=True, slots=True)
class NetworkSummary:
    """How many there are of what."""

    version: str
    zones: int
    canary_zones: int
    """They are in none of the other figures."""
    feeders: int
    devices: int
    devices_by_kind: dict[str, int]
    telemetered_devices: int
    levels: int
    """Devices on the longest way from a source, both ends included."""
    classes: int
    """Sets of devices that no usage point can tell apart, of those with usage points below."""
    usage_points: int
    meters: int
    customers: int
    priority_points: dict[str, int]
    collectors: int
    accounts: int
    territories: int
    largest_zone_usage_points: int
    evidence_partitions: int
    zones_by_partition: dict[str, int]
    usage_points_by_partition: dict[str, int]


def summarise(network: Network) -> NetworkSummary:
    """Count what a network consists of."""
    real = np.array([not is_canary(zone_id) for zone_id in network.zone_ids], np.bool_)
    zone_sizes = np.diff(network.zone_point_start) * real
    device, point = real[network.device_zone], real[network.device_zone[network.point_device]]
    fed = (network.point_start < network.point_end) & device
    feeders = len(network.feeder_ids) - sum(map(is_canary, network.feeder_ids))
    return NetworkSummary(
        version=network.version,
        zones=int(real.sum()),
        canary_zones=len(canary_zones(network)),
        feeders=feeders,
        devices=int(device.sum()),
        devices_by_kind=_counts(network.device_kind[device], DEVICE_KINDS),
        telemetered_devices=int(np.count_nonzero(network.telemetered & device)),
        levels=int(network.level[device].max(initial=-1)) + 1,
        classes=int(np.count_nonzero(fed & (network.class_of == np.arange(len(fed))))),
        usage_points=int(point.sum()),
        meters=int(np.count_nonzero(network.meter_ids.lengths()[point])),
        customers=int(network.customers[point].sum(dtype=np.int64)),
        priority_points=_counts(network.priority[point], PRIORITIES[1:], first=1),
        collectors=len(network.collector_ids) - sum(map(is_canary, network.collector_ids)),
        accounts=len(network.account_ids),
        territories=len(network.territory_ids),
        largest_zone_usage_points=int(zone_sizes.max(initial=0)),
        evidence_partitions=network.evidence_partitions,
        zones_by_partition=_by_partition(network, real.astype(np.int32)),
        usage_points_by_partition=_by_partition(network, zone_sizes),
    )


def _by_partition(network: Network, counts: np.ndarray[tuple[int], np.dtype[np.int32]]) -> dict[str, int]:
    sums = np.bincount(network.zone_partition, counts, network.evidence_partitions).astype(np.int64)
    return {str(partition): count for partition, count in enumerate(sums.tolist())}


def _counts(
    codes: np.ndarray[tuple[int], np.dtype[np.uint8]], names: tuple[str, ...], first: int = 0
) -> dict[str, int]:
    return dict(zip(names, np.bincount(codes, minlength=first + len(names))[first:].tolist(), strict=True))
