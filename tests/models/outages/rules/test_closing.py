"""Power that comes back: who is told so, on whose word, and what is not believed."""

from tests.worlds.evidence import Evidence, clock, play
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
