"""Where a message counts follows from what was told before it, whoever reads it, in whatever pieces, after any restart.

The oracle keeps a diary and lives it through anew for each message: who is put up somewhere drives away who hung there.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import orjson
from hypothesis import given
from hypothesis import strategies as st

from models.contracts.topics import METER_EVENTS
from models.ingest.file_origin import FileOrigin
from models.ingest.mounting.laid import Laid
from models.ingest.mounting.mountings import Mounting, Mountings
from models.ingest.origin_reader import Ingested, OriginReader
from models.ingest.readers.rows import RecordColumns
from models.network.network import Network
from tests.worlds.evidence import START
from tests.worlds.networks import Device, Point, network_of

POINTS = ("p0", "p1", "p2")
TABLE = {f"M{point}": point for point in POINTS}
NEW = ("N0", "N1")
NETWORK = network_of([Device("d0", "", "breaker", "sub0")], [Point(point, "d0") for point in POINTS])
MANY = tuple(f"q{number}" for number in range(10))
TOWN = network_of([Device("d0", "", "breaker", "sub0")], [Point(point, "d0") for point in MANY])
PARTITIONS = 3
Answer = str | None


class Told(NamedTuple):
    """A message in its raw partition; log times rise from message to message."""

    partition: int
    offset: int
    log_time: int
    meter: str
    kind: str
    point: str | None
    observed: int

    def line(self) -> bytes:
        event = {"event_id": "e", "meter_id": self.meter, "kind": self.kind, "source": "mesh"}
        event |= {"usage_point_id": self.point} if self.point else {}
        return orjson.dumps(event | {"observed_at": self.observed, "received_at": self.log_time})


@st.composite
def messages(draw: st.DrawFn, partitions: int = PARTITIONS) -> list[Told]:
    told: list[Told] = []
    ends = [0] * partitions
    for number in range(draw(st.integers(1, 25))):
        at, partition = START + 10 * number, draw(st.integers(0, partitions - 1))
        kind = draw(st.sampled_from(("installed", "installed", "removed", "last_gasp", "last_gasp")))
        point = draw(st.sampled_from((*POINTS, "p9", None))) if kind == "installed" else None
        meter = draw(st.sampled_from((*TABLE, *NEW)))
        told.append(Told(partition, ends[partition], at, meter, kind, point, at - draw(st.integers(-5, 120))))
        ends[partition] += 1
    return told


@dataclass
class Diary:
    """What has been written down so far: when, who, where (None: nowhere)."""

    lines: list[tuple[int, int, str, Answer]] = field(default_factory=list)

    def lived(self, until: int) -> dict[str, Answer]:
        hangs: dict[str, Answer] = dict(TABLE)
        for since, _, meter, point in sorted(self.lines, key=lambda line: line[:2]):
            if since <= until:
                if point is not None:
                    hangs = {one: None if where == point else where for one, where in hangs.items()}
                hangs[meter] = point
        return hangs

    def first(self, meter: str) -> Answer:
        return min([line for line in self.lines if line[2] == meter], default=(0, 0, meter, None))[3]

    def answer(self, told: Told) -> Answer:
        at = min(told.observed, told.log_time)
        ever = 1 << 60
        if told.kind == "installed" and told.point:
            if told.point not in POINTS:
                return None
            if self.lived(ever).get(told.meter) != told.point:
                self.lines.append((at, told.log_time, told.meter, told.point))
        before = self.where(told.meter, at)
        if told.kind == "removed":
            holds = before is not None and self.lived(ever).get(told.meter) == before
            if any(line[2] == told.meter for line in self.lines):
                self.lines.append((at, told.log_time, told.meter, None))
            return before if holds else None
        return before

    def where(self, meter: str, at: int) -> Answer:
        hangs = self.lived(at)
        return hangs[meter] if meter in hangs else self.first(meter)


def answers(ingested: Ingested, network: Network = NETWORK) -> dict[int, str]:
    rows = ingested.batch.points
    assert rows is not None
    names = network.point_ids.take(network.point_position[rows.point])
    return dict(zip(rows.offset.tolist(), names, strict=True))


def read(laid: Laid, some: list[Told], network: Network = NETWORK) -> dict[tuple[int, int], str]:
    """Read messages that follow each other in a partition; what they tell of is known from then on."""
    partition = some[0].partition
    reader = OriginReader(network, METER_EVENTS, partition, laid=laid)
    columns = RecordColumns(np.array([one.offset for one in some]), np.array([one.log_time for one in some]))
    ingested = reader.read_log([one.line() for one in some], columns, 0)
    laid.mountings.take(ingested.mounted)
    assert ingested.batch.read == len(some)
    return {(partition, offset): point for offset, point in answers(ingested, network).items()}


def as_told(told: list[Told]) -> dict[tuple[int, int], str]:
    diary = Diary()
    found = {(one.partition, one.offset): diary.answer(one) for one in told}
    return {place: point for place, point in found.items() if point is not None}


@given(messages(), st.data())
def test_messages_count_where_their_meters_hung_whatever_the_partition_and_the_process(
    told: list[Told], data: st.DataObject
) -> None:
    patience = data.draw(st.sampled_from((0, 1, 1000)))  # in columns at once, soon, never
    laid = Laid(Mountings(), NETWORK, patience=patience)
    found: dict[tuple[int, int], str] = {}
    pieces: list[list[Told]] = []
    for one in told:  # in the order of the log, cut anywhere within a partition
        same = bool(pieces) and pieces[-1][0].partition == one.partition
        if same and data.draw(st.booleans()):
            pieces[-1].append(one)
        else:
            pieces.append([one])
    for piece in pieces:
        found |= read(laid, piece)
    assert found == as_told(told)
    # Who starts anew knows all of it, and reads on from any place: the same messages count the same.
    heard = [Mounting(*one.fields()) for one in laid.mountings.heard]
    for partition in range(PARTITIONS):
        mine = [one for one in told if one.partition == partition]
        rest = mine[data.draw(st.integers(0, len(mine))) :]
        if rest:
            anew = Laid(Mountings(data.draw(st.permutations(heard))), NETWORK, patience=patience)
            assert read(anew, rest) == {place: point for place, point in found.items() if place in _places(rest)}
            assert sorted(anew.mountings.heard) == sorted(heard)


def _places(some: list[Told]) -> set[tuple[int, int]]:
    return {(one.partition, one.offset) for one in some}


@given(messages(partitions=1), st.data())
def test_a_file_says_the_same_in_any_pieces_and_after_any_stop(told: list[Told], data: st.DataObject) -> None:
    reader = OriginReader(NETWORK, METER_EVENTS)
    origin, rest = FileOrigin(reader), list(told)
    found: dict[int, str] = {}
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        piece, rest = rest[:size], rest[size:]
        found |= answers(origin.take([one.line() for one in piece], last=not rest))
        origin = FileOrigin.resume(reader, origin.snapshot())
    assert found == {offset: point for (_, offset), point in as_told(told).items()}
    whole = FileOrigin(reader)
    times = whole.take_times([one.line() for one in told], last=True)[1].tolist()
    assert len(times) == len(told)
    assert whole.snapshot()[3] == origin.snapshot()[3]


def season(chance: random.Random) -> list[list[Told]]:
    """Pieces of a longer log: meters of a store are put up, sometimes taken down, and mostly speak."""
    pieces, ends, at = [], [0] * PARTITIONS, START
    store = [f"N{number}" for number in range(8)]
    for _ in range(chance.randint(2, 20)):
        partition, piece = chance.randrange(PARTITIONS), []
        for _ in range(chance.randint(1, 12)):
            kind = chance.choices(("installed", "removed", "last_gasp"), (2, 1, 20))[0]
            point = chance.choice(MANY) if kind == "installed" else None
            at += 10 * chance.randint(0, 1)
            meter = chance.choice((*store, f"M{chance.choice(MANY)}"))
            piece.append(Told(partition, ends[partition], at, meter, kind, point, at - chance.choice((0, 0, 0, 300))))
            ends[partition] += 1
        pieces.append(piece)
    return pieces


@given(st.integers(0, 1 << 32))
def test_exchanges_in_columns_count_as_those_joined_one_by_one(seed: int) -> None:
    pieces = season(random.Random(seed))
    columns, single = (Laid(Mountings(), TOWN, patience=patience) for patience in (0, 1 << 40))
    for piece in pieces:
        assert read(columns, piece, TOWN) == read(single, piece, TOWN)
    chance = random.Random(seed)
    for piece in chance.sample(pieces, len(pieces)):  # read again by who knows more than the first reader did
        assert read(columns, piece, TOWN) == read(single, piece, TOWN)
    assert single.plain is None
