"""Parts that are fed another way: nobody is said to be out who has power, and nobody is forgotten."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.contracts.outputs.network import AbnormalRecord, AbnormalTombstone
from models.ledger.interruptions import InterruptionLedger
from models.network.network import Network
from models.outages.state import shared_tables
from tests.models.outages.test_invariance import steps
from tests.models.outages.versions.test_taking_up import said
from tests.worlds.evidence import START, Answer, Evidence, Reader, clock, play
from tests.worlds.networks import Device, Point, network_of
from tests.worlds.switchings import Day, day, town

DEVICES = [
    Device("bus", "", "bus"),
    Device("brk1", "bus", "breaker", feeder="F1"),
    Device("sw1", "brk1", telemetered=1, feeder="F1"),
    Device("sw2", "sw1", telemetered=1, feeder="F1"),
    Device("brk2", "bus", "breaker", feeder="F2"),
    Device("sw3", "brk2", telemetered=1, feeder="F2"),
    Device("tie", "sw2", "tie", telemetered=1, other_parent="sw3"),
]
PLACES = {"a": "brk1", "b": "sw1", "c": "sw2", "x": "brk2", "y": "sw3"}


def metered(meter: str | None) -> Network:
    return network_of(
        [*DEVICES, *(Device(f"t{name}", above, "transformer") for name, above in PLACES.items())],
        [Point(f"{name}{number}", f"t{name}", meter) for name in PLACES for number in range(4)],
    )


NETWORK = metered(None)
SILENT = metered("")


def after(evidence: Evidence, network: Network = SILENT, until: int = 7200) -> Answer:
    for at in range(0, until, 60):
        evidence.scada("brk2", "alarm", at)
    return play(network, evidence.lines())


def interruptions(answer: Answer, network: Network = NETWORK) -> dict[str, list[tuple[float, float | None]]]:
    """By first letter of the usage points, when they were without power by the ledger."""
    ledger = InterruptionLedger()
    for record in answer.membership:
        ledger.take(record)
    found: dict[str, list[tuple[float, float | None]]] = {}
    for point, number in zip(network.point_ids, network.point_number.tolist(), strict=True):
        spans = [
            ((one.out_at - START) / 1000, None if one.back_at is None else (one.back_at - START) / 1000)
            for one in ledger.interruptions(number)
        ]
        assert found.setdefault(point[0], spans) == spans
    return {name: spans for name, spans in found.items() if spans}


def test_make_before_break_and_back_interrupts_nobody() -> None:
    evidence = Evidence()
    for device, position, at in (
        ("tie", "closed", 100), ("sw1", "open", 160), ("sw1", "closed", 4000), ("tie", "open", 4030)
    ):  # fmt: skip
        evidence.scada(device, position, at)
    assert after(evidence).lifecycle == []


def test_break_before_make_is_an_interruption_up_to_the_making() -> None:
    evidence = Evidence()
    evidence.scada("brk1", "open", 100)
    evidence.scada("tie", "closed", 700)
    answer = after(evidence)
    assert interruptions(answer) == {name: [(100, 700)] for name in "abc"}
    last = answer.lifecycle[-1]
    assert (last["status"], last["device_id"], last["restored_at"]) == ("restored", "brk1", clock(700))
    assert {one["device_id"] for one in last["restoration_steps"]} == {"tie"}


def test_a_fault_after_a_switching_counts_those_who_are_fed_from_elsewhere() -> None:
    evidence = Evidence()
    evidence.scada("tie", "closed", 100)
    evidence.scada("sw2", "open", 130)
    evidence.scada("brk2", "open", 1000)
    evidence.meter("x0 x1 x2 x3 y1 y2 y3 c0 c1 c2 c3", "last_gasp", 1000)
    answer = play(NETWORK, evidence.lines())
    [last] = answer.last().values()
    assert (last["device_id"], last["customers_out"], last["started_at"]) == ("brk2", 12, clock(1000))


@pytest.mark.parametrize("order", list(permutations(range(5)))[::7])
def test_switchings_of_a_scheme_in_any_order_leave_only_the_damaged_part_dark(order: tuple[int, ...]) -> None:
    """Damage between sw1 and sw2: it is cut out on both sides, and both sides are fed again."""
    evidence = Evidence()
    scheme = [
        ("brk1", "open", 100),
        ("sw1", "open", 105),
        ("sw2", "open", 108),
        ("brk1", "closed", 112),
        ("tie", "closed", 116),
    ]
    for place, number in enumerate(order):
        device, position, at = scheme[number]
        evidence.scada(device, position, at, delay=120 - at + place)
    evidence.meter(" ".join(f"{name}{number}" for name in "abc" for number in range(4)), "last_gasp", 100, 3)
    for name, at in (("a", 112), ("b", 5000), ("c", 116)):
        evidence.meter(" ".join(f"{name}{number}" for number in range(4)), "power_restored", at, 20)
    evidence.scada("sw1", "closed", 5000)
    evidence.scada("sw2", "closed", 5060)
    evidence.scada("tie", "open", 5090)
    spans = interruptions(after(evidence, NETWORK))
    assert spans["b"] == [(100, 5000)]
    for name, back_at in (("a", 112), ("c", 116)):
        assert spans.get(name, [(100, back_at)]) == [(100, back_at)]


UNTOLD = network_of(
    [replace(device, telemetered=0) if device.id in ("sw1", "sw2") else device for device in DEVICES]
    + [Device(f"t{name}", above, "transformer") for name, above in PLACES.items()],
    [Point(f"{name}{number}", f"t{name}", None) for name in PLACES for number in range(8)],
)


@pytest.mark.parametrize("opened", [5000, 5030])
def test_switches_that_nobody_told_of_keep_dark_who_stays_silent_when_a_tie_closes(opened: int) -> None:
    """Damage below sw1: a crew opens sw1 and sw2 by hand, and the tie feeds what is beyond."""
    everybody = {name: " ".join(f"{name}{number}" for number in range(8)) for name in "abc"}
    evidence = Evidence()
    evidence.scada("brk1", "open", 100)
    evidence.scada("brk1", "alarm", 100)
    evidence.meter(" ".join(everybody.values()), "last_gasp", 100, 3)
    evidence.scada("tie", "closed", 1000)
    evidence.meter(everybody["c"], "power_restored", 1000, 30)
    evidence.scada("brk1", "closed", 5000)
    evidence.scada("tie", "open", opened)
    evidence.meter(f"{everybody['a']} {everybody['b']}", "power_restored", 5000, 20)
    answer = play(UNTOLD, evidence.lines())
    assert {record["device_id"] for record in answer.last().values()} == {"brk1"}
    assert interruptions(answer, UNTOLD) == {"a": [(100, 5000)], "b": [(100, 5000)], "c": [(100, 1000)]}


def test_a_cut_a_generator_and_a_jumper_until_they_are_removed() -> None:
    evidence = Evidence()
    evidence.command("cut", 100, device_id="sw1", command_id="the cut")
    evidence.command("generator", 700, device_id="sw2", command_id="the generator")
    evidence.command("remove", 1900, device_id="sw2", element_id="the generator")
    evidence.command("jumper", 2500, device_id="sw2", other_device_id="brk2", command_id="the jumper")
    evidence.scada("brk2", "open", 3700)
    evidence.scada("brk2", "closed", 4300)
    evidence.command("remove", 4900, device_id="sw2", element_id="the jumper")
    evidence.command("remove", 5500, device_id="sw1", element_id="the cut")
    answer = after(evidence)
    assert [one["result"] for one in answer.answers] == ["done"] * 6
    both = [(100, 700), (1900, 2500), (3700, 4300), (4900, 5500)]
    assert interruptions(answer) == {"b": both, "c": both, "x": [(3700, 4300)], "y": [(3700, 4300)]}
    by_jumper = [record for record in answer.lifecycle if record["started_at"] == clock(4900)]
    assert {record["supply_device_id"] for record in by_jumper} == {"brk2"}


def test_a_generator_at_a_tie_is_on_the_side_on_which_the_tie_hangs() -> None:
    evidence = Evidence()
    for switch in ("sw2", "sw3"):
        evidence.scada(switch, "open", 100)
    evidence.command("generator", 1000, device_id="tie")
    evidence.scada("tie", "closed", 2000)
    there = interruptions(after(evidence))
    assert {name: [back for _, back in spans] for name, spans in there.items()} == {"c": [1000.0], "y": [2000.0]}


def test_ways_that_cannot_be_laid_set_aside_the_zone_whose_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    devices = [*DEVICES, Device("far", "", "breaker", "away"), Device("tc", "sw2", "transformer")]
    network = network_of(
        [*devices, Device("tf", "far", "transformer", "away")],
        [Point("c1", "tc"), *(Point(f"f{n}", "tf") for n in "ab")],
    )
    evidence = Evidence()
    evidence.scada("sw2", "open", 100)
    evidence.command("generator", 200, device_id="sw2")
    evidence.scada("far", "open", 300)
    monkeypatch.setattr(shared_tables, "rearranged", lambda *_: 1 // 0)
    reader = Reader(network, evidence.lines())
    answer = reader.finish()
    reader.restart()
    partition = reader.engine.state.partition
    assert [network.zone_ids[zone] for zone in partition.quarantined] == ["sub"]
    assert not partition.ways.by_zone
    assert {record["device_id"] for record in answer.lifecycle if record["status"] == "confirmed"} >= {"far"}


def test_what_is_wrong_with_an_element_is_said() -> None:
    evidence = Evidence()
    evidence.command("jumper", 100, device_id="sw1", other_device_id="sw1")
    evidence.command("remove", 200, device_id="sw1", element_id="never was")
    evidence.command("cut", 300, device_id="sw9")
    evidence.command("generator", 400, device_id="sw1", time=START + 10_000_000)
    reasons = [one["reason"] for one in after(evidence).answers]
    assert reasons == ["elsewhere", "unknown_element", "unknown_device", "impossible_time"]


def test_another_substation_feeds_over_a_tie_and_its_loss_is_told_at_the_tie() -> None:
    """The tie is of the first zone; the second one's breaker opens, and closes again."""
    network = network_of(
        [
            Device("brk1", "", "breaker", "one", "F1"),
            Device("sw1", "brk1", "switch", "one", "F1", telemetered=1),
            Device("t1", "sw1", "transformer", "one", "F1"),
            Device("brk2", "", "breaker", "two", "F2"),
            Device("t2", "brk2", "transformer", "two", "F2"),
            Device("tie", "sw1", "tie", "one", "F1", telemetered=1, other_parent="brk2"),
        ],
        [Point(f"{name}{number}", name, "") for name in ("t1", "t2") for number in range(4)],
    )
    evidence = Evidence()
    for device, position, at in (
        ("tie", "closed", 100), ("brk1", "open", 160), ("brk2", "open", 1000), ("brk2", "closed", 2000),
        ("brk1", "closed", 4000), ("tie", "open", 4060), ("brk2", "open", 5000), ("tie", "closed", 5600),
        ("brk2", "closed", 6600), ("tie", "open", 6660),
    ):  # fmt: skip
        evidence.scada(device, position, at)
    for at in range(0, 9000, 60):
        evidence.scada("t2", "alarm", at)
    answer = play(network, evidence.lines())
    ends = {
        (one["device_id"], one["started_at"], one["supply_device_id"], one["customers_affected"])
        for one in answer.last().values()
    }
    assert ends == {
        ("brk2", clock(1000), None, 4),
        ("tie", clock(1000), "brk2", 4),
        ("brk2", clock(5000), None, 4),
    }
    times = {one["outage_id"]: one["restored_at"] for one in answer.last().values()}
    assert sorted(times.values()) == [clock(2000), clock(2000), clock(5600)]


