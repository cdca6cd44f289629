"""Power that comes back: who is told so, on whose word, and what is not believed."""

from tests.worlds.evidence import Evidence, Reader, clock, moment, play
from tests.worlds.networks import Device, Point, network_of
from tests.worlds.town import A, B, C, D, outcome, town


def test_a_closed_position_without_an_opening_before_it_still_restores() -> None:
    evidence = Evidence()
    evidence.meter(f"{C} {D}", "last_gasp", 100, 30)
    evidence.scada("recloser", "closed", 2000)
    evidence.meter("c1 c2 c3 d1 d2 d3", "power_restored", 2000, 20)
    answer = outcome(evidence)
    assert [(record["basis"], record["restored_at"]) for record in answer.restorations] == [
        ("confirmed", clock(2000)),
        ("inferred", clock(2000)),
    ]


def test_what_is_nested_in_an_outage_that_is_over_is_nested_in_nothing() -> None:
    evidence = Evidence()
    evidence.meter(A, "last_gasp", 100, 5)
    evidence.scada("breaker", "open", 1000)
    evidence.meter(f"{B} {C} {D}", "last_gasp", 1000, 30)
    evidence.scada("breaker", "closed", 1400)
    evidence.meter(f"{B} {C} {D}", "power_restored", 1400, 20)
    older, upstream = outcome(evidence).last().values()
    assert upstream["status"] == "restored"
    assert (older["device_id"], older["status"], older["nested_in"]) == ("ta", "detected", None)


def test_what_is_pending_after_the_last_message_is_decided_all_the_same() -> None:
    """Time goes on after the end of every topic, by the model file: the word of neighbours counts then."""
    evidence = Evidence()
    evidence.meter(f"{C} {D}", "last_gasp", 100, 30)
    evidence.scada("recloser", "closed", 2000)
    evidence.meter("c1 c2 c3 d1 d2 d3", "power_restored", 2000, 20)
    answer = play(town(), evidence.lines())
    assert [(record["basis"], record["restored_at"]) for record in answer.restorations] == [
        ("confirmed", clock(2000)),
        ("inferred", clock(2000)),
    ]
    assert answer.lifecycle[-1]["status"] == "restored"


def test_what_has_no_meter_follows_its_device_at_once() -> None:
    devices = [Device("breaker", "", "breaker", "sub"), Device("fuse", "breaker", "fuse")]
    network = network_of(devices, [Point(f"p{point}", "fuse", meter="") for point in range(6)])
    evidence = Evidence()
    evidence.scada("breaker", "open", 100)
    evidence.scada("breaker", "closed", 400)
    answer = play(network, evidence.lines())
    (restoration,) = answer.restorations
    assert (restoration["kind"], restoration["customers_restored"]) == ("full", 6)
    assert restoration["restored_at"] == clock(400)
    assert clock(400) < restoration["updated_at"] <= clock(480)  # as soon as it is no trial of a reclosing sequence


def test_a_full_restoration_is_said_once_where_a_point_has_no_customers() -> None:
    devices = [Device("breaker", "", "breaker", "sub"), Device("fuse", "breaker", "fuse")]
    network = network_of(devices, [Point(f"p{point}", "fuse", customers=min(point, 1)) for point in range(6)])
    evidence = Evidence()
    evidence.meter("p0 p1 p2 p3 p4 p5", "last_gasp", 100, 20)
    evidence.meter("p1 p2 p3 p4 p5", "power_restored", 900, 20)
    evidence.meter("p0", "power_restored", 960)
    answer = play(network, evidence.lines())
    kinds = [(record["kind"], record["customers_out"]) for record in answer.restorations]
    assert kinds[-1] == ("full", 0)
    assert [kind for kind, _ in kinds].count("full") == 1


def test_a_branch_is_dark_by_its_silence_once_meters_have_had_the_time_to_speak_again() -> None:
    """Their topic stood still until 2,090: before, and right after that, nobody could be heard."""
    evidence = Evidence()
    evidence.scada("breaker", "open", 100)
    evidence.meter(f"{A} {B} {C} {D}", "last_gasp", 100, 20)
    evidence.scada("breaker", "closed", 2000)
    evidence.meter(f"{A} {C} {D}", "power_restored", 2000, 10, started=100)
    found_at = []
    for heard_since in (0, 2090):
        reader = Reader(town(), evidence.lines())
        for topic, lines in reader.lines.items():
            reader.advance(topic, len(lines))
        reader.engine.state.partition.deaf_until = moment(heard_since)
        reader.pass_time(moment(3000))
        found_at.append(next(one["detected_at"] for one in reader.answer.lifecycle if one["device_id"] == "tb"))
    at_once, waited = found_at
    assert at_once < clock(2190) <= waited
