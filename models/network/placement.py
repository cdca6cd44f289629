"""The evidence partition of each zone, which never changes in the life of the evidence log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from models.network.faults import NetworkFaults

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from models.network.network import Network

EVIDENCE_PARTITIONS: Final = 8
"""Unless another number is given."""


def place_zones(
    sizes: NDArray[np.int64],
    partitions: int,
    previous: Network | None,
    fixed: Mapping[int, int] | None = None,
    homes: Mapping[int, int] | None = None,
) -> NDArray[np.int32]:
    """Give each zone, of so many usage points, its partition.

    Zones of the previous version keep theirs, and new ones with a home go there; the others go, largest first, to the
    partition with the fewest usage points (of equals the lowest number). `fixed` zones go where they are told, and have
    no say in where others go. Raises `NetworkFaults` for another number of partitions than before, or none.
    """
    if partitions < 1:
        raise NetworkFaults([f"{partitions} is no number of evidence partitions; give 1 or more"])
    if previous is not None and previous.evidence_partitions != partitions:
        before = previous.evidence_partitions
        fault = f"the version before has {before} evidence partitions, not {partitions}"
        raise NetworkFaults([f"{fault}: a zone never moves to another one; give --evidence-partitions {before}"])
    placed = np.full(len(sizes), -1, np.int32)
    if previous is not None:
        placed[: len(previous.zone_partition)] = previous.zone_partition
    load = np.zeros(partitions, np.int64)
    for zone, partition in [*(homes or {}).items(), *(fixed or {}).items()]:
        placed[zone] = partition
    sizes = np.where(np.isin(np.arange(len(sizes)), list(fixed or ())), 0, sizes)
    known = placed >= 0
    np.add.at(load, placed[known], sizes[known])
    new = np.flatnonzero(~known)
    for zone in new[np.argsort(-sizes[new], kind="stable")].tolist():
        placed[zone] = int(np.argmin(load))
        load[placed[zone]] += sizes[zone]
    return placed
