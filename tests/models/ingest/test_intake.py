"""An ingest process that may be killed at any moment: the log accounts for each offset once, whoever wrote it.

A meter that is exchanged counts where it hangs, though who reads on knows only what the topic of mountings has.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.contracts.topics import CREW_EVENTS, METER_EVENTS, OPERATOR_COMMANDS
from models.evidence.batch import END_OF_LOG
from models.evidence.log_record import LogRecord, decode_record, encode_record
from models.evidence.routing import Routing
from models.evidence.watermarks import Watermarks
from models.ingest.intake import Intake, OffsetReceipt, Origin
from models.ingest.mounting.mountings import Mounting, Mountings
from models.ingest.origin_reader import OriginReader
from models.ingest.readers.rows import RecordColumns
from tests.worlds.evidence import START
from tests.worlds.networks import Device, Point, network_of

PARTITIONS = 3
ZONES = 5
NETWORK = network_of(
    [Device(f"d{zone}", "", "breaker", f"sub{zone}") for zone in range(ZONES)],
    [Point(f"p{zone}{place}", f"d{zone}") for zone in range(ZONES) for place in range(3)]
    + [Point(f"x{zone}{part}", f"d{zone}", "") for zone in range(ZONES) for part in range(2)],
)
ROUTING = Routing.of(NETWORK, (np.arange(ZONES) % PARTITIONS).astype(np.int32), PARTITIONS)
MARK = b""
"""The value of a control record; its time is what it marks."""
ORIGINS = {f"{METER_EVENTS}/0": 2, f"{METER_EVENTS}/1": 2, f"{CREW_EVENTS}/0": 1}


def meter(draw: st.DrawFn) -> bytes:
    zone, place = draw(st.integers(0, ZONES)), draw(st.integers(0, 2))  # zone 5 is not on the network
    event = {"event_id": "e", "meter_id": f"Mp{zone}{place}", "kind": "last_gasp", "source": "mesh"}
    return orjson.dumps(event | {"observed_at": START, "received_at": START})


def exchanged(draw: st.DrawFn, part: str) -> bytes:
    """The one meter of a raw partition that is on no table: it is put up somewhere, moves, or speaks."""
    event = {"event_id": "e", "meter_id": f"new{part}", "kind": "last_gasp", "source": "mesh"}
    if draw(st.booleans()):
        event |= {"kind": "installed", "usage_point_id": f"x{draw(st.integers(0, ZONES - 1))}{part}"}
    return orjson.dumps(event | {"observed_at": START, "received_at": START})


def crew(draw: st.DrawFn) -> bytes:
    event = {"event_id": "e", "crew_id": "7", "status": "on_site", "observed_at": START, "received_at": START}
    named = draw(st.sampled_from(({}, {"outage_id": "x"}, {"device_id": "d3"}, {"device_id": "d9"})))
    return orjson.dumps(event | named)


@dataclass
class Raw:
    """The records of one raw partition: offsets with gaps, log times that may step back, marks that may be wrong."""

    offsets: list[int] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    values: list[bytes] = field(default_factory=list)


@st.composite
def raw_partition(draw: st.DrawFn, name: str) -> Raw:
    raw, offset = Raw(), 0
    for _ in range(draw(st.integers(0, 12))):
        offset += draw(st.sampled_from((1, 1, 1, 2)))
        raw.offsets.append(offset - 1)
        raw.times.append(START + draw(st.integers(0, 9000)))
        some = draw(st.integers(0, 6))
        event = meter if METER_EVENTS in name else crew
        if METER_EVENTS in name and some > 4:
            raw.values.append(exchanged(draw, name[-1]))
            continue
        raw.values.append(MARK if some == 0 else b"{" if some == 1 else event(draw))
    return raw


@dataclass
class World:
    """What is kept outside of a process: raw records, the log by partition, dead letters, mountings."""

    raw: dict[str, Raw]
    log: dict[int, list[LogRecord]] = field(default_factory=lambda: defaultdict(list))
    letters: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    mountings: list[Mounting] = field(default_factory=list)


@dataclass
class Process:
    """An ingest process; what it hands out is kept in order, a partition at a time, or dies with it."""

    world: World
    intake: Intake
    pending: dict[str, list[tuple[object, OffsetReceipt]]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def start(cls, world: World, *, remembers: bool) -> Process:
        """Take the origins over as the log tells; without `remembers` the tail does not tell what is covered."""
        settled = dict.fromkeys(ORIGINS, (0, 0))
        covered: dict[tuple[str, int], int] = {}
        for partition, records in world.log.items():
            for record in records:
                settled |= {name: max(settled[name], told) for name, told in record.settled.items()}
                for batch in record.batches:
                    if batch.offsets is not None and remembers:
                        covered[batch.origin, partition] = batch.offsets[1]
        origins = {}
        for name, partitions in ORIGINS.items():
            topic, part = name.rsplit("/", 1)
            position, log_time = settled[name]
            known = {ours: covered.get((name, ours), position) for ours in range(PARTITIONS)}
            origins[name] = Origin(OriginReader(NETWORK, topic, int(part)), partitions, position, log_time, known)
        return cls(world, Intake(NETWORK, ROUTING, origins, mountings=Mountings(world.mountings)))

    def take(self, name: str, most: int) -> None:
        raw, origin = self.world.raw[name], self.intake.origins[name]
        first = int(np.searchsorted(raw.offsets, origin.position))
        if first >= len(raw.offsets) or most == 0:
            return None
        if raw.values[first] == MARK:
            self.intake.mark(name, raw.offsets[first], raw.times[first])
            return self.take(name, most - 1)
        rest = raw.values[first : first + most]
        rows = slice(first, first + (rest.index(MARK) if MARK in rest else most))
        times = np.maximum.accumulate([max(raw.times[first], origin.log_time), *raw.times[rows][1:]])
        records = RecordColumns(
            np.array(raw.offsets[rows]), times, [b"?"] * len(raw.values[rows]) if "crew" in name else ()
        )
        ingested = self.intake.take(name, raw.values[rows], records)
        for mounting in ingested.mounted:
            self.intake.receipt.outstanding += 1
            self.pending["meters"].append((mounting, self.intake.receipt))
        for letter in ingested.dead_letters:
            self.intake.receipt.outstanding += 1
            self.pending[f"dlq {name}"].append(((name, letter.offset), self.intake.receipt))
        return self.take(name, most - (rows.stop - first))

    def flush(self, *, everywhere: bool) -> None:
        receipt = self.intake.receipt
        for partition, record in self.intake.flush(everywhere=everywhere):
            self.pending[f"log {partition}"].append(((partition, record), receipt))

    def deliver(self, queue: str, most: int, *, acknowledged: bool) -> None:
        """The broker keeps what is in flight; whether the process hears of it is another matter."""
        for what, receipt in self.pending[queue][:most]:
            if isinstance(what, Mounting):
                self.world.mountings.append(what)
            elif queue.startswith("dlq"):
                self.world.letters[what] += 1  # type: ignore[index]
            else:
                self.world.log[what[0]].append(decode_record(encode_record(what[1])))  # type: ignore[index]
            if acknowledged:
                receipt.delivered()
        del self.pending[queue][:most]


def run(data: st.DataObject, world: World) -> None:
    """Let processes come and go, and the last one read to the end."""
    process = Process.start(world, remembers=True)
    for _ in range(data.draw(st.integers(0, 25))):
        match data.draw(st.sampled_from(("take", "take", "flush", "deliver", "kill"))):
            case "take":
                process.take(data.draw(st.sampled_from(sorted(ORIGINS))), data.draw(st.integers(1, 5)))
            case "flush":
                process.flush(everywhere=data.draw(st.booleans()))
            case "deliver" if queues := sorted(queue for queue, what in process.pending.items() if what):
                process.deliver(data.draw(st.sampled_from(queues)), data.draw(st.integers(1, 3)), acknowledged=True)
            case "kill":
                for queue in sorted(process.pending):  # what is in flight may still land
                    process.deliver(queue, data.draw(st.integers(0, 3)), acknowledged=False)
                process = Process.start(world, remembers=data.draw(st.booleans()))
    for name in ORIGINS:
        process.take(name, 1000)
    process.flush(everywhere=True)
    for queue in sorted(process.pending):
        process.deliver(queue, 1000, acknowledged=True)


@given(st.data(), st.fixed_dictionaries({name: raw_partition(name) for name in ORIGINS}))
def test_the_log_accounts_for_every_offset(data: st.DataObject, raw: dict[str, Raw]) -> None:
    world = World(raw)
    run(data, world)
    for partition in range(PARTITIONS):
        for name in ORIGINS:
            check(world, partition, name)
    refused = {(name, offset) for name in ORIGINS for offset in refused_offsets(world, name)}
    assert set(world.letters) == {place for place in refused if CREW_EVENTS not in place[0]}
    told = {place for place in refused if CREW_EVENTS in place[0]}
    assert {(letter.topic + "/0", letter.offset) for letter in deferred(world)} == told


def check(world: World, partition: int, name: str) -> None:
    """Follow one origin in one partition as the engine does: no gap, each row once, none behind its watermark."""
    raw, expected = world.raw[name], 0
    seen: dict[int, int] = defaultdict(int)
    watermark, marks = 0, Watermarks(1000)
    for record in world.log[partition]:
        for batch in record.batches:
            if batch.origin != name:
                continue
            marks.join(name)
            marks.take(batch, 5)
            if batch.offsets is not None:
                first, end = batch.offsets
                assert first <= expected
                rows = (
                    [*zip(batch.points.offset.tolist(), batch.points.log_time.tolist(), strict=True)]
                    if (batch.points is not None)
                    else []
                )
                rows += [(row.offset, row.log_time) for row in batch.crew]
                for offset, log_time in rows:
                    assert first <= offset < end
                    if offset >= expected:
                        seen[offset] += 1
                        assert log_time >= watermark
                expected = max(expected, end)
            watermark = max(watermark, batch.watermark)
    assert expected == (raw.offsets[-1] + 1 if raw.offsets else 0)
    assert marks.first_log_time == (raw.times[0] if raw.times else 0)
    assert dict(seen) == dict.fromkeys(rows_of(world, partition, name), 1)


def rows_of(world: World, partition: int, name: str) -> list[int]:
    """The offsets that a partition is to hear of, said without the code under test."""
    raw, wanted = world.raw[name], []
    for offset, value in zip(raw.offsets, raw.values, strict=True):
        if value in (b"{", MARK) or (b'"d9"' in value) or b"Mp5" in value:
            continue
        if b'"new' in value:
            here = hung(raw)[offset] in range(partition, ZONES, PARTITIONS)
        else:
            here = CREW_EVENTS in name or int(orjson.loads(value)["meter_id"][2]) % PARTITIONS == partition
        if here:
            wanted.append(offset)
    return wanted


def hung(raw: Raw) -> dict[int, int]:
    """The zone in which the partition's new meter hung, by offset; -1 before it was put up anywhere."""
    zones, zone = {}, -1
    for offset, value in zip(raw.offsets, raw.values, strict=True):
        if b'"installed"' in value:
            zone = int(orjson.loads(value)["usage_point_id"][1])
        zones[offset] = zone
    return zones


