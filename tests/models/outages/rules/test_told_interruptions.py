"""What meters tell of their interruption when they are back: from when to when, however late it is heard."""

import pytest

from tests.worlds.evidence import Answer, Evidence, clock, moment
from tests.worlds.town import outcome, town

HOURS = 2 * 3600
NETWORK = town(each=1)
"""A point below each transformer: a lone silent one is taken for one whose message was lost."""


def feeder_is_back() -> Evidence:
    """A breaker open from 100 to 2000, all gasps heard; below transformer tb nobody says that power is back."""
    evidence = Evidence()
    evidence.scada("breaker", "open", 100)
    evidence.meter("a1 b1 c1 d1", "last_gasp", 100, 20)
    evidence.scada("breaker", "closed", 2000)
    evidence.meter("a1 c1 d1", "power_restored", 2000, 20, started=100)
    return evidence


def played(evidence: Evidence) -> Answer:
    return outcome(evidence, NETWORK, until=HOURS)


@pytest.mark.parametrize("delay", [20, 600, 2400])
def test_who_stayed_dark_is_found_when_he_says_so(delay: float) -> None:
    evidence = feeder_is_back()
    evidence.meter("b1", "power_restored", 4000, delay, started=100)
    breaker, nested = played(evidence).last().values()
    assert (breaker["device_id"], breaker["status"], breaker["customers_affected"]) == ("breaker", "restored", 4)
    assert (nested["device_id"], nested["status"], nested["customers_affected"]) == ("tb", "restored", 1)
    waited = nested["detected_at"] >= clock(4000 + delay + 300)  # for neighbours that may tell the same
    assert (nested["restored_at"], waited) == (clock(4000), True)


def test_his_minutes_count_once() -> None:
    """In the ledger his second interruption begins where the first one ended."""
    evidence = feeder_is_back()
    evidence.meter("b1", "power_restored", 4000, 60, started=100)
    (first, until), (since, last) = played(evidence).interruptions(1)
    assert (first, last, 0 <= since - until <= 5000) == (moment(100), moment(4000), True)


def test_what_is_told_again_is_no_news() -> None:
    once, again = feeder_is_back(), feeder_is_back()
    for evidence, times in ((once, 1), (again, 3)):
        for late in range(times):
            evidence.meter("b1", "power_restored", 4000, 60 + 900 * late, started=100)
    assert played(once).lifecycle == played(again).lifecycle


def test_a_late_word_of_the_return_that_is_known_opens_nothing() -> None:
    evidence = feeder_is_back()
    evidence.meter("b1", "power_restored", 2004, 1800, started=100)
    assert [record["device_id"] for record in played(evidence).last().values()] == ["breaker"]


def test_who_spoke_since_was_not_dark() -> None:
    """A meter that said at 2000 that it was back; by 4000 its clock errs."""
    evidence = Evidence()
    evidence.meter("a1 a2 a3 a4", "last_gasp", 100, 5)
    evidence.meter("a1 a2 a3 a4", "power_restored", 2000, 5, started=100)
    evidence.meter("a1", "power_restored", 4000, 60, started=100)
    (record,) = outcome(evidence, until=2 * HOURS).last().values()
    assert (record["status"], record["customers_affected"]) == ("restored", 4)


def test_a_fault_of_which_no_gasp_was_heard_is_found_when_it_is_over() -> None:
    evidence = Evidence()
    evidence.meter("c1 c2 c3", "power_restored", 4000, 60, started=1000)
    (record,) = outcome(evidence, until=HOURS).last().values()
    assert (record["device_id"], record["status"]) == ("tc", "restored")
    assert (record["started_at"], record["restored_at"]) == (clock(1000), clock(4000))


def test_a_disconnected_meter_tells_of_no_outage() -> None:
    evidence = Evidence()
    evidence.meter("b1 b2", "disconnected", 1000)
    evidence.meter("b1 b2", "power_restored", 4000, 60, started=1000)
    assert outcome(evidence, until=HOURS).last() == {}
