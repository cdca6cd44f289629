"""Areas of CAP 1.2 in degrees of WGS 84, latitude first, and the territory that they ought to lie in."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from models.alerts.element import entries

_NUMBER: Final = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_PAIR: Final = re.compile(f"({_NUMBER}),({_NUMBER})")
_KILOMETRES_A_DEGREE: Final = 111.0


class Place(NamedTuple):
    """A point."""

    latitude: float
    longitude: float


class Box(NamedTuple):
    """An area by its edges."""

    south: float
    west: float
    north: float
    east: float

    def meets(self, other: Box) -> bool:
        """Whether the two have a point in common."""
        return (
            self.south <= other.north
            and other.south <= self.north
            and self.west <= other.east
            and other.west <= self.east
        )

    @property
    def swapped(self) -> Box:
        """The box that latitudes and longitudes in the wrong order would have meant."""
        return Box(self.west, self.south, self.east, self.north)


def parse_polygon(text: str) -> list[Place]:
    """Read `latitude,longitude` pairs divided by white space; ValueError with the reason."""
    return [_pair(entry) for entry in entries(text)]


def parse_circle(text: str) -> tuple[Place, float]:
    """Read `latitude,longitude radius`, the radius in km; ValueError with the reason."""
    parts = entries(text)
    if len(parts) != 2:
        what = "no radius" if len(parts) == 1 else f"{len(parts)} parts"
        raise ValueError(f"has {what}; write latitude,longitude and behind a space the radius in km")
    if not re.fullmatch(_NUMBER, parts[1]):
        raise ValueError(f"has the radius {parts[1]!r}; write a number of km")
    return _pair(parts[0]), float(parts[1])


def box_of(places: list[Place], kilometres: float = 0) -> Box:
    """Give the box around places and a distance about them; there is at least one place."""
    more = kilometres / _KILOMETRES_A_DEGREE
    latitudes, longitudes = [place.latitude for place in places], [place.longitude for place in places]
    return Box(min(latitudes) - more, min(longitudes) - more, max(latitudes) + more, max(longitudes) + more)


def parse_box(text: str) -> Box:
    """Read `south,west,north,east` in degrees; ValueError with the reason."""
    numbers = [entry.strip() for entry in text.split(",")]
    if len(numbers) != 4 or not all(re.fullmatch(_NUMBER, number) for number in numbers):
        raise ValueError("is no territory; give south,west,north,east in degrees, as in 37.0,-123.0,38.5,-121.5")
    box = Box(*map(float, numbers))
    if not (-90 <= box.south < box.north <= 90 and -180 <= box.west < box.east <= 180):
        raise ValueError("is no territory: south has to lie below north and west before east, latitudes within 90")
    return box


def _pair(entry: str) -> Place:
    match = _PAIR.fullmatch(entry)
    if match is None:
        raise ValueError(f"has the entry {entry!r}; a place is latitude,longitude in degrees, without a space")
    return Place(float(match[1]), float(match[2]))
