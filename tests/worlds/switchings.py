"""Small towns that are switched all day, and who has power at each moment by the positions alone, for tests."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import numpy as np

from models.network.network import Network
from tests.worlds.evidence import START, Evidence
from tests.worlds.networks import Device, Point, network_of


@dataclass
class Town:
    """Feeders of one substation, whose trunks are tied; every device that is switched is telemetered."""

    network: Network
    switches: list[str]
    """Breakers and switches, normally closed."""
    ties: list[str]


def town(draw: random.Random, meters: bool = True) -> Town:
    """Two or three feeders of a few sections with a transformer each, and ties between sections."""
    devices = [Device("bus", "", "bus")]
    points: list[Point] = []
    sections: list[str] = []
    for feeder in range(draw.randint(2, 3)):
        above = "bus"
        for number in range(draw.randint(1, 4)):
            name = f"f{feeder}s{number}"
            kind = "switch" if number else "breaker"
            parent = above if number < 2 or draw.random() < 0.7 else sections[-2]
            devices.append(Device(name, parent, kind, feeder=f"F{feeder}", telemetered=1))
            devices.append(Device(f"{name}t", name, "transformer", feeder=f"F{feeder}", telemetered=0))
            points += [Point(f"{name}p{at}", f"{name}t", None if meters else "") for at in range(draw.randint(2, 4))]
            sections.append(above := name)
    ties = []
    for number in range(draw.randint(1, 3)):
        one, other = draw.sample(sections, 2)
        devices.append(Device(f"tie{number}", one, "tie", other_parent=other, telemetered=1))
        ties.append(f"tie{number}")
    return Town(network_of(devices, points), sections, ties)


@dataclass
class Day:
    """Who is out when, by what was switched; times in seconds."""

    town: Town
    evidence: Evidence = field(default_factory=Evidence)
    open_now: set[str] = field(default_factory=set)
    out_since: dict[str, float] = field(default_factory=dict)
    intervals: list[tuple[str, float, float]] = field(default_factory=list)
    """Usage point, from when to when it was without power."""

    def __post_init__(self) -> None:
        self.open_now |= set(self.town.ties)

    def switch(self, device: str, at: float, delay: float = 1) -> None:
        """Open what is closed, close what is open."""
        position = "closed" if device in self.open_now else "open"
        self.open_now ^= {device}
        self.evidence.scada(device, position, at, delay=delay)
        dark = self.dark()
        for point in sorted(dark - self.out_since.keys()):
            self.out_since[point] = at
        for point in sorted(self.out_since.keys() - dark):
            self.intervals.append((point, self.out_since.pop(point), at))

    def is_dark(self, device: str) -> bool:
        """Whether some of whom a device normally feeds are without power: what opens there is told apart by meters."""
        network = self.town.network
        at = int(network.find_devices([device])[0])
        below = range(int(network.point_start[at]), int(network.point_end[at]))
        return any(network.point_ids[point] in self.out_since for point in below)

    def dark(self) -> set[str]:
        """Usage points without power, by walking from the sources over all that is closed."""
        network = self.town.network
        near: dict[int, set[int]] = {at: set() for at in range(-1, len(network.parent))}
        for device, parent in enumerate(network.parent.tolist()):
            if network.device_ids[device] in self.open_now:
                continue
            tie = int(network.other_parent[device])
            one, other = (parent, tie) if tie >= 0 else (parent, device)
            near[one].add(other)
            near[other].add(one)
        reached, waiting = {-1}, [-1]
        while waiting:
            for other in near[waiting.pop()] - reached:
                reached.add(other)
                waiting.append(other)
        fed = np.isin(network.point_device, sorted(reached))
        return {network.point_ids[at] for at in np.flatnonzero(~fed).tolist()}

    def quiet_minutes(self) -> list[int]:
        """Whole minutes (seconds) around which nothing is switched, or for too short to be told by switches alone."""
        times = [(row[2]["observed_at"] - START) // 1000 for row in self.evidence.rows if "position" in row[2]]
        return [
            minute
            for minute in range(0, max(times, default=0) + 600, 60)
            if all(abs(minute - at) > QUIET for at in times)
        ]

    def out_at(self, second: float) -> set[str]:
        """Who is without power, of those who are so for long enough to be told by switches alone."""
        return {point for point, since, until in self.intervals if since <= second < until and until - since > SHORTEST}


QUIET = 25
SHORTEST = 40


def day(place: Town, draw: random.Random, switchings: int = 12) -> Day:
    """Switch at random, sometimes twice within seconds, and put all back."""
    today, at = Day(place), 100
    everything = [*place.switches, *place.ties, *place.ties]
    for _ in range(switchings):
        at += draw.choice([120, 240, 420, 900])
        first = draw.choice(everything)
        if first in today.open_now or not today.is_dark(first):
            today.switch(first, at)
        if draw.random() < 0.4:
            at += draw.choice([6, 10, 20])
            other = draw.choice([one for one in everything if one != first])
            if other in today.open_now or not today.is_dark(other):
                today.switch(other, at)
    for device in [*place.switches, *place.ties]:
        if (device in today.open_now) != (device in place.ties):
            at += 120
            today.switch(device, at)
    for second in range(0, at + 2400, 300):
        today.evidence.scada(place.switches[0], "alarm", second)
    return today