@settings(max_examples=60)
@given(draw=st.randoms(use_true_random=False))
def test_who_is_out_in_the_end_is_who_was_out_at_each_minute(draw: random.Random) -> None:
    today = day(town(draw, meters=False), draw)
    answer = play(today.town.network, today.evidence.lines())
    assert_true(today, answer)


def assert_true(today: Day, answer: Answer) -> None:
    ledger = InterruptionLedger()
    for record in answer.membership:
        ledger.take(record)
    network = today.town.network
    said = {
        (point, one.out_at, one.back_at)
        for point, number in zip(network.point_ids, network.point_number.tolist(), strict=True)
        for one in ledger.interruptions(number)
    }
    for minute in today.quiet_minutes():
        at = START + 1000 * minute
        assert {point for point, since, until in said if since <= at and (until is None or at < until)} == (
            today.out_at(minute)
        )
    for record in answer.lifecycle:
        assert record["customers_out"] == 0 or record["status"] not in {"restored", "momentary", "cancelled"}


@settings(max_examples=15)
@given(draw=st.randoms(use_true_random=False))
def test_neither_batches_nor_restarts_leave_a_trace(draw: random.Random) -> None:
    today = day(town(draw), draw)
    lines = today.evidence.lines()
    whole = play(today.town.network, lines)
    reader = Reader(today.town.network, lines)
    for topic, count in steps(lines, draw):
        reader.advance(topic, count)
        if draw.random() < 0.3:
            reader.restart()
    assert said(reader.finish()) == said(whole)


