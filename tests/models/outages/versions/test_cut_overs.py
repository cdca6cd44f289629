"""Feeders are cut over to other substations while customers are out: nobody's interruption is lost or doubled."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from hypothesis import given, settings

from models.contracts.outputs.membership import MembershipRecord
from models.contracts.outputs.outage import OutageRecord
from models.contracts.topics import OUTAGE_LIFECYCLE, OUTAGE_MEMBERSHIP
from models.ledger.interruptions import Interruption, InterruptionLedger
from models.times.iso8601 import format_time, parse_time
from tests.models.customers.test_customers import live, names, open_life
from tests.models.outages.versions.test_taking_up import assert_adds_up
from tests.worlds.cut_overs import World, cut_over, tables, worlds
from tests.worlds.evidence import START, Answer, Evidence, clock, moment
from tests.worlds.networks import Device, Point, network_of
from tests.worlds.releases import ReleasedReader, play

NEAR = 15
"""So many seconds a time may be off."""


def interruptions(world: World, answer: Answer) -> dict[str, list[Interruption]]:
    ledger = InterruptionLedger()
    for record in answer.membership:
        MembershipRecord.model_validate(record)
        ledger.take(record)
    numbers = {name: int(world.network.point_number[at]) for at, name in enumerate(world.network.point_ids)}
    return {name: ledger.interruptions(number) for name, number in numbers.items()}


def customers(world: World, answer: Answer) -> dict[str, list[dict[str, Any]]]:
    """The last state of each customer that has any; nobody was told to have been out by mistake."""
    by_instant = defaultdict(list)
    for topic, records in ((OUTAGE_LIFECYCLE, answer.lifecycle), (OUTAGE_MEMBERSHIP, answer.membership)):
        for record in records:
            by_instant[parse_time(record["updated_at"])].append((topic, record))
    life, last = open_life(), {}
    for number, (instant, said) in enumerate(sorted(by_instant.items())):
        for record in live(life, number, instant, said):
            assert record["message_code"] not in {"never_out", "cancelled"}
            last[record["usage_point_id"]] = record
    assert all(record["power"] == "on" for record in last.values())
    ids = {name: names(world.network.point_number[[at]])[0] for at, name in enumerate(world.network.point_ids)}
    return {point: [last[name]] if name in last else [] for point, name in ids.items()}


@settings(max_examples=40)
@given(world=worlds())
def test_the_ledger_has_each_point_out_when_it_was_whatever_was_cut_over_meanwhile(world: World) -> None:
    reader = play(world.network, world.evidence.lines(), world.versions)
    assert_adds_up(reader)
    truth = defaultdict(list)
    for point, out_at, back_at in sorted(world.truth, key=lambda one: one[1]):
        truth[point].append((out_at, back_at))
    for record in reader.answer.lifecycle:
        OutageRecord.model_validate(record)
    stand = customers(world, reader.answer)
    for point, found in interruptions(world, reader.answer).items():
        on = [(record["since"], record["outage_id"]) for record in stand[point]]
        assert on == [(format_time(one.back_at or 0), one.outage_id) for one in found[-1:]]
        told = [((one.out_at - START) / 1000, ((one.back_at or 0) - START) / 1000) for one in found]
        assert len(told) == len(truth[point]), (point, told, truth[point])
        for one, other in zip(told, truth[point], strict=True):
            assert abs(one[0] - other[0]) <= NEAR, (point, told, truth[point])
            assert abs(one[1] - other[1]) <= NEAR, (point, told, truth[point])


def cut_over_at(at: float, evidence: Evidence) -> ReleasedReader:
    """Feeder A1 goes to substation B."""
    devices, points = tables()
    network = network_of(devices, points, evidence_partitions=1)
    for second in range(0, 1200, 30):
        evidence.meter("pbrkB20", "ping_on", second, 0)
    later = network_of(cut_over(devices, "brkA1", "busB", "B"), points, network, 1)
    return play(network, evidence.lines(), [(at, later)])


FUSE = " ".join(f"pfuseA1{number}" for number in range(4))


def test_an_outage_goes_on_in_the_other_zone_with_its_crew_its_orders_and_its_customers() -> None:
    evidence = Evidence()
    evidence.meter(FUSE, "last_gasp", 100)
    evidence.crew("c1", "on_site", 200, open_device_id="fuseA1")
    evidence.command("open", 210, device_id="fuseA1")
    evidence.meter(FUSE, "power_restored", 900, started=100)
    evidence.crew("c1", "completed", 905, open_device_id="fuseA1")
    reader = cut_over_at(400, evidence)
    first, twin = reader.answer.last().values()
    assert (first["zone_id"], first["status"], first["merged_into"]) == ("A", "merged", twin["outage_id"])
    assert (twin["zone_id"], twin["status"], twin["device_id"]) == ("B", "restored", "fuseA1")
    assert twin["started_at"] == first["started_at"] == clock(100)
    assert twin["customers_affected"] == 4
    assert twin["operators"] == first["operators"]
    assert [crew["crew_id"] for crew in twin["crews"]] == ["c1"]
    told = [
        (record["outage_id"], change, out_at, other)
        for record in reader.answer.membership
        for number, change, out_at, other in zip(
            *(record[name] for name in ("usage_points", "changes", "out_at", "others")), strict=True
        )
        if number == reader.network.point_number[reader.network.find_points(["pfuseA10"])[0]]
    ]
    assert told == [
        (first["outage_id"], "gained", moment(100), None),
        (first["outage_id"], "transferred", moment(100), twin["outage_id"]),
        (twin["outage_id"], "gained", moment(100), first["outage_id"]),
        (twin["outage_id"], "restored_confirmed", moment(100), None),
    ]


def test_who_is_cut_over_without_what_interrupted_him_is_out_as_he_says_or_has_power() -> None:
    evidence = Evidence()
    everybody = " ".join(
        f"p{kind}A{feeder}{number}" for kind in ("brk", "fuse") for feeder in "12" for number in range(4)
    )
    evidence.meter(everybody, "last_gasp", 100)
    evidence.meter("pbrkA10 pbrkA11 pbrkA12 pbrkA13", "power_restored", 398, started=100)
    reader = cut_over_at(400, evidence)
    ledger = InterruptionLedger()
    for record in reader.answer.membership:
        ledger.take(record)
    numbers = reader.network.point_number[reader.network.find_points(["pbrkA10", "pfuseA10", "pbrkA20"])].tolist()
    moved, dark, stays = (ledger.interruptions(number) for number in numbers)
    assert [(one.out_at, one.back_at) for one in moved] == [(moment(100), moment(398))]
    assert [(one.out_at, one.back_at) for one in dark] == [(moment(100), None)]
    assert [(one.out_at, one.back_at) for one in stays] == [(moment(100), None)]
    zones = {record["outage_id"]: record["zone_id"] for record in reader.answer.lifecycle}
    assert [zones[one.outage_id] for one in (*dark, *stays)] == ["B", "A"]


def test_what_a_tie_fed_from_the_other_substation_is_fed_the_normal_way_once_the_version_says_so() -> None:
    bus = [Device(f"bus{name}", "", "bus", name) for name in "AB"]
    breakers = [Device(f"brk{name}", f"bus{name}", "breaker", name, telemetered=1) for name in "AB"]
    own = Device("tB", "brkB", "transformer", "B")
    first = [*bus, *breakers, own, Device("load", "brkA", "switch", "A"), Device("tA", "load", "transformer", "A")]
    first.append(Device("tie", "load", "tie", "A", other_parent="brkB", telemetered=1))
    after_it = [*bus, *breakers, own, Device("tie", "brkB", "switch", "B", telemetered=1)]
    after_it += [Device("load", "tie", "switch", "B"), Device("tA", "load", "transformer", "B")]
    points = [Point(f"{name}{number}", f"t{name}") for name in "AB" for number in range(4)]
    network = network_of(first, points, evidence_partitions=1)
    evidence = Evidence()
    for second in range(0, 1500, 30):
        evidence.meter("B0 A0" if second < 600 or second > 1000 else "", "ping_on", second, 0)
        evidence.crew("c9", "available", second, 0)
    evidence.scada("tie", "closed", 100)
    evidence.scada("brkA", "open", 110)
    everybody = " ".join(point.id for point in points)
    evidence.meter(everybody, "last_gasp", 600)
    evidence.scada("brkB", "open", 600)
    evidence.meter(everybody, "power_restored", 1000, started=600)
    evidence.scada("brkB", "closed", 1000)
    reader = play(network, evidence.lines(), [(400, network_of(after_it, points, network, 1))])
    assert_adds_up(reader)
    [outage] = reader.answer.last().values()
    assert (outage["zone_id"], outage["device_id"], outage["status"]) == ("B", "brkB", "restored")
    assert (outage["customers_affected"], outage["supply_device_id"]) == (8, None)
