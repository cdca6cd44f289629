"""Who says "on" where nobody may have power is told, with the crews there; a closing that is told of is no such."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from models.contracts.outputs.network import BackfeedRecord
from models.network.network import Network
from tests.worlds.evidence import Evidence, clock, play
from tests.worlds.networks import Device, Point, network_of

DEVICES = [
    Device("brk", "", "breaker", telemetered=1),
    Device("sw", "brk", telemetered=1),
    Device("other", "", "breaker", telemetered=1, feeder="F2"),
    Device("fuse", "sw", "fuse"),
    Device("tie", "fuse", "tie", telemetered=1, other_parent="other"),
    *(Device(f"t{name}", above, "transformer") for name, above in (("a", "brk"), ("b", "sw"), ("c", "fuse"))),
    Device("tx", "other", "transformer", feeder="F2"),
]
NETWORK = network_of(DEVICES, [Point(f"{name}{number}", f"t{name}") for name in "abcx" for number in range(3)])
BELOW_SW = "b0 b1 b2 c0 c1 c2"


def of(evidence: Evidence, network: Network = NETWORK) -> list[dict[str, Any]]:
    for at in range(0, 5000, 60):
        evidence.scada("other", "alarm", at)
    records = play(network, evidence.lines()).backfeed
    for record in records:
        BackfeedRecord.model_validate(record)
    assert [record["sequence"] for record in records] == list(range(1, len(records) + 1))
    return records


def opened(device: str = "sw", points: str = BELOW_SW) -> Evidence:
    """A device that SCADA has open from 100 s on, and the gasps of those below."""
    evidence = Evidence()
    evidence.scada(device, "open", 100)
    evidence.meter(points, "last_gasp", 100, 3)
    return evidence


def brief(records: list[dict[str, Any]], *more: str) -> list[tuple[Any, ...]]:
    return [tuple(record[name] for name in ("device_id", "status", "cleared_by", *more)) for record in records]


def test_a_generator_in_an_open_section_is_told_with_the_crews_there() -> None:
    evidence = opened()
    evidence.crew("c9", "on_site", 300, device_id="fuse")
    evidence.crew("c8", "on_site", 310, device_id="other")
    evidence.meter("c1", "ping_on", 500, 3)
    evidence.meter("c2 b0", "ping_on", 700, 3)
    evidence.crew("c9", "completed", 800, device_id="fuse")
    evidence.scada("sw", "closed", 2000)
    first, more, left, last = of(evidence)
    assert (first["device_id"], first["basis"], first["isolated_since"]) == ("sw", "open", clock(100))
    assert (first["first_on_at"], first["extent"], first["updated_at"]) == (clock(500), "part", clock(534))
    assert first["usage_points"] == [{"usage_point_id": "c1", "device_id": "tc", "on_at": clock(500)}]
    assert first["crews"] == [{"crew_id": "c9", "status": "on_site", "device_id": "fuse", "outage_id": None}]
    assert (more["usage_points_on"], left["crews"]) == (3, [])
    assert (last["status"], last["cleared_by"], last["closed_at"]) == ("cleared", "ended", clock(2000))


def test_a_closing_told_in_time_is_no_backfeed() -> None:
    evidence = opened()
    evidence.meter(BELOW_SW, "power_restored", 1000, 3)
    evidence.scada("sw", "closed", 1000, delay=25)
    assert of(evidence) == []


def test_a_closing_told_late_clears_what_was_told() -> None:
    evidence = opened()
    evidence.meter(BELOW_SW, "power_restored", 1000, 3)
    evidence.scada("sw", "closed", 1000, delay=200)
    [told, cleared] = of(evidence)
    assert (told["usage_points_on"], told["first_on_at"], cleared["closed_at"]) == (6, clock(1000), clock(1000))


def test_a_tie_that_is_told_takes_its_part_out_and_one_that_is_not_takes_nobody() -> None:
    for told in (True, False):
        evidence = opened()
        if told:
            evidence.scada("tie", "closed", 990)
        evidence.meter(BELOW_SW, "power_restored", 1000, 3)
        assert brief(of(evidence), "usage_points_on") == ([] if told else [("sw", "active", None, 6)])


def test_cuts_crews_and_clearances_isolate_as_open_devices_do() -> None:
    cut = opened()
    cut.command("cut", 300, device_id="fuse", command_id="the cut")
    cut.meter("c0", "ping_on", 400, 3)
    cut.command("remove", 600, device_id="fuse", element_id="the cut")
    assert brief(of(cut), "basis")[:2] == [("fuse", "active", None, "cut"), ("fuse", "cleared", "ended", "cut")]
    crew = Evidence()
    crew.meter("c0 c1 c2", "last_gasp", 100, 3)
    crew.crew("c9", "on_site", 300, open_device_id="fuse")
    crew.meter("c0", "ping_on", 400, 3)
    crew.crew("c9", "completed", 900, open_device_id="fuse")
    assert brief(of(crew), "extent") == [("fuse", "active", None, "part"), ("fuse", "cleared", "ended", "whole")]
    work = Evidence()
    work.work("w1", "fuse", "started", 90, (80, 3000))
    work.meter("c0 c1 c2", "last_gasp", 100, 3)
    work.meter("c0", "ping_on", 400, 3)
    work.work("w1", "fuse", "finished", 900, (80, 3000))
    assert brief(of(work), "basis") == [
        ("fuse", "active", None, "clearance"),
        ("fuse", "cleared", "ended", "clearance"),
    ]


def test_out_again_clears_and_the_innermost_section_is_named() -> None:
    evidence = opened()
    evidence.scada("brk", "open", 200)
    evidence.meter("a0 c0", "ping_on", 400, 3)
    evidence.meter("c0", "ping_off", 700, 3)
    assert brief(of(evidence)) == [
        ("brk", "active", None),
        ("sw", "active", None),
        ("sw", "cleared", "out"),
    ]


def test_what_begins_again_is_another_one_though_the_same_meter_said_so() -> None:
    """Of a `backfeed_id` the highest revision counts: one that began with 1 again would not be heard."""
    evidence = opened()
    evidence.meter("c0", "ping_on", 400, 3)
    evidence.scada("fuse", "open", 700)
    evidence.scada("fuse", "closed", 1000)
    records = of(evidence)
    assert brief(records) == [("sw", "active", None), ("sw", "cleared", "out"), ("sw", "active", None)]
    assert [record["revision"] for record in records] == [1, 2, 1]
    assert records[0]["backfeed_id"] == records[1]["backfeed_id"] != records[2]["backfeed_id"]


def test_what_a_crew_found_open_stays_so_until_somebody_says_otherwise() -> None:
    """The picture has the device closed, since all have power again; an alarm or the next report is no closing."""
    evidence = Evidence()
    evidence.meter("c0 c1 c2", "last_gasp", 100, 3)
    evidence.crew("c9", "on_site", 300, open_device_id="fuse")
    evidence.meter("c0 c1 c2", "ping_on", 400, 3)
    evidence.scada("fuse", "alarm", 1000)
    evidence.crew("c9", "repairing", 1100, open_device_id="fuse")
    evidence.crew("c9", "completed", 2000, open_device_id="fuse")
    *told, over = of(evidence)
    assert {record["status"] for record in told} == {"active"}
    assert {record["isolated_since"] for record in told} == {clock(300)}
    assert (over["cleared_by"], over["closed_at"]) == ("ended", clock(2000))


Happening = tuple[str, str, int]
"""A device or usage point, what is said of it, and when, in seconds."""


@st.composite
def days(draw: st.DrawFn) -> list[Happening]:
    """Switchings and words of meters, so far from each other that none is taken for another's."""
    devices = [(name, kind) for name in ("brk", "sw") for kind in ("open", "closed")]
    points = [(f"{name}{number}", kind) for name in "abc" for number in (0, 1) for kind in ("ping_on", "ping_off")]
    said = draw(st.lists(st.tuples(st.sampled_from(devices + points), st.integers(7, 90)), max_size=24))
    at, day = 0, []
    for (name, kind), after in said:
        at += after
        day.append((name, kind, at))
    return day


