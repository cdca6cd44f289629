"""The switching state of the grid in the course of a storm: what is open, what a tie feeds, what damage lies dead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from models.network.network import DEVICE_KINDS
from simulator.course import NEVER, NONE, Course, Fault, Feed, Opening
from simulator.places import Places
from simulator.protection import PROTECTIVE, protecting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.network.network import Network
    from simulator.course import FaultKind
    from simulator.storms.troubles import Trouble

_TIE: Final = DEVICE_KINDS.index("tie")


class Grid:
    """Opens and closes devices and writes it into a course."""

    def __init__(self, network: Network, unlisted_ties: tuple[tuple[int, int], ...] = ()) -> None:
        self.network = network
        self.course = Course(unlisted_ties=unlisted_ties)
        self.open_faults: Places[int] = Places()
        """By device: the fault for which it is open and stays so."""
        self.open_services: Places[int] = Places()
        """The same by usage point."""
        self.feeds: dict[int, Feed] = {}
        """What feeds the part below an open device."""
        self.ties = _tie_ends(network, unlisted_ties)
        """Both directions of every tie, ordered by the device below which it could feed: device, tie, source."""
        self._since: dict[int, int] = {}
        """When each open fault's last stay began."""
        self._damage: Places[list[Trouble]] = Places()
        """Damage that lies dead, by place."""

    def upwards(self, device: int) -> Iterator[int]:
        """Walk from a device towards the source that feeds it now; ends early at an open device."""
        while device != NONE:
            yield device
            if device in self.open_faults:
                if device not in self.feeds:
                    return
                device = self.feeds[device].source
            else:
                device = int(self.network.parent[device])

    def is_live(self, device: int) -> bool:
        """Return whether what is directly below a device has power."""
        return all(above not in self.open_faults or above in self.feeds for above in self.upwards(device))

    def protecting(self, place: int, kinds: tuple[int, ...] = PROTECTIVE) -> int:
        """Return the next device of these kinds at or above a place; `NONE` if an open one or nothing comes first."""
        return protecting(self.network, place, kinds, self.open_faults)

    def open(self, fault: Fault, stays: tuple[tuple[int, int], ...]) -> int:
        """Open a fault's device or service for good after all stays but the last; older faults below become nested."""
        number = self.course.add(fault, stays[:-1])
        self._since[number] = stays[-1][0]
        if fault.usage_point != NONE:
            self.open_services[fault.usage_point] = number
            return number
        for older in self._open_below(fault.device):
            if older.nested_in == NONE:
                older.nested_in = number
        self.open_faults[fault.device] = number
        return number

    def _open_below(self, device: int) -> list[Fault]:
        network = self.network
        devices = self.open_faults.within(device + 1, int(network.device_end[device]))
        services = self.open_services.within(int(network.point_start[device]), int(network.point_end[device]))
        return [self.course.faults[number] for number in devices + services]

    def dip(self, fault: Fault, dips: tuple[tuple[int, int], ...], sparing: int, spared_fault: int) -> None:
        """Let a recloser trip and close again; those below a device that stays open are out on that one's account."""
        number = len(self.course.faults)
        self.course.faults.append(fault)
        self.course.openings += [Opening(fault.device, NONE, *dip, number, sparing, spared_fault) for dip in dips]

    def close(self, number: int, at: int) -> None:
        """Close what a fault left open."""
        fault = self.course.faults[number]
        fault.closed_at = at
        self.course.openings.append(Opening(fault.device, fault.usage_point, self._since.pop(number), at, number))
        if fault.usage_point == NONE:
            del self.open_faults[fault.device]
        else:
            del self.open_services[fault.usage_point]

    def isolate(self, device: int, damaged: int, at: int, nested_in: int) -> int:
        """Open a switching device by hand, so that what is sound can be fed again."""
        kind: FaultKind = "isolation"
        fault = Fault(device, NONE, kind, at, NEVER, "isolation", damaged, nested_in)
        return self.open(fault, ((at, NEVER),))

    def start_feed(self, tie: int, device: int, source: int, at: int) -> None:
        """Close a tie towards the part below an open device."""
        self.feeds[device] = Feed(tie, device, source, at, NEVER)

    def end_feed(self, device: int, at: int) -> None:
        """Open the tie again."""
        feed = self.feeds.pop(device)
        self.course.feeds.append(Feed(feed.tie, device, feed.source, feed.closed_at, at))

    def leave_damage(self, trouble: Trouble) -> None:
        """Note damage where there is no power: nothing operates, it shows when power comes."""
        if trouble.place not in self._damage:
            self._damage[trouble.place] = []
        self._damage[trouble.place].append(trouble)

    def damage_below(self, device: int) -> list[Trouble]:
        """Return what damage lies dead below a device."""
        found = self._damage.within(device, int(self.network.device_end[device]))
        return [trouble for troubles in found for trouble in troubles]

    def remove_damage(self, trouble: Trouble) -> None:
        """Forget damage that has shown or is repaired."""
        self._damage[trouble.place].remove(trouble)
        if not self._damage[trouble.place]:
            del self._damage[trouble.place]

    def unprotected_damage(self, device: int) -> list[Trouble]:
        """Return the dead damage below an open device that nothing lower would clear: it is repaired before closing."""
        return [
            trouble
            for trouble in self.damage_below(device)
            if trouble.usage_point == NONE and self._reaches(trouble.place, device)
        ]

    def _reaches(self, place: int, device: int) -> bool:
        """Return whether nothing that is open or protective lies from a place up to a device."""
        while place != device:
            if place in self.open_faults or int(self.network.device_kind[place]) in PROTECTIVE:
                return False
            place = int(self.network.parent[place])
        return True


def _tie_ends(network: Network, unlisted: tuple[tuple[int, int], ...]) -> list[tuple[int, int, int]]:
    ties = np.flatnonzero((network.device_kind == _TIE) & (network.other_parent != NONE) & (network.parent != NONE))
    ends = [(int(network.parent[tie]), tie, int(network.other_parent[tie])) for tie in ties.tolist()]
    ends += [(one, len(network.parent) + number, other) for number, (one, other) in enumerate(unlisted)]
    return sorted([*ends, *((source, tie, device) for device, tie, source in ends)])
