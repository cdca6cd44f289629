"""Other versions of small networks, and a reader that takes them up, for tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import strategies as st

from models.contracts.topics import RAW_TOPICS
from models.ingest.file_origin import FileOrigin
from models.ingest.origin_reader import OriginReader
from models.network.network import Network
from models.network.versions import after
from models.outages.engine import Engine
from models.outages.snapshot import read_head
from models.outages.state.shared_tables import Shared
from models.outages.versions.tables import Tables
from models.outages.weights.delivery import DeliveryRate
from tests.worlds.evidence import Reader, moment
from tests.worlds.networks import Device, Point, network_of
from tests.worlds.random_storms import LONGEST, Storm, storms

Version = tuple[float, Network]
"""From when on, in seconds, and what."""


class ReleasedReader(Reader):
    """Reads lines, and takes up versions of the network on the way."""

    def __init__(self, network: Network, lines: dict[str, list[bytes]], versions: Sequence[Version]) -> None:
        self.versions = {version.version: version for _, version in versions}
        super().__init__(network, lines)
        turns = {
            topic: [(moment(at), OriginReader(version, topic)) for at, version in versions] for topic in RAW_TOPICS
        }
        self.origins = {topic: FileOrigin(self.ingest[topic], successors=turns[topic]) for topic in RAW_TOPICS}
        for at, version in versions:
            self.engine.release(version.version, moment(at))

    def _engine(self, state: bytes | None = None) -> Engine:
        engine = super()._engine()
        if state is not None:
            origins = [ingest.origin for ingest in self.ingest.values()]
            shared = self.shared_of(read_head(state).network)
            engine = Engine(shared, origins, state=state)
        engine.shared_of = self.shared_of
        return engine

    def shared_of(self, version: str) -> Shared:
        """The tables of a version."""
        networks = self.versions | {self.network.version: self.network}
        tables = Tables(networks.__getitem__, self.parameters, [DeliveryRate("*", "*", 0.85)], None)
        return tables.of(version)

    def advance(self, topic: str, count: int) -> None:
        first = self.read[topic]
        values = self.lines.get(topic, [])[first : first + count]
        origin = self.origins[topic]
        if not values:
            self._take(self.ingest[topic].end(origin.log_time))
            return
        self.read[topic] += len(values)
        for ingested in origin.take_in_turn(values, last=True):
            self.answer.dead_letters[topic] += ingested.dead_letters
            self._take(ingested.batch)
        self.log_time[topic] = origin.log_time


def play(network: Network, lines: dict[str, list[bytes]], versions: Sequence[Version]) -> ReleasedReader:
    """Read all lines, topic by topic."""
    reader = ReleasedReader(network, lines, versions)
    reader.finish()
    return reader


@st.composite
def released_storms(draw: st.DrawFn) -> tuple[Storm, list[Version]]:
    """A storm, and one or two versions of its network: points and devices come, go and move, to other zones, too.

    The second may be the first network once more.
    """
    storm = draw(storms())
    storm.network = network_of(storm.devices, storm.points, evidence_partitions=1)
    versions: list[Version] = []
    devices, points, network, at = storm.devices, storm.points, storm.network, 0.0
    for turn in range(draw(st.integers(1, 2))):
        devices, points = _edited(draw, devices, points, turn)
        goes_back = turn > 0 and draw(st.integers(0, 2)) == 0
        network = after(storm.network, network) if goes_back else network_of(devices, points, network, 1)
        at = at + draw(st.integers(1, LONGEST // 2))
        versions.append((at, network))
    return storm, versions


Edited = tuple[list[Device], list[Point]]


def _edited(draw: st.DrawFn, devices: list[Device], points: list[Point], turn: int) -> Edited:
    """The tables after a few edits."""
    tables = list(devices), list(points)
    for step in range(draw(st.integers(0, 6))):
        tables = draw(st.sampled_from(EDITS))(draw, *tables, f"{turn}{step}")
    return tables


def _add(draw: st.DrawFn, devices: list[Device], points: list[Point], name: str) -> Edited:
    new = Point(f"q{name}", draw(st.sampled_from(devices)).id, customers=draw(st.integers(1, 3)))
    return devices, [*points, new]


def _insert(draw: st.DrawFn, devices: list[Device], points: list[Point], name: str) -> Edited:
    """A device above another one."""
    place = draw(st.integers(0, len(devices) - 1))
    below = devices[place]
    new = Device(f"e{name}", below.parent, "fuse", below.substation)
    return [*devices[:place], new, replace(below, parent=new.id), *devices[place + 1 :]], points


def _cut(draw: st.DrawFn, devices: list[Device], points: list[Point], name: str) -> Edited:  # noqa: ARG001 (as all edits)
    """A device goes; what it fed hangs at its parent."""
    gone = draw(st.sampled_from(devices))
    if not gone.parent:
        return devices, points
    left = [replace(one, parent=gone.parent) if one.parent == gone.id else one for one in devices if one != gone]
    return left, [replace(one, device=gone.parent) if one.device == gone.id else one for one in points]


def _hang(draw: st.DrawFn, devices: list[Device], points: list[Point], name: str) -> Edited:  # noqa: ARG001 (likewise)
    """A device with all below it hangs elsewhere in its zone."""
    place = draw(st.integers(0, len(devices) - 1))
    one = devices[place]
    below = _below(devices, one)
    above = [other for other in devices if other.substation == one.substation and other.id not in below]
    if not one.parent or not above:
        return devices, points
    moved = replace(one, parent=draw(st.sampled_from(above)).id)
    return [*devices[:place], moved, *devices[place + 1 :]], points


def _cut_over(draw: st.DrawFn, devices: list[Device], points: list[Point], name: str) -> Edited:
    """A device with all below it goes to another substation, which may be a new one."""
    one = draw(st.sampled_from(devices))
    others = [other for other in devices if other.substation != one.substation]
    above = draw(st.sampled_from([None, *others]))
    substation, below = above.substation if above else f"new{name}", _below(devices, one)
    moved = [replace(other, substation=substation) if other.id in below else other for other in devices]
    place = devices.index(one)
    moved[place] = replace(moved[place], parent=above.id if above else "")
    return moved, points


def _below(devices: list[Device], one: Device) -> set[str]:
    """A device and all below it."""
    below = {one.id}
    for _ in devices:
        below |= {other.id for other in devices if other.parent in below}
    return below


def _change(draw: st.DrawFn, devices: list[Device], points: list[Point], name: str) -> Edited:
    """A point goes, moves, counts otherwise, or has another meter."""
    place = draw(st.integers(0, len(points) - 1))
    point = points[place]
    changed = draw(
        st.sampled_from(
            [
                [],
                [replace(point, meter=f"Mnew{name}")],
                [replace(point, meter="")],
                [replace(point, customers=point.customers + 1, priority="critical")],
                [replace(point, device=draw(st.sampled_from(devices)).id)],
            ]
        )
    )
    left = [*points[:place], *changed, *points[place + 1 :]]
    return devices, left or points


EDITS = (_add, _insert, _cut, _hang, _cut_over, _cut_over, _change, _change, _change, _change)