def expected(day: list[Happening]) -> Iterator[tuple[str, str, str]]:
    """By walking up from each point that has power: device, instant and status of what begins and ends."""
    opened_at: dict[str, int] = {}
    on_at: dict[str, int] = {}
    since: dict[str, int] = {}
    told: set[str] = set()
    for place, (name, kind, at) in enumerate(day):
        if kind in ("open", "closed"):
            opened_at = {d: t for d, t in opened_at.items() if d != name} | (
                {name: opened_at.get(name, at)} if kind == "open" else {}
            )
        else:
            on_at = {p: t for p, t in on_at.items() if p != name} | ({name: at} if kind == "ping_on" else {})
        live = set()
        for point, said_at in on_at.items():
            way = {"a": ["brk"]}.get(point[0], ["sw", "brk"])
            inner = next((device for device in way if device in opened_at), None)
            if inner is not None and said_at > opened_at[inner] + 5:
                live.add(inner)
        now = at + 2  # a second on the way, and at the end of the second in which it arrives
        for device in sorted(since.keys() - live):
            if device in told:
                told.remove(device)
                yield device, clock(now), "cleared"
            del since[device]
        since = {device: since.get(device, now) for device in live}
        later = day[place + 1][2] + 2 if place + 1 < len(day) else 10**6
        due = {device for device, begun in since.items() if device not in told and begun + 30 < later}
        for device in sorted(due, key=lambda device: (since[device], device)):
            told.add(device)
            yield device, clock(since[device] + 30), "active"


@settings(max_examples=60, deadline=None)
@given(day=days())
def test_what_is_told_is_what_walking_up_from_each_point_finds(day: list[Happening]) -> None:
    evidence = Evidence()
    for name, kind, at in day:
        if kind in ("open", "closed"):
            evidence.scada(name, kind, at)
        else:
            evidence.meter(name, kind, at, 1)
    told: dict[str, dict[str, Any]] = {}
    found = []
    for record in play(NETWORK, evidence.lines()).backfeed:
        before = told.get(record["backfeed_id"], {"revision": 0, "status": None})
        assert record["revision"] == before["revision"] + 1
        if record["status"] != before["status"]:
            found.append((record["device_id"], record["updated_at"], record["status"]))
        told[record["backfeed_id"]] = record
    assert found == list(expected(day))
