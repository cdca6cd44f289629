"""The ties of a network, and which zones they join."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from models.network.network import Network


class Ties:
    """The ties of a network: they feed nobody themselves, and join two segments."""

    def __init__(self, network: Network) -> None:
        alone = network.device_end == np.arange(1, len(network.parent) + 1)
        alone &= network.point_start == network.point_end
        self.of_zone: dict[int, list[int]] = defaultdict(list)
        """Those with an end in a zone."""
        self.beyond: dict[int, set[int]] = defaultdict(set)
        """Zones with which a zone has ties."""
        for tie in np.flatnonzero(alone & (network.other_parent >= 0) & (network.parent >= 0)).tolist():
            sides = int(network.device_zone[tie]), int(network.device_zone[network.other_parent[tie]])
            for zone in set(sides):
                self.of_zone[zone].append(tie)
            if sides[0] != sides[1]:
                self.beyond[sides[0]].add(sides[1])
                self.beyond[sides[1]].add(sides[0])
