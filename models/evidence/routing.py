"""Which evidence partition a row belongs to: all evidence about a zone stands in one partition of the log."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from models.network.stable_numbers import point_zones

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from models.evidence.batch import AnyRows, EvidenceBatch
    from models.network.network import Network

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, eq=False)
class Routing:
    """The evidence partition of each stable number; what is not on the network any more goes to partition 0."""

    partitions: int
    of_point: NDArray[np.int16]
    of_device: NDArray[np.int16]
    of_zone: dict[str, int]
    """By zone id."""

    @classmethod
    def of(
        cls, network: Network, zone_partition: NDArray[np.int32], partitions: int, before: Routing | None = None
    ) -> Routing:
        """Lay the zones' partitions over the stable numbers of a network.

        With the routing of the version `before`, what is gone goes where it went.
        """
        points, devices = (None, None) if before is None else (before.of_point, before.of_device)
        return cls(
            partitions,
            _by_number(
                zone_partition[point_zones(network)],
                network.point_position,
                points,
            ),
            _by_number(
                zone_partition[network.device_zone],
                network.device_position,
                devices,
            ),
            dict(zip(network.zone_ids, zone_partition.tolist(), strict=True)),
        )

    def split(self, batch: EvidenceBatch, home: int) -> dict[int, EvidenceBatch]:
        """Divide a batch of one origin by evidence partition; partitions with nothing to say of it are left out.

        `home` is the partition that takes the origin's counts, and its dead letters that wait. Crew reports go to all:
        an outage's id does not tell its zone, and of a crew only the latest report counts, whatever zone it is about.
        """
        points = _split(batch.points, None if batch.points is None else self.of_point[batch.points.point])
        devices = _split(batch.devices, None if batch.devices is None else self.of_device[batch.devices.device])
        works = _divide(batch.works, lambda row: int(self.of_device[row.device]))
        commands = _divide(batch.commands, lambda row: self.of_zone.get(row.zone_id, 0))
        receivers = {*points, *devices, *works, *commands, *(range(self.partitions) if batch.crew else ())}
        if batch.deferred or batch.read:
            receivers.add(home)
        bare = batch.without_rows()
        of_home = replace(batch, points=None, devices=None, crew=(), works=(), commands=())
        return {
            partition: replace(
                bare if partition != home else of_home,
                points=points.get(partition),
                devices=devices.get(partition),
                crew=batch.crew,
                works=works.get(partition, ()),
                commands=commands.get(partition, ()),
            )
            for partition in sorted(receivers)
        }


def _divide(rows: Iterable[Row], partition_of: Callable[[Row], int]) -> dict[int, list[Row]]:
    """Divide rows that travel one by one; they keep their order."""
    divided: dict[int, list[Row]] = {}
    for row in rows:
        divided.setdefault(partition_of(row), []).append(row)
    return divided


def _by_number(
    of_position: NDArray[np.int32], position: NDArray[np.int32], before: NDArray[np.int16] | None
) -> NDArray[np.int16]:
    """Turn a value by position into one by stable number."""
    table = np.zeros(len(position), np.int16)
    if before is not None:
        table[: len(before)] = before
    here = position >= 0
    table[here] = of_position[position[here]]
    return table


def _split(rows: AnyRows | None, partition: NDArray[np.int16] | None) -> dict[int, AnyRows]:
    """Divide columns by partition; rows keep their order."""
    if rows is None or partition is None or not len(partition):
        return {}
    first = int(partition[0])
    if (partition == first).all():
        return {first: rows}
    order = np.argsort(partition, kind="stable")  # a radix sort for 16 bits
    divided = partition[order]
    starts: list[int] = np.flatnonzero(np.diff(divided, prepend=np.int16(-1))).tolist()
    ends = [*starts[1:], len(order)]
    columns = [getattr(rows, part.name)[order] for part in fields(rows)]
    return {
        which: type(rows)(*(column[start:end] for column in columns))
        for which, start, end in zip(divided[starts].tolist(), starts, ends, strict=True)
    }
