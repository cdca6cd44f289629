"""Where in a zone power may not have come back to: the branches below what somebody has told of since."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from models.asking.doubt import TOP, Branch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from models.asking.book import Book
    from models.asking.policy import AskingPolicy
    from models.network.network import Network

MOST: Final = 300
"""Devices of a branch that are weighed together; power counts as come to the top of a larger one."""
_SURE: Final = 1e15


class Place(NamedTuple):
    """What is known of the usage points of one device, those left out who are asked right now."""

    silent: int
    out: int
    heard: float
    """How probably one of them would have told by itself."""


class Doubtful(NamedTuple):
    """A branch, and the usage points to choose from."""

    branch: Branch
    places: Mapping[int, Place]
    """By position of the device."""


def doubtful_branches(network: Network, book: Book, numbers: Iterable[int], policy: AskingPolicy) -> list[Doubtful]:
    """Give the branches that some usage points, by stable number, are in doubt in; those of one zone or of several."""
    positions = {number: position for number in numbers if (position := position_of(network, number)) >= 0}
    lit = _lit(network, book, positions)
    places = _places(network, book, positions)
    ways = {
        (one.device_id, int(network.point_device[position]))
        for number, position in positions.items()
        if (one := book.silent.get(number)) is not None
    }
    tops = _positions_of(network, {name for name, _ in ways})
    on_the_way = {device for name, below in ways for device in _way_up(network, tops[name], below)}
    alone = [device for device, place in sorted(places.items()) if device in lit and place.silent]
    branches = _split(network, sorted(on_the_way - lit), places, policy)
    return [*branches, *(_alone(device, places[device], policy) for device in alone)]


def after(doubtful: Doubtful, network: Network, device: int, policy: AskingPolicy) -> list[Doubtful]:
    """Give what is left of a branch if one usage point of a device has power, as it most probably has."""
    lit, above = set(), device
    while above >= 0:
        lit.add(above)
        above = int(network.parent[above])
    places = dict(doubtful.places)
    places[device] = places[device]._replace(silent=places[device].silent - 1)
    rest = [one for one in doubtful.branch.devices.tolist() if one not in lit]
    alone = [_alone(one, places[one], policy) for one in sorted(lit) if one in places and places[one].silent]
    return [*_split(network, rest, places, policy), *alone]


def position_of(network: Network, number: int) -> int:
    """Give where a usage point stands in a version of the network, by its stable number; -1 where it is not in it."""
    return int(network.point_position[number]) if number < len(network.point_position) else -1


def _lit(network: Network, book: Book, positions: Mapping[int, int]) -> set[int]:
    """The devices that power has come to: above who has told so, and above who is asked and will."""
    lit: set[int] = set()
    for number, position in positions.items():
        asked = book.silent.get(number)
        if number in book.lit or (asked is not None and asked.asked_until is not None):
            device = int(network.point_device[position])
            while device >= 0 and device not in lit:
                lit.add(device)
                device = int(network.parent[device])
    return lit


def _positions_of(network: Network, names: set[str]) -> dict[str, int]:
    some = sorted(names)
    return dict(zip(some, network.find_devices(some).tolist(), strict=True))


def _way_up(network: Network, top: int, device: int) -> Iterator[int]:
    """The devices from one up to what was open; itself alone where that is not above it."""
    if not 0 <= top <= device < int(network.device_end[top]):
        yield device
        return
    while device >= top:
        yield device
        device = int(network.parent[device])


def _places(network: Network, book: Book, positions: Mapping[int, int]) -> dict[int, Place]:
    places: dict[int, Place] = {}
    heard = _Heard(network, book, positions)
    for number, position in positions.items():
        device = int(network.point_device[position])
        before = places.get(device, Place(0, 0, 0.0))
        if (one := book.silent.get(number)) is not None and one.asked_until is None:
            chance = max(before.heard, heard.chance(one.outage_id, position))
            places[device] = before._replace(silent=before.silent + 1, heard=chance)
        elif number in book.out:
            places[device] = before._replace(out=before.out + 1)
    return places


class _Heard:
    """How probably somebody tells who comes back, as others of the same outage and the same collector have.

    Where a whole collector is silent that is the collector's doing, as far as is known, and says nothing of power.
    """

    def __init__(self, network: Network, book: Book, positions: Mapping[int, int]) -> None:
        self._collector = network.collector
        self._told: Counter[tuple[str, int]] = Counter()
        self._all: Counter[tuple[str, int]] = Counter()
        for number, position in positions.items():
            if (one := book.lit.get(number) or book.silent.get(number)) is not None:
                self._all[one.outage_id, int(self._collector[position])] += 1
                self._told[one.outage_id, int(self._collector[position])] += number in book.lit

    def chance(self, outage_id: str, position: int) -> float:
        """Say it of a usage point."""
        key = outage_id, int(self._collector[position])
        return (self._told[key] + 1) / (self._all[key] + 2)


def _split(
    network: Network, devices: list[int], places: Mapping[int, Place], policy: AskingPolicy
) -> Iterator[Doubtful]:
    """Cut devices, in the network's order, into branches that do not speak of each other."""
    some: list[int] = []
    end = -1
    for device in [*devices, -1]:
        if some and (device < 0 or device >= end):
            yield from _branch(network, some, places, policy)
            some = []
        if not some:
            end = int(network.device_end[device])
        some.append(device)


def _branch(
    network: Network, devices: list[int], places: Mapping[int, Place], policy: AskingPolicy
) -> Iterator[Doubtful]:
    if len(devices) > MOST:
        yield from _split(network, devices[1:], places, policy)
        if (top := places.get(devices[0])) is not None and top.silent:
            yield _alone(devices[0], top, policy)
        return
    index = {device: place for place, device in enumerate(devices)}
    parents = [index.get(int(network.parent[device]), TOP) for device in devices]
    yield _doubtful(devices, parents, places, policy)


def _alone(device: int, place: Place, policy: AskingPolicy) -> Doubtful:
    """Usage points of a device that power has come to: only their services are in doubt, each by itself."""
    made = _doubtful([device], [TOP], {device: place}, policy)
    return made._replace(branch=made.branch._replace(speaks=np.full(1, _SURE)))


def _doubtful(devices: list[int], parents: list[int], places: Mapping[int, Place], policy: AskingPolicy) -> Doubtful:
    mine = {device: places[device] for device in devices if device in places}
    known = [mine.get(device, Place(0, 0, 0.0)) for device in devices]
    heard, dead = np.array([one.heard for one in known]), policy.dead_service
    silent, out = np.array([one.silent for one in known]), np.array([one.out for one in known])
    quiet = 1 - heard * (1 - dead)  # that one is silent, if power comes to its device
    branch = Branch(
        np.array(devices, np.int32),
        np.array(parents, np.int32),
        quiet**silent * dead**out,
        silent,
        (1 - dead) * (1 - heard) / quiet,
    )
    return Doubtful(branch, mine)
