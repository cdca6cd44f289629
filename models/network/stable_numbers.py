"""Stable numbers and zones, carried on from the previous version of a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.columns.hash_index import index_names
from models.columns.packed_text import PackedText
from models.network.canary.names import is_canary

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.network.network import Network
    from models.network.tables import Categories


def number(known: NDArray[np.int32], given: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Number a version's entities: n known numbers (-1 for new ones) and how many numbers were ever given.

    Returns the number of each entity, and the position of each number (-1 for one that is gone).
    """
    numbers = known.copy()
    new = known < 0
    numbers[new] = np.arange(given, given + np.count_nonzero(new), dtype=np.int32)
    positions = np.full(given + np.count_nonzero(new), -1, np.int32)
    positions[numbers] = np.arange(len(numbers), dtype=np.int32)
    return numbers, positions


def known_numbers(found: NDArray[np.int32], numbers: NDArray[np.int32]) -> NDArray[np.int32]:
    """Turn positions in the previous version (-1 none) into its numbers."""
    if not len(numbers):
        return found
    return np.where(found < 0, np.int32(-1), numbers[found])


def continue_zones(substation: Categories, previous: Network | None) -> tuple[PackedText, NDArray[np.int32]]:
    """Return the zones (those of the previous version first) and each device row's zone."""
    if previous is None:
        return substation.values, substation.codes
    place = index_names(previous.zone_ids).find_names(previous.zone_ids, substation.values)
    new = place < 0
    place[new] = np.arange(len(previous.zone_ids), len(previous.zone_ids) + np.count_nonzero(new), dtype=np.int32)
    names = [*previous.zone_ids, *substation.values.take(np.flatnonzero(new))]
    return PackedText.of(names), place[substation.codes]


def point_zones(network: Network) -> NDArray[np.int32]:
    """Return the zone of each usage point."""
    zones = np.arange(len(network.zone_ids), dtype=np.int32)
    return np.repeat(zones, np.diff(network.zone_point_start))


def kept(numbers: NDArray[np.int32], positions: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give positions of what the version before had, too: here, by `numbers`, and there, by `positions` of numbers."""
    here = np.flatnonzero(numbers < len(positions))
    there = positions[numbers[here]]
    return here[there >= 0], there[there >= 0].astype(np.int64)


def homes(network: Network, previous: Network | None) -> dict[int, int]:
    """By new zone with something of the previous version, the evidence partition where most of that was.

    Usage points count before devices, of equals the lowest partition.
    """
    if previous is None or len(network.zone_ids) == len(previous.zone_ids):
        return {}
    counts = np.zeros((len(network.zone_ids), previous.evidence_partitions), np.int64)
    for numbers, positions, zone, before, weight in (
        (network.point_number, previous.point_position, point_zones(network), point_zones(previous), 1 << 32),
        (network.device_number, previous.device_position, network.device_zone, previous.device_zone, 1),
    ):
        here, there = kept(numbers, positions)
        np.add.at(counts, (zone[here], previous.zone_partition[before[there]]), weight)
    new = len(previous.zone_ids) + np.flatnonzero(counts[len(previous.zone_ids) :].any(axis=1))
    return dict(zip(new.tolist(), counts[new].argmax(axis=1).tolist(), strict=True))


def moved(network: Network, previous: Network) -> list[str]:
    """Name each device and usage point that stands in a zone of another evidence partition than before.

    Within a partition it may: one engine knows all of it. Out of a canary zone, or into one, nothing goes.
    """
    faults = []
    partition, partition_before = network.zone_partition, previous.zone_partition
    canary = np.array([is_canary(name) for name in network.zone_ids], np.bool_)
    for what, ids, numbers, positions, zone, zone_before in (
        (
            "device",
            network.device_ids,
            network.device_number,
            previous.device_position,
            network.device_zone,
            previous.device_zone,
        ),
        (
            "usage point",
            network.point_ids,
            network.point_number,
            previous.point_position,
            point_zones(network),
            point_zones(previous),
        ),
    ):
        here, there = kept(numbers, positions)
        now, before = zone[here], zone_before[there]
        far = (partition[now] != partition_before[before]) | (canary[now] != canary[before])
        faults += [
            f"{what} {name!r} moved from zone {network.zone_ids[old]!r} of evidence partition {partition_before[old]} "
            f"to {network.zone_ids[new]!r} of {partition[new]}; what is known of it stays in its partition: put it "
            "back, make a new zone of what moves, or give it a new id"
            for name, old, new in zip(ids.take(here[far]), before[far].tolist(), now[far].tolist(), strict=True)
        ]
    return faults
