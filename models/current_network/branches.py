"""A feeder or zone as a tree of what there is to see: open devices, closed ties, outages, who is out and who is on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from models.network.network import DEVICE_KINDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.current_network.standing import Standing
    from models.network.network import Network

Record = dict[str, Any]
MOST_BELOW: Final = 12
"""So many branches in which all are out are listed below one device, besides those with something else to see."""


@dataclass(slots=True)
class Branch:
    """A device with all that it feeds now."""

    device: int
    """Position in the network as it is fed."""
    kind: str
    name: str
    feeder_id: str | None
    fed_by: str | None
    """The next device towards the source as it is fed; None of a root."""
    customers: int
    customers_out: int
    off_normal: list[Record] = field(default_factory=list)
    """Records of what stands otherwise than normally at it."""
    outages: list[Record] = field(default_factory=list)
    """The last revisions of open outages at it, or of a usage point that it feeds."""
    below: list[Branch] = field(default_factory=list)
    """The branches below in which there is something to see."""
    others: int = 0
    """Branches directly below that are not listed."""
    others_customers: int = 0
    others_out: int = 0

    def walk(self) -> list[Branch]:
        """Give it and all below, each before those below it."""
        return [self, *(one for branch in self.below for one in branch.walk())]


class Branches:
    """Makes branches of a network as it is fed."""

    def __init__(self, network: Network, standing: Standing) -> None:
        self.network = network
        out = np.zeros(len(network.point_number), np.bool_)
        numbers = np.fromiter(standing.out, np.int64, len(standing.out))
        numbers = numbers[numbers < len(network.point_position)]
        positions = network.point_position[numbers]
        out[positions[positions >= 0]] = True
        self.out: NDArray[np.bool_] = out
        """By usage point whether it is out."""
        self._sums = [np.concatenate([[0], np.cumsum(one)]) for one in (network.customers, network.customers * out)]
        self._off_normal: dict[int, list[Record]] = {}
        self._outages: dict[int, list[Record]] = {}
        for record in standing.off_normal.values():
            self._put(self._off_normal, record)
        for record in standing.outages.values():
            self._put(self._outages, record)

    def of_zone(self, zone: int) -> list[Branch]:
        """Give a zone, from its roots."""
        first, last = self.network.zone_device_start[zone : zone + 2].tolist()
        return [self._branch(device) for device in range(first, last) if self.network.parent[device] < 0]

    def of_feeder(self, feeder: int) -> list[Branch]:
        """Give a feeder: from its head, and from wherever else parts of it are fed now."""
        network = self.network
        mine = np.flatnonzero(network.feeder == feeder)
        above = network.parent[mine]
        heads = mine[(above < 0) | (network.feeder[above] != feeder)]
        return [self._branch(device) for device in heads.tolist()]

    def customers(self, device: int) -> tuple[int, int]:
        """Give how many customers a device feeds, and how many of them are out."""
        first, last = int(self.network.point_start[device]), int(self.network.point_end[device])
        served, out = (int(sums[last] - sums[first]) for sums in self._sums)
        return served, out

    def _branch(self, device: int) -> Branch:
        network = self.network
        above, feeder = int(network.parent[device]), int(network.feeder[device])
        branch = Branch(
            device,
            DEVICE_KINDS[network.device_kind[device]],
            network.device_ids[device],
            network.feeder_ids[feeder] if feeder >= 0 else None,
            network.device_ids[above] if above >= 0 else None,
            *self.customers(device),
            self._off_normal.get(device, []),
            self._outages.get(device, []),
        )
        below = device + 1
        while below < network.device_end[device]:
            served, out = self.customers(below)
            begins = 0 < out == served and branch.customers_out < branch.customers
            if self._is_notable(below) or 0 < out < served or (begins and len(branch.below) < MOST_BELOW):
                branch.below.append(self._branch(below))
            else:
                branch.others += 1
                branch.others_customers += served
                branch.others_out += out
            below = int(network.device_end[below])
        return branch

    def _is_notable(self, device: int) -> bool:
        """Whether anything is to be seen at a device or below it besides who is out."""
        end = int(self.network.device_end[device])
        return any(device <= one < end for some in (self._off_normal, self._outages) for one in some)

    def _put(self, by_device: dict[int, list[Record]], record: Record) -> None:
        """Keep a record by its device; of a usage point by the one that feeds it."""
        device = int(self.network.find_devices([record["device_id"]])[0])
        if device < 0:
            point = int(self.network.find_points([record["device_id"]])[0])
            device = int(self.network.point_device[point]) if point >= 0 else -1
        if device >= 0:
            by_device.setdefault(device, []).append(record)
