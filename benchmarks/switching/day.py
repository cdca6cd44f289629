"""A day of switchings over a network: who is without power at each moment follows from the positions alone."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from models.network.network import DEVICE_KINDS
from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from random import Random

    from models.network.network import Network

START: Final = 1_782_900_000_000
DAY_SECONDS: Final = 86_400
SWITCHED: Final = tuple(DEVICE_KINDS.index(kind) for kind in ("breaker", "recloser", "sectionalizer", "switch"))
OUTSIDE: Final = -1


@dataclass
class Day:
    """What is switched, cut and joined, as events of two topics; and who is out from when to when (s)."""

    network: Network
    draw: Random
    scada: list[dict[str, Any]] = field(default_factory=list)
    commands: list[dict[str, Any]] = field(default_factory=list)
    orders: list[tuple[float, str, int, int]] = field(default_factory=list)
    """When, what, and at which devices."""
    intervals: list[tuple[int, float, float]] = field(default_factory=list)
    """Usage point by position, out since, back at."""

    def plan(self, schemes: int) -> None:
        """Draw schemes of a few switchings each, no device in two at a time, and put all back."""
        busy: dict[int, float] = defaultdict(float)
        for at in sorted(self.draw.uniform(60, DAY_SECONDS - 9000) for _ in range(schemes)):
            tie, device = self._somewhere()
            if max(busy[tie], busy[device]) > at:
                continue
            ends = at + self.draw.uniform(900, 5400)
            busy[tie] = busy[device] = ends + 300
            kind = self.draw.choice(("make first", "break first", "break first", "cut", "bypass"))
            pause = self.draw.uniform(20, 90) if kind == "make first" else self.draw.uniform(90, 900)
            if kind == "make first":
                self.orders += [(at, "close", tie, -1), (at + pause, "open", device, -1)]
                self.orders += [(ends, "close", device, -1), (ends + 60, "open", tie, -1)]
            elif kind == "break first":
                self.orders += [(at, "open", device, -1), (at + pause, "close", tie, -1)]
                self.orders += [(ends, "open", tie, -1), (ends + 120, "close", device, -1)]
            elif kind == "cut":
                self.orders += [(at, "cut", device, -1), (at + pause, "generator", device, -1)]
                self.orders += [(ends, "remove generator", device, -1), (ends + 120, "remove cut", device, -1)]
            else:
                above = int(self.network.parent[device])
                self.orders += [(at, "open", device, -1), (at + pause, "jumper", device, above)]
                self.orders += [(ends, "remove jumper", device, above), (ends + 120, "close", device, -1)]
        self.orders.sort()

    def _somewhere(self) -> tuple[int, int]:
        """A tie, and a device that is switched on the way from one of its ends to the source."""
        network = self.network
        tie = self.draw.choice(np.flatnonzero(network.other_parent >= 0).tolist())
        at = int(self.draw.choice((network.parent[tie], network.other_parent[tie])))
        way = []
        while at >= 0:
            way += [at] if network.device_kind[at] in SWITCHED and network.parent[at] >= 0 else []
            at = int(network.parent[at])
        return tie, self.draw.choice(way)

    def live(self) -> None:
        """Carry the orders out, and note who is out."""
        network = self.network
        open_now = set(np.flatnonzero(network.other_parent >= 0).tolist())
        elements: dict[tuple[str, int], tuple[int, int]] = {}
        since: dict[int, float] = {}
        for at, what, device, other in self.orders:
            if what in ("open", "close"):
                (open_now.add if what == "open" else open_now.discard)(device)
                self._position(at, device, "closed" if what == "close" else "open")
            else:
                verb, _, kind = what.rpartition(" ")
                elements.pop((kind, device)) if verb else elements.update({(kind, device): (device, other)})
                self._command(at, verb or kind, kind, device, other)
            dark = self._dark(open_now, elements)
            for point in [point for point in since if point not in dark]:
                self.intervals.append((point, since.pop(point), at))
            since |= {point: at for point in dark if point not in since}

    def _position(self, at: float, device: int, position: str) -> None:
        event = {"device_id": self.network.device_ids[device], "kind": "position", "position": position}
        times = {"observed_at": _time(at), "received_at": _time(at + 1), "event_id": str(len(self.scada))}
        self.scada.append(event | times | {"quality": "good", "source": "ems"})

    def _command(self, at: float, verb: str, kind: str, device: int, other: int) -> None:
        ids = self.network.device_ids
        name = f"{kind} {ids[device]}"
        number = sum(one["kind"] == kind and one["device_id"] == ids[device] for one in self.commands)
        command = {"kind": verb, "user": "op", "reason": "plan", "device_id": ids[device], "at": _time(at)}
        if verb == "remove":
            command |= {"command_id": f"-{name} {number}", "element_id": f"{name} {number - 1}"}
        else:
            command |= {"command_id": f"{name} {number}"} | ({"other_device_id": ids[other]} if other >= 0 else {})
        self.commands.append(command | {"received_at": _time(at + 1)})

    def _dark(self, open_now: set[int], elements: dict[tuple[str, int], tuple[int, int]]) -> set[int]:
        """Usage points that no way leads to, by walking from the sources over all that is closed."""
        network, cut = self.network, {device for kind, device in elements if kind == "cut"}
        near: dict[int, list[int]] = defaultdict(list)
        joined = [(device, int(network.parent[device])) for device in range(len(network.parent))]
        joined = [pair for pair in joined if pair[0] not in open_now and pair[0] not in cut]
        for device, parent in joined:
            one = int(network.other_parent[device]) if network.other_parent[device] >= 0 else device
            near[one].append(parent)
            near[parent].append(one)
        for (kind, _), (device, other) in elements.items():
            if kind != "cut":
                near[device].append(other)
                near[other].append(device)
        reached, waiting = {OUTSIDE}, [OUTSIDE]
        while waiting:
            for one in near[waiting.pop()]:
                if one not in reached:
                    reached.add(one)
                    waiting.append(one)
        fed = np.zeros(len(network.parent), np.bool_)
        fed[[one for one in reached if one >= 0]] = True
        return set(np.flatnonzero(~fed[network.point_device]).tolist())


def _time(second: float) -> str:
    return format_time(START + round(second * 1000))
