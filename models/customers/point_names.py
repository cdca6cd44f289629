"""Ids of usage points by their stable numbers, over all versions of a network: an id and its number never part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.network.faults import NetworkFaults

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from models.network.network import Network


class PointNames:
    """Looks first where most are: in the latest version, then in those before it for points that are gone."""

    def __init__(self, networks: Sequence[Network], look: Callable[[], Sequence[Network]] = lambda: ()) -> None:
        """`look` gives the versions that there are by now, asked when a number is not known."""
        self._look = look
        self._networks = _latest_first(networks)

    def __call__(self, numbers: NDArray[np.int32]) -> list[str]:
        """Give the ids of some numbers. Raises `NetworkFaults` for one that no version has."""
        found = self._find(numbers)
        if found is None:
            self._networks = _latest_first(self._look())
            found = self._find(numbers)
        if found is None:
            fault = f"usage points up to number {numbers.max()} are in no version of the network that is at hand"
            raise NetworkFaults([f"{fault}; put the compiled file of each version where --network says"])
        return found

    def _find(self, numbers: NDArray[np.int32]) -> list[str] | None:
        names = np.full(len(numbers), None, np.object_)
        left = np.arange(len(numbers))
        for network in self._networks:
            within = np.minimum(numbers[left], len(network.point_position) - 1)
            position = np.where(numbers[left] == within, network.point_position[within], -1)
            here = position >= 0
            found = network.point_ids.take(position[here])
            if len(found) == len(numbers):
                return found
            names[left[here]] = found
            left = left[~here]
        return None if len(left) else names.tolist()


def _latest_first(networks: Sequence[Network]) -> list[Network]:
    return sorted(networks, key=lambda one: len(one.point_position), reverse=True)
