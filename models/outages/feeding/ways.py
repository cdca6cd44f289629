"""Over which way each part of a zone is fed while it is not the normal one: state, like who owns whom."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.network.network import Network

Way = tuple[int, int]
"""Over which device power comes into a segment, or over which temporary element (`Element.code`), and from which
segment; -1 from outside."""
FIRST_CODE: Final = -2


@dataclass(slots=True)
class Element:
    """A cut, a jumper or a generator that crews have put into the network; devices by stable number."""

    kind: str
    zone: int
    device: int
    other: int
    """Of a jumper the device that feeds its other end, -1 of others."""
    since: int
    serial: int
    until: int | None = None
    """When it was removed, ms."""

    @property
    def code(self) -> int:
        """What stands for it in place of a device's number."""
        return FIRST_CODE - self.serial


@dataclass(slots=True)
class Ways:
    """What stands otherwise than normally, by stable numbers of devices."""

    by_zone: dict[int, dict[int, Way]] = field(default_factory=dict)
    """Ways by segment that is fed otherwise."""
    due: dict[int, int] = field(default_factory=dict)
    """By zone, the instant at which a closing has held for long enough to say that power is back by it."""
    elements: dict[str, Element] = field(default_factory=dict)
    """By the command that placed them; those that are removed while a way leads over them."""
    kept_open: dict[int, int] = field(default_factory=dict)
    """Devices that stand in for a supply without a device of its own, and since when they have been open."""
    turned: set[int] = field(default_factory=set)
    """Zones in which something has been fed otherwise."""
    silent: dict[int, list[int]] = field(default_factory=dict)
    """By zone, the segments that could be fed over what has closed, and are dark still by what their meters say."""
    told: dict[int, int] = field(default_factory=dict)
    """Devices that the engine has said to have opened or closed with a supply from outside, and when they did."""

    def all_on(self, network: Network) -> dict[int, Way]:
        """Give the ways whose devices a network has, each in the zone of its segment, by position there."""
        found = {}
        for zone, ways in self.by_zone.items():
            for segment, (over, above) in ways.items():
                here = network.device_at(segment), network.device_at(over), network.device_at(above)
                if here[0] >= 0 and (here[1] >= 0) == (over >= 0) and (here[2] >= 0) == (above >= 0):
                    found.update({here[0]: here[1:]} if _are_in(network, zone, here[0], here[2]) else {})
        return found

    def carried(self, network: Network) -> Ways:
        """Give them in another version of the network: what stands in another zone there has its ways chosen anew."""
        here = network.device_at
        return replace(
            self,
            by_zone={
                zone: kept
                for zone, ways in self.by_zone.items()
                if (kept := {one: way for one, way in ways.items() if _are_in(network, zone, here(one), here(way[1]))})
            },
            silent={
                zone: left
                for zone, segments in self.silent.items()
                if (left := [one for one in segments if _are_in(network, zone, here(one))])
            },
            elements={
                name: replace(
                    one, zone=int(network.device_zone[device]) if (device := here(one.device)) >= 0 else one.zone
                )
                for name, one in self.elements.items()
            },
        )

    def in_zone(self, zone: int) -> Iterator[Element]:
        """Give the temporary elements of a zone, in the order in which they were placed."""
        yield from sorted((one for one in self.elements.values() if one.zone == zone), key=lambda one: one.serial)

    def place(self, name: str, kind: str, zone: int, places: tuple[int, int], since: int) -> None:
        """Put in an element at a device, with another one of a jumper."""
        serial = 1 + max((one.serial for one in self.elements.values()), default=0)
        self.elements[name] = Element(kind, zone, *places, since, serial)

    def cut_at(self, device: int) -> int | None:
        """Since when the line at a device (stable number) is cut; None if it is not."""
        cuts = [one for one in self.elements.values() if one.kind == "cut" and one.device == device]
        return min((one.since for one in cuts if one.until is None), default=None)

    def opened_at(self, device: int) -> int | None:
        """Since when a device (stable number) interrupts by a cut, or by a supply for which it stands."""
        return self.told.get(device, self.cut_at(device))

    def tidy(self) -> None:
        """Forget what is removed, and over which nothing is fed."""
        used = {over for ways in self.by_zone.values() for over, _ in ways.values()}
        gone = [name for name, one in self.elements.items() if one.until is not None and one.code not in used]
        for name in gone:
            del self.elements[name]

    def save(self) -> dict[str, Any]:
        """Give them as they stand in a state."""
        return {
            "by_zone": [
                (zone, sorted((segment, *way) for segment, way in ways.items()))
                for zone, ways in sorted(self.by_zone.items())
            ],
            "due": sorted(self.due.items()),
            "elements": [(name, asdict(one)) for name, one in sorted(self.elements.items())],
            "kept_open": sorted(self.kept_open.items()),
            "turned": sorted(self.turned),
            "silent": sorted(self.silent.items()),
            "told": sorted(self.told.items()),
        }

    @classmethod
    def restored(cls, saved: dict[str, Any]) -> Ways:
        """Take them from a state."""
        return cls(
            {zone: {segment: (over, above) for segment, over, above in ways} for zone, ways in saved["by_zone"]},
            dict(saved["due"]),
            {name: Element(**fields) for name, fields in saved["elements"]},
            dict(saved["kept_open"]),
            set(saved["turned"]),
            {zone: list(segments) for zone, segments in saved["silent"]},
            dict(saved["told"]),
        )


def _are_in(network: Network, zone: int, *devices: int) -> bool:
    """Whether those of some devices that a network has (position, -1 none) stand in a zone."""
    return all(device < 0 or int(network.device_zone[device]) == zone for device in devices)
