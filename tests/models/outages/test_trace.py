"""A trace changes nothing, names only rules that are explained, and has a decision for every turn of an outage."""

from __future__ import annotations

from hypothesis import given, settings

from models.outages.state.trace import RULES, Decision
from models.times.iso8601 import parse_time
from tests.worlds.evidence import Answer, Evidence, Reader, play
from tests.worlds.networks import Device, Point
from tests.worlds.random_storms import Storm, storms

TURNS = {
    "merged": {"merged"},
    "repaired": {"repaired"},
    "cancelled": {"not-found"},
    "restored": {"ended"},
    "momentary": {"ended"},
    "confirmed": {"confirmed"},
}


def traced(storm: Storm) -> tuple[Answer, list[Decision]]:
    reader = Reader(storm.network, storm.lines)
    trace = reader.engine.trace()
    return reader.finish(), trace.decisions


@settings(max_examples=60)
@given(storms())
def test_a_trace_changes_nothing_and_has_every_turn(storm: Storm) -> None:
    answer, decisions = traced(storm)
    assert answer == play(storm.network, storm.lines)
    assert {one.rule for one in decisions} <= set(RULES)
    before: dict[str, tuple[str, str]] = {}
    for record in answer.lifecycle:
        name, turn = record["outage_id"], (record["status"], record["device_id"])
        at = parse_time(record["updated_at"])
        rules = {one.rule for one in decisions if one.outage_id == name and one.at == at}
        status, device = before.get(name, ("", ""))
        if record["status"] != status and record["status"] in TURNS:
            assert rules & TURNS[record["status"]]
        if record["device_id"] != device:
            assert rules & {"published", "moved", "named", "confirmed"}
        before[name] = turn


def test_a_decision_says_what_was_heard_weighed_and_open_around() -> None:
    devices = [Device("b", kind="breaker"), Device("f", "b", "fuse"), Device("t", "f", "transformer")]
    points = [Point(f"p{n}", "t" if n < 3 else "b") for n in range(6)]
    evidence = Evidence()
    evidence.meter("p0 p1", "last_gasp", 0)
    evidence.scada("b", "open", 1000)
    evidence.meter("p3 p4 p5", "last_gasp", 1000)
    _, decisions = traced(Storm(devices, points, evidence.lines()))
    first, last = (one for one in decisions if one.rule == "opened")
    assert (first.place, tuple(first.heard), first.around) == ("f", (2, 0, 1), ())  # customers cannot tell f from t
    weights = {each.what: each.score for each in first.weighed}
    assert set(weights) == {"f"}
    assert (last.place, last.device_fact) == ("b", "SCADA open (good)")
    assert tuple(last.heard) == (2, 0, 4)  # SCADA is quicker than meters
