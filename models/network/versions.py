"""One version of a network after another: what may follow, what it changes, and going back by going forward."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from models.columns.packed_text import PackedText
from models.network.compiler import content_version
from models.network.stable_numbers import kept, known_numbers, moved, number, point_zones

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.network.network import Network

SHOWN: Final = 20
"""So many things of one kind are named."""


def successor_faults(network: Network, before: Network) -> list[str]:
    """Say why a version cannot follow another one; empty if it can.

    What both have keeps its stable number and its evidence partition, and no number that was given is given again.
    """
    faults = []
    if network.evidence_partitions != before.evidence_partitions:
        faults.append(
            f"it has {network.evidence_partitions} evidence partitions, the running version "
            f"{before.evidence_partitions}; compile it with --evidence-partitions {before.evidence_partitions}"
        )
    zones, partitions = list(before.zone_ids), before.zone_partition
    if network.zone_ids[: len(zones)] != zones or not np.array_equal(network.zone_partition[: len(zones)], partitions):
        faults.append("its zones are not those of the running version, in their places; compile it with --previous")
    if not _keeps_numbers(network, before):
        faults.append("its stable numbers do not go on from the running version; compile it with --previous")
    if faults:
        return faults
    found = moved(network, before)
    more = [f"and {len(found) - SHOWN:,} more"] if len(found) > SHOWN else []
    return found[:SHOWN] + more


def _keeps_numbers(network: Network, before: Network) -> bool:
    """Whether what both have has one number, and no number of what is gone means something else."""
    devices = network.device_index.find_names(network.device_ids, before.device_ids)
    points = network.point_index.find_names(network.point_ids, before.point_ids)
    return _goes_on(
        devices, (before.device_number, before.device_position), (network.device_number, network.device_position)
    ) and _goes_on(points, (before.point_number, before.point_position), (network.point_number, network.point_position))


Numbers = tuple["NDArray[np.int32]", "NDArray[np.int32]"]
"""By position, and positions by number."""


def _goes_on(found: NDArray[np.int32], before: Numbers, after: Numbers) -> bool:
    """`found` are the positions in the later version of what the earlier one has."""
    given, kept = len(before[1]), found >= 0
    if len(after[1]) < given or not np.array_equal(after[0][found[kept]], before[0][kept]):
        return False
    return bool(np.count_nonzero(after[0] < given) == np.count_nonzero(kept))


def after(network: Network, before: Network) -> Network:
    """Give a version's content once more as the successor of another one: numbers and zones go on from there."""
    added = len(before.zone_ids) - len(network.zone_ids)
    zone_ids = network.zone_ids if added <= 0 else PackedText.of([*network.zone_ids, *before.zone_ids[-added:]])
    found = before.device_index.find_names(before.device_ids, network.device_ids)
    devices = number(known_numbers(found, before.device_number), len(before.device_position))
    found = before.point_index.find_names(before.point_ids, network.point_ids)
    points = number(known_numbers(found, before.point_number), len(before.point_position))
    renewed = replace(
        network,
        zone_ids=zone_ids,
        zone_device_start=_extended(network.zone_device_start, added),
        zone_point_start=_extended(network.zone_point_start, added),
        zone_partition=before.zone_partition if added >= 0 else network.zone_partition,
        device_number=devices[0],
        device_position=devices[1],
        point_number=points[0],
        point_position=points[1],
    )
    return replace(renewed, version=content_version(renewed))


def _extended(starts: NDArray[np.int32], added: int) -> NDArray[np.int32]:
    """Starts with so many zones more, in which nothing is."""
    return np.concatenate([starts, np.full(max(added, 0), starts[-1], np.int32)])


@dataclass(frozen=True, slots=True)
class NetworkDifference:
    """Ids, in the order of the network that has them."""

    before: str
    after: str
    devices_added: list[str]
    devices_removed: list[str]
    devices_moved: list[str]
    """Below another parent, or of another kind."""
    points_added: list[str]
    points_removed: list[str]
    points_moved: list[str]
    """Fed by another device."""
    points_by_zones: dict[str, int]
    """How many stand in another zone, by `<zone> to <zone>`."""
    meters_exchanged: list[str]
    """Usage points with another meter, with the first one, or with none any more."""
    customers_by_feeder: dict[str, tuple[int, int]]
    """Before and after, of feeders where they differ; of those outside of all feeders under an empty name."""
    points_without_source: list[str]
    """Below a root that is no source, bus, transformer of a substation, breaker or recloser."""


def difference(before: Network, after: Network, without_source: NDArray[np.int64]) -> NetworkDifference:
    """Compare a version with its successor; `without_source` are positions of usage points there."""
    devices = kept(after.device_number, before.device_position)[::-1]
    points = kept(after.point_number, before.point_position)[::-1]
    above = _names_above(before, before.parent[devices[0]]), _names_above(after, after.parent[devices[1]])
    other = (above[0] != above[1]) | (before.device_kind[devices[0]] != after.device_kind[devices[1]])
    fed = before.device_number[before.point_device[points[0]]] != after.device_number[after.point_device[points[1]]]
    exchanged = [
        name
        for name, old, new in zip(
            after.point_ids.take(points[1]),
            before.meter_ids.take(points[0]),
            after.meter_ids.take(points[1]),
            strict=True,
        )
        if old != new
    ]
    return NetworkDifference(
        before=before.version,
        after=after.version,
        devices_added=_absent(after.device_ids, devices[1]),
        devices_removed=_absent(before.device_ids, devices[0]),
        devices_moved=after.device_ids.take(devices[1][other]),
        points_added=_absent(after.point_ids, points[1]),
        points_removed=_absent(before.point_ids, points[0]),
        points_moved=after.point_ids.take(points[1][fed]),
        points_by_zones=_crossed(before, after, points),
        meters_exchanged=exchanged,
        customers_by_feeder=_customers(before, after),
        points_without_source=after.point_ids.take(without_source),
    )


def _crossed(before: Network, after: Network, points: tuple[NDArray[np.int64], NDArray[np.int64]]) -> dict[str, int]:
    """How many of the points that both have went from which zone to which."""
    zones = point_zones(before)[points[0]].astype(np.int64), point_zones(after)[points[1]].astype(np.int64)
    other = zones[0] != zones[1]
    pairs, counts = np.unique(np.stack([zone[other] for zone in zones]), axis=1, return_counts=True)
    names = after.zone_ids
    return {
        f"{names[old]} to {names[new]}": count
        for (old, new), count in zip(pairs.T.tolist(), counts.tolist(), strict=True)
    }


def _names_above(network: Network, parent: NDArray[np.int32]) -> NDArray[np.int32]:
    """The parents' stable numbers, -1 of roots."""
    return np.where(parent < 0, np.int32(-1), network.device_number[np.maximum(parent, 0)])


def _absent(names: PackedText, kept: NDArray[np.int64]) -> list[str]:
    absent = np.ones(len(names), np.bool_)
    absent[kept] = False
    return names.take(np.flatnonzero(absent))


def _customers(before: Network, after: Network) -> dict[str, tuple[int, int]]:
    sums = [_by_feeder(network) for network in (before, after)]
    names = sorted({*sums[0], *sums[1]})
    counts = {name: (sums[0].get(name, 0), sums[1].get(name, 0)) for name in names}
    return {name: both for name, both in counts.items() if both[0] != both[1]}


def _by_feeder(network: Network) -> dict[str, int]:
    feeder = network.feeder[network.point_device]
    counts = np.bincount(feeder + 1, network.customers, len(network.feeder_ids) + 1).astype(np.int64)
    return dict(zip(["", *network.feeder_ids], counts.tolist(), strict=True))