def test_what_stands_otherwise_than_normally_is_told_until_it_does_no_more() -> None:
    evidence = Evidence()
    evidence.scada("tie", "open", 50)
    evidence.scada("brk1", "closed", 60)
    evidence.scada("tie", "closed", 100)
    evidence.crew("c1", "on_site", 200, open_device_id="sw1")
    evidence.command("jumper", 300, device_id="sw1", other_device_id="brk1", command_id="the jumper")
    evidence.command("set_position", 400, device_id="sw2", position="open")
    evidence.scada("tie", "open", 500)
    evidence.command("remove", 600, device_id="sw1", element_id="the jumper")
    evidence.command("set_position", 700, device_id="sw2", position="closed")
    evidence.crew("c1", "completed", 800, open_device_id="sw1")
    records = after(evidence).abnormal
    for record in records:
        (AbnormalTombstone if "tombstone" in record else AbnormalRecord).model_validate(record)
    told = [(one["element_id"], one.get("position"), one.get("source"), one.get("since")) for one in records]
    assert told == [
        ("tie", "closed", "scada", clock(100)),
        ("sw1", "open", "crew", clock(200)),
        ("the jumper", "closed", "operator", clock(300)),
        ("sw2", "open", "operator", clock(400)),
        ("tie", None, None, None),
        ("the jumper", None, None, None),
        ("sw2", None, None, None),
        ("sw1", None, None, None),
    ]
    assert [record["sequence"] for record in records] == list(range(1, 9))