def refused_offsets(world: World, name: str) -> list[int]:
    raw = world.raw[name]
    lines, zones = zip(raw.offsets, raw.values, strict=True), hung(raw)
    return [
        offset
        for offset, value in lines
        if value == b"{" or b'"d9"' in value or b"Mp5" in value or (b'"new' in value and zones[offset] < 0)
    ]


def deferred(world: World) -> list:  # type: ignore[type-arg]
    batches = [batch for records in world.log.values() for record in records for batch in record.batches]
    return [letter for batch in batches for letter in batch.deferred]


@pytest.mark.parametrize(("topic", "goes_back"), [(OPERATOR_COMMANDS, False), (METER_EVENTS, True)])
def test_what_comes_after_the_end_of_a_feed_takes_it_back_and_commands_do_not(topic: str, *, goes_back: bool) -> None:
    name = f"{topic}/0"
    origin = Origin(OriginReader(NETWORK, topic), 1, 0, 0, dict.fromkeys(range(PARTITIONS), 0))
    intake = Intake(NETWORK, ROUTING, {name: origin})
    intake.mark(name, 0, START)
    intake.mark(name, 1, END_OF_LOG)
    today = START + 200 * 86_400_000
    for offset, value in ((2, b"garbage"), (3, b"{}")):
        intake.take(name, [value], RecordColumns(np.array([offset]), np.array([today])))
    known = {batch.watermark for _, record in intake.flush(everywhere=True) for batch in record.batches}
    assert known == {today if goes_back else END_OF_LOG}
    assert origin.log_time == (today if goes_back else START)
    intake.mark(name, 4, START + 5000)
    assert origin.watermark == (today if goes_back else START + 5000)
