"""A breaker that opens again before all of its customers were told: a new outage, however few of them say so."""

from __future__ import annotations

import pytest

from tests.worlds.evidence import Evidence, clock
from tests.worlds.town import names, outcome, town

EACH = 40
OPENED, CLOSED, ANEW = 100.0, 700.0, 760.0


def some(each_of: int) -> str:
    """Every so many of the usage points."""
    everybody = [name for branch in "abcd" for name in names(branch, EACH)]
    return " ".join(everybody[::each_of])


@pytest.mark.parametrize("each_of", [2, 8, 20])
def test_a_breaker_opens_anew_by_the_word_of_as_few_as_it_is_known_to_have(each_of: int) -> None:
    """So many messages arrive each time: half of them, or a twentieth. Nobody but the meters tells of the second."""
    evidence = Evidence()
    evidence.scada("breaker", "open", OPENED)
    evidence.meter(some(each_of), "last_gasp", OPENED, 5)
    evidence.scada("breaker", "closed", CLOSED)
    evidence.meter(some(each_of), "power_restored", CLOSED, 20, started=OPENED)
    evidence.meter(some(each_of), "last_gasp", ANEW, 6)
    answer = outcome(evidence, town(each=EACH), ANEW + 600)
    first, second = answer.last().values()
    assert (first["device_id"], first["started_at"]) == ("breaker", clock(OPENED))
    assert first["customers_out"] == 0
    assert (second["device_id"], second["started_at"]) == ("breaker", clock(ANEW))
    assert second["customers_out"] == 4 * EACH


def test_what_fails_below_while_others_are_still_to_be_told_is_an_outage_of_its_own() -> None:
    evidence = Evidence()
    evidence.scada("breaker", "open", OPENED)
    evidence.meter(some(2), "last_gasp", OPENED, 5)
    evidence.scada("breaker", "closed", CLOSED)
    evidence.meter(some(2), "power_restored", CLOSED, 20, started=OPENED)
    evidence.meter(" ".join(names("a", EACH)), "last_gasp", ANEW, 6)
    last = outcome(evidence, town(each=EACH), ANEW + 600).last().values()
    assert {record["device_id"]: record["customers_out"] for record in last} == {"breaker": 0, "ta": EACH}


def test_an_outage_whose_device_opens_again_before_anybody_is_told_ends_by_its_own_closing() -> None:
    evidence = Evidence()
    evidence.scada("breaker", "open", OPENED)
    evidence.meter(some(2), "last_gasp", OPENED, 5)
    evidence.scada("breaker", "closed", OPENED + 12)
    evidence.scada("breaker", "open", OPENED + 110)
    evidence.meter(some(2), "last_gasp", OPENED + 110, 5)
    first, second = outcome(evidence, town(each=EACH), OPENED + 1100).last().values()
    assert (first["device_id"], first["status"], first["restored_at"]) == ("breaker", "momentary", clock(OPENED + 12))
    assert first["customers_transferred"] == first["customers_affected"] == 4 * EACH
    assert (second["device_id"], second["customers_out"]) == ("breaker", 4 * EACH)


def test_a_dip_above_what_has_just_closed_is_one_dip() -> None:
    """A fuse is replaced; before all below it have said so its breaker dips, which a third of the meters notice."""
    evidence = Evidence()
    below = " ".join([*names("a", EACH), *names("b", EACH)])
    evidence.meter(below, "last_gasp", OPENED, 10)
    evidence.crew("c1", "on_site", OPENED + 300, open_device_id="fuse", device_id="fuse")
    evidence.crew("c1", "completed", CLOSED, device_id="fuse")
    evidence.meter(below[: len(below) // 2], "power_restored", CLOSED, 20, started=OPENED)
    evidence.meter(some(3), "last_gasp", ANEW, 6)
    evidence.meter(some(3), "power_restored", ANEW + 4, 30, started=ANEW)
    answer = outcome(evidence, town(each=EACH), ANEW + 900)
    assert {record["device_id"] for record in answer.lifecycle} == {"fuse", "breaker"}
    assert [record["customers_out"] for record in answer.last().values()] == [0, 0]
