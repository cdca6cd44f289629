"""A feeder that rules are tried on: a breaker, a fuse or recloser to each side, two transformers below each.

breaker ┬ fuse ──── ta (a1 a2 a3 a4), tb (b1 b2 b3 b4)
        └ recloser ─ tc (c1 c2 c3 c4), td (d1 d2 d3 d4)
"""

from __future__ import annotations

from models.network.network import Network
from models.outages.estimate.estimator import Estimator
from tests.worlds.evidence import Answer, Evidence, Reader, moment
from tests.worlds.networks import Device, Point, network_of

HOUR = 3600
SIDES = (("fuse", "ta", "tb"), ("recloser", "tc", "td"))


def names(branch: str, each: int = 4) -> list[str]:
    """Usage points below a transformer."""
    return [f"{branch}{i}" for i in range(1, each + 1)]


A, B, C, D = (" ".join(names(branch)) for branch in "abcd")


def town(unmetered: str = "", each: int = 4, apart: bool = False) -> Network:
    """The feeder; points named in `unmetered` have no meter, and meters that are `apart` a collector each."""
    devices = [Device("breaker", kind="breaker")]
    points = []
    for side, *transformers in SIDES:
        devices.append(Device(side, "breaker", side))
        for transformer in transformers:
            devices.append(Device(transformer, side, "transformer"))
            for name in names(transformer[1], each):
                meter = "" if name in unmetered.split() else None
                points.append(Point(name, transformer, meter=meter, collector=name if apart else ""))
    return network_of(devices, points)


def outcome(
    evidence: Evidence, network: Network | None = None, until: float = HOUR, estimator: Estimator | None = None
) -> Answer:
    """What is said until `until`, all of it received."""
    reader = Reader(network or town(), evidence.lines(), estimator=estimator)
    for topic, lines in reader.lines.items():
        reader.advance(topic, len(lines))
    reader.pass_time(moment(until))
    return reader.answer
