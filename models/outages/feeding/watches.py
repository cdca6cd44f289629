"""What the backfeed watch knows: which sections are isolated, and in which of them somebody says "on"."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Record = dict[str, Any]


class Isolation(NamedTuple):
    """Why a section is without power, by the stable number of its device."""

    number: int
    since: int
    """Milliseconds."""
    basis: str
    """`cut`, `open` or `clearance`."""


class Sections(NamedTuple):
    """Sections of one network in the order of their devices, so that one within another comes later."""

    why: tuple[Isolation, ...]
    place: dict[int, int]
    """Of each section, by the stable number of its device."""
    device: NDArray[np.int64]
    end: NDArray[np.int64]
    """The devices of section k are `[device[k], end[k])`, ..."""
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    """... and its usage points `[first[k], last[k])`."""

    def heard_in(self, points: NDArray[np.int64]) -> list[int]:
        """Give the devices of the sections that have some of these points, which ascend."""
        here = np.flatnonzero(np.searchsorted(points, self.first) < np.searchsorted(points, self.last))
        return [self.why[place].number for place in here.tolist()]

    def around(self, devices: NDArray[np.int64]) -> list[int]:
        """Give the devices of the sections in which some devices stand."""
        devices = np.sort(devices)
        here = np.flatnonzero(np.searchsorted(devices, self.device) < np.searchsorted(devices, self.end))
        return [self.why[place].number for place in here.tolist()]

    def alone(self, place: int) -> NDArray[np.int64]:
        """Give the points of a section that are in no other one within it."""
        mine = np.ones(int(self.last[place] - self.first[place]), np.bool_)
        later = place + 1
        while later < len(self.why) and self.device[later] < self.end[place]:
            mine[self.first[later] - self.first[place] : self.last[later] - self.first[place]] = False
            later += 1
        points: NDArray[np.int64] = self.first[place] + np.flatnonzero(mine)
        return points


@dataclass(slots=True)
class Watch:
    """A section in which somebody says "on"; times in milliseconds."""

    number: int
    """Stable number of its device."""
    device_id: str
    zone_id: str
    since: int
    """Since when it was isolated, when this began."""
    basis: str
    due: int
    """The instant at which it is published, if it lasts until then."""
    until: int
    """Until when it may be put off."""
    first_on: int
    name: str = ""
    """Of what is published."""
    revision: int = 0
    points_on: int = 0
    """How many said so in the last revision."""
    extent: str = ""
    crews: list[Record] = field(default_factory=list)
    """Both as the last revision has them."""


@dataclass(slots=True)
class Backfeed:
    """What the watch of some zones knows."""

    watches: dict[int, Watch] = field(default_factory=dict)
    """By stable number of the section's device."""
    why: list[Isolation] | None = None
    """What isolated somebody at the instant before; None where all is to be looked at anew."""
    sections: Sections | None = None
    """The same in the network in force; made when it is asked for."""
    known_open: tuple[tuple[int, ...], list[Isolation]] | None = None
    """What is said to be open, and devices that stand in for a supply; None where anything is other than it was."""
    reported: list[NDArray[np.int32]] = field(default_factory=list)
    """Stable numbers of points that said anything at this instant."""
    revised: set[int] = field(default_factory=set)
    """Zones of which a revision was published at this instant."""

    def hear(self, points: NDArray[np.int32]) -> None:
        """Some points (stable numbers) have said something; a section that is new is looked at whole."""
        if self.why:
            self.reported.append(points)

    def save(self) -> dict[str, Any]:
        """Give what the next instant depends on, as it stands in a state."""
        return {"watches": [asdict(one) for one in self.watches.values()], "why": self.why}

    @classmethod
    def restored(cls, saved: dict[str, Any] | None) -> Backfeed:
        """Take it from a state; those of older versions have none."""
        if saved is None:
            return cls()
        watches = [Watch(**fields) for fields in saved["watches"]]
        why = None if saved["why"] is None else [Isolation(*one) for one in saved["why"]]
        return cls({one.number: one for one in watches}, why)

    def next_due(self) -> int | None:
        """The instant at which the next one may have to be published."""
        return min((one.due for one in self.watches.values() if not one.revision), default=None)
