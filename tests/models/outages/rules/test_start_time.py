"""When an outage began that was found late: by the word of its customers, whatever explained that word before."""

from __future__ import annotations

import pytest

from tests.worlds.evidence import Answer, Evidence, clock, moment
from tests.worlds.town import HOUR, outcome, town

NETWORK = town(each=1)
"""A point below each transformer: a lone silent one is taken for one whose message was lost."""


def behind_an_outage(*, gasped: bool) -> Evidence:
    """Transformer ta is open from 1000 on, the breaker from 2000 to 2600; a crew finds ta at 5000."""
    evidence = Evidence()
    if gasped:
        evidence.meter("a1", "last_gasp", 1000)
    evidence.scada("breaker", "open", 2000)
    evidence.meter("b1 c1 d1", "last_gasp", 2000, 10)
    evidence.scada("breaker", "closed", 2600)
    evidence.meter("b1 c1 d1", "power_restored", 2600, 20, started=2000)
    evidence.crew("7", "on_site", 5000, open_device_id="ta")
    return evidence


def played(evidence: Evidence) -> Answer:
    return outcome(evidence, NETWORK, until=3 * HOUR)


def of(answer: Answer, device: str) -> dict[str, object]:
    (record,) = [record for record in answer.last().values() if record["device_id"] == device]
    return record


def test_a_gasp_that_an_outage_above_explained_tells_when_it_began() -> None:
    found = of(played(behind_an_outage(gasped=True)), "ta")
    assert (found["status"], found["started_at"]) == ("confirmed", clock(1000))


def test_without_a_word_it_began_when_its_feed_came_back() -> None:
    found = of(played(behind_an_outage(gasped=False)), "ta")
    assert (found["status"], found["started_at"]) == ("confirmed", clock(2600))


def test_what_its_customer_tells_when_he_is_back_goes_before_all_that() -> None:
    evidence = behind_an_outage(gasped=False)
    evidence.meter("a1", "power_restored", 7000, 20, started=1000)
    found = of(answer := played(evidence), "ta")
    assert (found["status"], found["started_at"], found["restored_at"]) == ("restored", clock(1000), clock(7000))
    (first, until), (again, last) = answer.interruptions(0)  # nobody's minutes count twice
    assert (first, last, 0 <= again - until <= 5000) == (moment(2000), moment(7000), True)


def repaired_below(told: float) -> Answer:
    """A crew finds ta open at 1500 and has mended it at 4000; the breaker is open from 2000 to 8000."""
    evidence = Evidence()
    evidence.crew("7", "on_site", 1500, open_device_id="ta")
    evidence.scada("breaker", "open", 2000)
    evidence.meter("b1 c1 d1", "last_gasp", 2000, 10)
    evidence.crew("7", "completed", 4000, open_device_id="ta")
    evidence.scada("breaker", "closed", 8000)
    evidence.meter("b1 c1 d1", "power_restored", 8000, 20, started=2000)
    evidence.meter("a1", "power_restored", 8000, 20, started=told)
    return played(evidence)


def test_one_that_was_repaired_under_another_is_put_right_when_its_customers_tell() -> None:
    answer = repaired_below(1000)
    records = [record for record in answer.lifecycle if record["device_id"] == "ta"]
    ended, put_right = [record for record in records if record["status"] == "repaired"]
    assert (put_right["revision"], put_right["change"]) == (
        ended["revision"] + 1,
        ["out_since", "started_at", "sustained_at"],
    )
    assert (put_right["started_at"], put_right["out_since"]) == (clock(1000), clock(1000))
    assert put_right["updated_at"] >= clock(8000)


def test_nobody_knows_of_a_start_after_it_was_found() -> None:
    """A meter that lost power at 1700 by its own word did so after the crew had found the device open."""
    records = [record for record in repaired_below(1700).lifecycle if record["device_id"] == "ta"]
    assert [record["status"] for record in records].count("repaired") == 1


@pytest.mark.parametrize(("gasped", "tellers", "began"), [("c1", "c2 c3 c4", 1200), ("c1 c3 c4", "c2", 2000)])
def test_it_began_when_most_of_its_customers_say(gasped: str, tellers: str, began: float) -> None:
    evidence = Evidence()
    evidence.meter(gasped, "last_gasp", 2000)
    evidence.crew("7", "on_site", 2300, open_device_id="tc")
    evidence.meter(gasped, "power_restored", 4000, 10)
    evidence.meter(tellers, "power_restored", 4000, 10, started=1200)
    (record,) = outcome(evidence, until=2 * HOUR).last().values()
    assert (record["status"], record["started_at"]) == ("restored", clock(began))
