"""Substations whose feeders are cut over while something is out: what meters and SCADA say, and who truly was out.

Each substation has a bus and two feeders; each feeder a breaker, a fuse below it, and a transformer below either.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from hypothesis import strategies as st

from models.network.network import Network
from models.network.versions import after
from tests.worlds.evidence import Evidence
from tests.worlds.networks import Device, Point, network_of
from tests.worlds.releases import Version

SUBSTATIONS = ("A", "B")
LAST = 6000
Interruption = tuple[str, float, float]
"""A usage point, since when it was out, and when it was back, in seconds."""


def tables() -> tuple[list[Device], list[Point]]:
    """The network at first."""
    devices, points = [], []
    for substation in SUBSTATIONS:
        devices.append(Device(f"bus{substation}", "", "bus", substation))
        for feeder in (f"{substation}1", f"{substation}2"):
            devices.append(Device(f"brk{feeder}", f"bus{substation}", "breaker", substation, feeder))
            devices.append(Device(f"fuse{feeder}", f"brk{feeder}", "fuse", substation, feeder))
            for above in ("brk", "fuse"):
                name = f"{above}{feeder}"
                devices.append(Device(f"t{name}", name, "transformer", substation, feeder))
                points += [Point(f"p{name}{number}", f"t{name}") for number in range(4)]
    return devices, points


def cut_over(devices: list[Device], top: str, parent: str, substation: str) -> list[Device]:
    """A device with all below it hangs elsewhere; a substation that is not there yet gets a bus."""
    below, known = {top}, {device.id for device in devices}
    for _ in devices:
        below |= {device.id for device in devices if device.parent in below}
    moved = [
        replace(device, substation=substation, parent=parent if device.id == top else device.parent)
        if device.id in below
        else device
        for device in devices
    ]
    return moved if parent in known else [*moved, Device(parent, "", "bus", substation)]


@dataclass(repr=False)
class World:
    """What happens; `versions` are in force from their seconds on."""

    network: Network
    versions: list[Version]
    faults: list[tuple[str, int, int]]
    """Device, when it opens, when it closes; one after the other."""
    evidence: Evidence = field(default_factory=Evidence)
    truth: list[Interruption] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"faults {self.faults}, " + ", ".join(f"from {at} {_fed(one)}" for at, one in self.versions)

    def in_force(self, at: float) -> Network:
        """The version of a moment."""
        return [self.network, *(one for begins, one in self.versions if begins <= at)][-1]

    def live(self) -> None:
        """Find who is out, and say it."""
        for second in range(0, LAST, 30):  # somebody is heard all the time
            self.evidence.meter("pbrkB20", "ping_on", second, 0)
        for device, out_at, back_at in self.faults:
            out = self._below(device, out_at)
            self.evidence.meter(" ".join(sorted(set(self.network.point_ids) - out)), "ping_on", out_at + 5, 2)
            for point in sorted(out):
                ends = [at for at, _ in self.versions if out_at < at < back_at and point not in self._below(device, at)]
                back = min([back_at, *ends])
                self.truth.append((point, out_at, back))
                self.evidence.meter(point, "last_gasp", out_at, 2)
                self.evidence.meter(point, "power_restored", back, 3, started=out_at)
            if device.startswith("brk"):
                self.evidence.scada(device, "open", out_at)
                self.evidence.scada(device, "closed", back_at)

    def _below(self, device: str, at: float) -> set[str]:
        network = self.in_force(at)
        place = int(network.find_devices([device])[0])
        if place < 0:
            return set()
        return set(network.point_ids[slice(int(network.point_start[place]), int(network.point_end[place]))])


def _fed(network: Network) -> dict[str, str]:
    """By device that is fed otherwise than at first, from which."""
    first = {device.id: device.parent for device in tables()[0]}
    above = [network.device_ids[at] if at >= 0 else "" for at in network.parent.tolist()]
    return {name: at for name, at in zip(network.device_ids, above, strict=True) if first.get(name) != at}


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Faults one after the other, and up to three versions: cut-overs to the other or a new substation, or back."""
    devices, points = tables()
    network = latest = network_of(devices, points, evidence_partitions=1)
    versions: list[Version] = []
    at = 0
    for turn in range(draw(st.integers(1, 3))):
        at += draw(st.integers(300, 1500))
        if turn and draw(st.booleans()):
            latest, devices = after(network, latest), tables()[0]
        else:
            devices = _edited(draw, devices, turn)
            latest = network_of(devices, points, latest, 1)
        versions.append((at, latest))
    world = World(network, versions, [])
    out_at = 0
    for _ in range(draw(st.integers(1, 4))):
        out_at += draw(st.integers(400, 900))
        lasts = draw(st.sampled_from((400, 900)))
        tops = ("A1", "A2", "B1")
        device = draw(
            st.sampled_from(["busA", *(f"{kind}{top}" for kind in ("brk", "fuse", "tbrk", "tfuse") for top in tops)])
        )
        world.faults.append((device, out_at, out_at + lasts))
        out_at += lasts
    world.live()
    return world


def _edited(draw: st.DrawFn, devices: list[Device], turn: int) -> list[Device]:
    for step in range(draw(st.integers(1, 2))):
        kind, feeder = draw(st.sampled_from(("brk", "fuse", "tfuse"))), draw(st.sampled_from(("A1", "A2", "B1")))
        new = f"N{turn}{step}"
        goals = {
            "brk": ("busA", "busB", f"bus{new}"),
            "fuse": ("brkA1", "brkB1", f"bus{new}"),
            "tfuse": ("fuseA2", "brkB1"),
        }
        parent = draw(st.sampled_from(goals[kind]))
        top = f"{kind}{feeder}"
        substation = next((device.substation for device in devices if device.id == parent), new)
        if parent != top and not _is_below(devices, parent, top):
            devices = cut_over(devices, top, parent, substation)
    return devices


def _is_below(devices: list[Device], one: str, top: str) -> bool:
    parents = {device.id: device.parent for device in devices}
    while one:
        if one == top:
            return True
        one = parents.get(one, "")
    return False
