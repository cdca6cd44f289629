"""A version of the network comes in the middle of a storm: nobody is lost or doubled, and no batch leaves a trace."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from models.contracts.outputs.membership import MembershipRecord
from models.contracts.outputs.outage import OutageRecord
from models.contracts.topics import CREW_EVENTS, METER_EVENTS
from models.ledger.interruptions import InterruptionLedger
from models.network.network import Network
from models.outages.engine import Engine
from models.outages.inference.knowledge import FREE, OUT, RETURNED
from models.outages.snapshot import read_state
from models.outages.state.partition import class_key
from models.outages.versions.carrying import FIELDS
from models.outages.versions.tables import Tables
from models.outages.weights.delivery import DeliveryRate
from models.outages.weights.parameters import Parameters
from tests.models.outages.test_invariance import steps
from tests.worlds.evidence import Answer, Evidence, moment
from tests.worlds.networks import Device, Point, network_of
from tests.worlds.random_storms import Storm
from tests.worlds.releases import ReleasedReader, Version, play, released_storms

World = tuple[Storm, list[Version]]


def said(answer: Answer) -> bytes:
    lists = answer.lifecycle, answer.restorations, answer.membership, answer.clock, answer.answers, answer.abnormal
    return orjson.dumps((*lists, answer.backfeed), option=orjson.OPT_SORT_KEYS)


def assert_adds_up(reader: ReleasedReader) -> None:
    """Recompute from the points what the state says of outages, and from the ledger who is out."""
    partition, answer = reader.engine.state.partition, reader.answer
    network, points = partition.network, partition.points
    outages = partition.by_name.values()
    assert set(np.unique(points.owner).tolist()) - {-1} <= {outage.slot for outage in outages}
    assert np.array_equal(points.owner == -1, points.phase == FREE)
    keys = [class_key(partition, outage) for outage in outages if not outage.over]
    assert len(keys) == len(set(keys))
    ledger = InterruptionLedger()
    for record in answer.membership:
        ledger.take(record)
    for outage in outages:
        mine = np.flatnonzero(points.owner == outage.slot)
        out = mine[points.phase[mine] != RETURNED]
        assert outage.customers_out == int(network.customers[out].sum())
        assert min(outage.affected + outage.restored + outage.transferred) >= 0
        assert all(outage.span[0] <= point < outage.span[1] for point in mine.tolist())
        if not outage.suspected:
            entries = ((number, known.get(outage.outage_id)) for number, known in ledger.entries.items())
            told = {number for number, entry in entries if entry is not None and entry.change == "gained"}
            assert told == set(network.point_number[out].tolist())


@settings(max_examples=25)
@given(world=released_storms(), draw=st.randoms(use_true_random=False))
def test_a_version_amid_a_storm_leaves_nobody_out_and_no_trace_of_batches(world: World, draw: random.Random) -> None:
    storm, versions = world
    whole = play(storm.network, storm.lines, versions)
    assert_adds_up(whole)
    for record in whole.answer.lifecycle:
        OutageRecord.model_validate(record)
    for record in whole.answer.membership:
        MembershipRecord.model_validate(record)
    other = ReleasedReader(storm.network, storm.lines, versions)
    for topic, count in steps(storm.lines, draw):
        other.advance(topic, count)
        assert_adds_up(other)
        if draw.random() < 0.2:
            other.restart()
    answer = other.finish()
    assert said(answer) == said(whole.answer)
    assert answer.dead_letters == whole.answer.dead_letters


def test_every_field_of_a_state_is_carried() -> None:
    network = network_of([Device("d", "", "breaker")], [Point("p", "d")])
    state = read_state(ReleasedReader(network, {}, []).engine.snapshot())
    assert state.keys() == FIELDS.keys()


DEVICES = [Device("feeder", "", "breaker"), *(Device(name, "feeder", "transformer") for name in ("t1", "t2", "t3"))]
POINTS = [Point(f"p{name}{number}", f"t{name}") for name in (1, 2, 3) for number in range(6)]


@dataclass
class After:
    """What a storm at t1 came to with a version of the network from 400 s on."""

    reader: ReleasedReader
    first: str
    """The outage at t1."""

    def last(self, outage: str = "") -> dict[str, Any]:
        return self.reader.answer.last()[outage or self.first]

    def changes(self, point: str) -> list[tuple[str, str]]:
        """What the ledger says of a point, in turn: outage and change."""
        networks: list[Network] = [*self.reader.versions.values(), self.reader.network]
        number = next(int(one.point_number[at]) for one in networks if (at := int(one.find_points([point])[0])) >= 0)
        return [
            (record["outage_id"], change)
            for record in self.reader.answer.membership
            for known, change in zip(record["usage_points"], record["changes"], strict=True)
            if known == number
        ]


def after(devices: list[Device], points: list[Point], evidence: Evidence | None = None) -> After:
    evidence = evidence or Evidence()
    evidence.meter(" ".join(f"p1{number}" for number in range(6)), "last_gasp", 100)
    evidence.crew("c1", "on_site", 200, open_device_id="t1")
    for at in range(0, 1200, 30):
        evidence.meter("p35", "ping_on", at, 0)
    before = network_of(DEVICES, POINTS)
    reader = ReleasedReader(before, evidence.lines(), [(400, network_of(devices, points, before))])
    for topic in (CREW_EVENTS, METER_EVENTS):
        reader.advance(topic, 10**6)
    reader.pass_time(moment(1100))
    return After(reader, reader.answer.lifecycle[0]["outage_id"])


def test_a_removed_point_leaves_as_removed_and_a_new_one_joins() -> None:
    told = after(DEVICES, [*(point for point in POINTS if point.id != "p10"), Point("new", "t1")])
    assert told.changes("p10") == [(told.first, "gained"), (told.first, "removed")]
    assert told.changes("new") == [(told.first, "gained")]
    assert told.last()["customers_out"] == 6
    assert told.last()["status"] == "confirmed"


def test_an_outage_whose_points_have_all_left_is_over() -> None:
    told = after(DEVICES, [point for point in POINTS if point.device != "t1"])
    assert told.last()["customers_out"] == 0
    assert told.last()["status"] == "cancelled"
    assert told.changes("p10") == [(told.first, "gained"), (told.first, "removed")]


def test_points_that_hang_at_another_device_are_handed_to_the_outage_there() -> None:
    moved = [Point(point.id, "t4") if point.id in {"p14", "p15"} else point for point in POINTS]
    told = after([*DEVICES, Device("t4", "feeder", "transformer")], moved)
    new = told.last()["transferred_to"]
    assert told.last()["customers_transferred"] == 2
    assert told.last(new)["device_id"] == "t4"
    assert told.changes("p14") == [(told.first, "gained"), (told.first, "transferred"), (new, "gained")]


def test_an_outage_goes_on_at_the_device_that_came_for_its_own() -> None:
    devices = [Device("t9", "feeder", "transformer") if device.id == "t1" else device for device in DEVICES]
    told = after(devices, [Point(point.id, "t9") if point.device == "t1" else point for point in POINTS])
    assert told.last()["device_id"] == "t9"
    assert told.last()["customers_out"] == 6
    assert told.changes("p10") == [(told.first, "gained")]


def test_customers_count_as_the_version_in_force_has_them() -> None:
    told = after(DEVICES, [Point(point.id, point.device, customers=3) for point in POINTS])
    assert told.last()["customers_out"] == 18
    assert told.last()["customers_affected"] == 18


def test_an_exchanged_meter_speaks_for_its_point_and_the_old_one_is_refused() -> None:
    evidence = Evidence()
    evidence.meter("other", "power_restored", 600)
    evidence.meter("p10", "ping_on", 610)
    points = [Point(point.id, point.device, meter="Mother") if point.id == "p10" else point for point in POINTS]
    told = after(DEVICES, points, evidence)
    letters = told.reader.answer.dead_letters["ami.meter.events.v1"]
    assert [letter.disposition for letter in letters] == ["unknown-usage-point"]
    partition = told.reader.engine.state.partition
    [point] = partition.network.find_points(["p10"]).tolist()
    assert int(partition.points.on_last[point]) == moment(600)
    assert int(partition.points.phase[point]) != OUT


def test_engines_of_one_process_that_share_tables_leave_each_other_alone() -> None:
    devices = [*DEVICES, Device("head", "", "breaker", "other"), Device("u1", "head", "transformer", "other")]
    points = [*POINTS, *(Point(f"o{number}", "u1") for number in range(6))]
    before = network_of(devices, points)
    later = network_of(devices, [replace(point, customers=3) for point in points], before)
    networks = {one.version: one for one in (before, later)}
    tables = Tables(networks.__getitem__, Parameters(), [DeliveryRate("*", "*", 0.85)], None)
    readers = []
    for zone, out in enumerate(("p10 p11 p12 p13 p14 p15", "o0 o1 o2 o3 o4 o5")):
        evidence = Evidence()
        evidence.meter(out, "last_gasp", 100)
        reader = ReleasedReader(before, evidence.lines(), [(400, later)])
        origins = [ingest.origin for ingest in reader.ingest.values()]
        reader.engine = Engine(tables.of(before.version), origins, zones=np.arange(2) == zone)
        reader.engine.shared_of = tables.of
        reader.engine.release(later.version, moment(400))
        reader.advance(METER_EVENTS, 10**6)
        readers.append(reader)
    for reader in readers:
        reader.pass_time(moment(500))
    last = [record for reader in readers for record in reader.answer.last().values()]
    assert [record["customers_affected"] for record in last] == [18, 18]
