"""How far a zone's outages were borne out, and what a record makes of it."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from models.outages.context.borne_out import BorneOut
from tests.worlds.evidence import Evidence
from tests.worlds.town import HOUR, A, B, C, D, outcome

ENDS = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(["merged", "cancelled", "restored", "momentary", "repaired"]))
)


@given(ENDS)
def test_the_share_is_that_of_all_ends_and_thirty_before(ends: list[tuple[int, str]]) -> None:
    known, again = BorneOut(), BorneOut()
    for zone, status in ends:
        known.note(zone, status)
    again.restore(known.save())
    for zone in range(4):
        counts = Counter(status for where, status in ends if where == zone)
        back, all_of_them = counts["merged"] + counts["cancelled"], counts.total()
        assert known.share(zone) == (30 + all_of_them - back) / (30 + all_of_them)
        assert again.share(zone) == known.share(zone)


def test_what_was_taken_back_makes_the_next_one_less_sure_until_it_is_confirmed() -> None:
    """At a closing its parts are thought to be open, and taken back: the next outage is believed less."""
    evidence = Evidence()
    evidence.meter(f"{A} {C}", "last_gasp", 100, 5)
    evidence.meter(f"{B} {D}", "last_gasp", 100, 90)
    evidence.scada("breaker", "open", 100, "bad")
    evidence.scada("breaker", "closed", 2000)
    evidence.meter(f"{A} {B} {C} {D}", "power_restored", 2000, 20)
    evidence.meter(A, "last_gasp", 6000, 5)
    evidence.crew("7", "on_site", 7000, open_device_id="ta")
    records = outcome(evidence, until=3 * HOUR).lifecycle
    (merged,) = (record for record in records if record["status"] == "merged")
    later = [record for record in records if record["started_at"] > merged["updated_at"]]
    before, after = (
        [record["confidence"] for record in later if (record["evidence"] == "confirmed") is sure]
        for sure in (False, True)
    )
    assert before
    assert after
    assert max(before) <= 31 / 32 + 1e-4 < min(after)  # thirty are given, and of the two that are over one held
