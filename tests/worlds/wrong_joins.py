"""A town some of whose meters are joined to the wrong transformer, and a season of outages as they are told of it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from models.network.network import Network
from models.times.iso8601 import format_time
from tests.worlds.lifecycles import START, revision
from tests.worlds.networks import Device, Point, network_of

HOUR = 3_600_000
DELIVERY = 0.96
ALONE = 0.2
Told = tuple[int, list[dict[str, Any]], list[dict[str, Any]]]
"""An instant (ms), revisions and records of the ledger."""


def devices(fuses: int = 10) -> list[Device]:
    """A breaker with fuses, each with four transformers."""
    found = [Device("b", "", "breaker", "z")]
    for fuse in range(fuses):
        found.append(Device(f"f{fuse}", "b", "fuse", "z"))
        found += [Device(f"f{fuse}t{number}", f"f{fuse}", "transformer", "z") for number in range(4)]
    return found


def built(joins: dict[str, str], previous: Network | None = None) -> Network:
    """The network with these joins; devices stand along a street in their order."""
    network = network_of(devices(), [Point(name, device) for name, device in joins.items()], previous)
    east = np.array([_place(name) for name in network.device_ids])
    return replace(network, device_longitude=8.0 + east / 1000, device_latitude=np.full(len(east), 47.0))


def _place(device: str) -> float:
    fuse, _, number = device.lstrip("fb").partition("t")
    return 4.0 * int(fuse or 0) + float(number or 0)


@dataclass
class Season:
    """What is true, what the network has, and what is told."""

    draw: random.Random
    truth: dict[str, str] = field(default_factory=dict)
    joins: dict[str, str] = field(default_factory=dict)
    mute: set[str] = field(default_factory=set)
    """Meters that never tell anything."""
    network: Network = field(init=False)
    _outages: int = 0
    _sequence: int = 0

    def __post_init__(self) -> None:
        transformers = [device.id for device in devices() if device.kind == "transformer"]
        for place, device in enumerate(transformers):
            for number in range(6):
                name = f"p{place:02}{number}"
                self.truth[name] = self.joins[name] = device
                if self.draw.random() < 0.05:
                    near = [at for at in range(place - 3, place + 4) if at != place and 0 <= at < len(transformers)]
                    self.joins[name] = transformers[self.draw.choice(near)]
                elif self.draw.random() < 0.02:
                    self.mute.add(name)
        self.network = built(self.joins)

    @property
    def wrong(self) -> set[str]:
        """Usage points that are joined wrongly."""
        return {name for name, device in self.joins.items() if device != self.truth[name]}

    def play(self, count: int) -> Iterator[Told]:
        """Let so many devices fail, one after the other."""
        named = [device.id for device in devices()]
        for number in range(count):
            device = "b" if number % 10 == 0 else self.draw.choice(named)
            yield from self._fail(device, START * 1000 + (self._outages + 1) * HOUR)

    def _fail(self, device: str, at: int) -> Iterator[Told]:
        def below(joins: dict[str, str]) -> set[str]:
            return {name for name, own in joins.items() if device in ("b", own, own.partition("t")[0])}

        really, modelled, end = below(self.truth), below(self.joins), at + HOUR // 2
        heard = {name for name in sorted(really - self.mute) if self.draw.random() < DELIVERY}
        told = [(device, "fuse", {name: name in heard for name in modelled}, at)]
        alone = [name for name in sorted(heard - modelled) if self.draw.random() < ALONE]
        told += [(name, "service", {name: True}, at + 5000) for name in alone]
        revisions, ledger = [], []
        for where, kind, members, began in told:
            self._outages += 1
            self._sequence += 1
            fields = {"device_id": where, "device_kind": kind, "status": "restored", "customers_affected": len(members)}
            fields |= {"started_at": format_time(began), "restored_at": format_time(end), "customers_out": 0}
            fields |= {"customers_restored": len(members), "detected_at": format_time(began + 1000)}
            fields |= {"sustained_at": format_time(began + 300_000), "out_since": format_time(began)}
            revisions.append(revision(self._outages, end // 1000, self._sequence, **fields))
            ledger.append(self._entries(revisions[-1], members, (began, end)))
        yield end, revisions, ledger

    def _entries(self, record: dict[str, Any], members: dict[str, bool], span: tuple[int, int]) -> dict[str, Any]:
        names = sorted(members)
        positions = self.network.find_points(names)
        changes = ["restored_confirmed" if members[name] else "restored_inferred" for name in names]
        return {
            "event_id": record["event_id"], "schema_version": 1, "organisation": "test", "sequence": self._sequence,
            "outage_id": record["outage_id"], "revision": 1, "zone_id": "z", "updated_at": record["updated_at"],
            "network_version": "v", "part": 1, "parts": 1,
            "usage_points": self.network.point_number[positions].tolist(), "changes": changes,
            "out_at": [span[0]] * len(names), "at": [span[1]] * len(names), "others": [None] * len(names),
        }  # fmt: skip
