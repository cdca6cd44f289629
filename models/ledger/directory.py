"""Whom the ledger's numbers stand for: the usage points of a network, as records."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from models.network.canary.names import is_canary
from models.network.network import PRIORITIES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from models.network.network import Network

Record = dict[str, Any]


def usage_point_records(
    network: Network, life_support: NDArray[np.bool_] | None = None
) -> Iterator[tuple[int, Record]]:
    """Give each usage point with the evidence partition of its zone, but those of canaries.

    `life_support` by position, None unknown.
    """
    areas = _areas_of_groups(network)
    for zone, zone_id in enumerate(network.zone_ids):
        if is_canary(zone_id):
            continue
        first, last = network.zone_point_start[zone : zone + 2].tolist()
        for point in range(first, last):
            group, account = int(network.point_group[point]), int(network.account[point])
            code = int(network.group_class[group])
            yield (
                int(network.zone_partition[zone]),
                {
                    "schema_version": 1,
                    "usage_point": int(network.point_number[point]),
                    "usage_point_id": network.point_ids[point],
                    "meter_id": network.meter_ids[point] or None,
                    "account_id": network.account_ids[account] if account >= 0 else None,
                    "zone_id": zone_id,
                    "device_id": network.device_ids[int(network.point_device[point])],
                    "customers": int(network.customers[point]),
                    "customer_class": network.class_ids[code] if code >= 0 else None,
                    "priority": PRIORITIES[network.priority[point]],
                    "life_support": None if life_support is None else bool(life_support[point]),
                    "areas": areas[group],
                    "network_version": network.version,
                },
            )


def gone_numbers(network: Network) -> list[int]:
    """Give the numbers of usage points that earlier versions of a network had and this one has not, ascending."""
    return np.flatnonzero(network.point_position < 0).tolist()


def _areas_of_groups(network: Network) -> list[list[dict[str, str]]]:
    named = [
        {"kind": network.area_kind_ids[kind], "area_id": area_id}
        for kind, area_id in zip(network.area_kind.tolist(), network.area_ids, strict=True)
    ]
    starts = network.group_area_start.tolist()
    return [[named[area] for area in network.group_areas[first:last].tolist()] for first, last in pairwise(starts)]
