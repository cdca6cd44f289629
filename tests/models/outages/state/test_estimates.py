"""Estimates in the records of outages: when they come, when they change, and that they are a function of the log."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from models.contracts.outputs.outage import FINAL_STATUSES, OutageRecord
from models.outages.estimate.estimator import Estimator
from models.outages.estimate.policy import PromisePolicy
from models.outages.state.estimates import NO_ESTIMATE
from models.times.iso8601 import parse_time
from tests.models.outages.test_invariance import said, steps
from tests.worlds.estimates import by_stage
from tests.worlds.evidence import Answer, Evidence, Reader, clock
from tests.worlds.random_storms import Storm, storms
from tests.worlds.town import A, B, C, D, outcome

MINUTE = 60
ESTIMATOR = Estimator(by_stage(), PromisePolicy(round_minutes=1, least_change_minutes=20))
"""An outage lasts 30 to 120 minutes, 65 by the policy's level; half of what is left once a crew is at work."""


def fuse_out(until: float | None = None) -> Evidence:
    evidence = Evidence()
    evidence.meter(f"{A} {B}", "last_gasp", 1000, 20)
    if until is not None:
        evidence.meter(f"{A} {B}", "power_restored", until, 20)
    return evidence


def story(answer: Answer) -> list[tuple[Any, ...]]:
    """Instants (minutes from the first) at which a promise changed, and what it was, in minutes from the first."""
    told: list[tuple[Any, ...]] = []
    first = parse_time(answer.lifecycle[0]["updated_at"])

    def minutes(at: str | None) -> int | None:
        return None if at is None else round((parse_time(at) - first) / 60_000)

    for record in answer.lifecycle:
        OutageRecord.model_validate(record)
        now = (
            record["etr_stage"],
            minutes(record["etr_public"]),
            minutes(record["estimate_to"]),
            record["estimate_source"],
        )
        if not told or told[-1][1:] != now:
            told.append((minutes(record["updated_at"]), *now))
    return told


def test_without_a_table_nothing_is_estimated_and_nothing_else_is_published() -> None:
    plain = outcome(fuse_out(9000), until=20_000)
    assert all(NO_ESTIMATE.items() <= record.items() for record in plain.lifecycle)
    with_table = outcome(fuse_out(3000), until=20_000, estimator=ESTIMATOR)
    assert len(with_table.lifecycle) == len(outcome(fuse_out(3000), until=20_000).lifecycle)


def test_a_promise_is_made_when_the_outage_is_sustained_and_replaced_before_its_time() -> None:
    told = story(outcome(fuse_out(20_000), until=22_000, estimator=ESTIMATOR))
    assert [stage for _, stage, *_ in told[:3]] == ["assessing", "outage", "outage"]
    assert told[0][2:] == (None, 121, "table")
    made, _, promised, *_ = told[1]
    assert 4 <= made <= 7
    assert 60 <= promised - made <= 72 or promised <= 72
    assert told[2][0] == promised - 5


def test_a_crew_that_comes_further_shortens_it_and_its_own_word_is_never_moved() -> None:
    evidence = fuse_out()
    evidence.crew("1", "en_route", 1600, device_id="fuse")
    evidence.crew("1", "on_site", 1900, device_id="fuse")
    evidence.crew("1", "repairing", 2500, device_id="fuse", etr=clock(6000))
    evidence.crew("1", "repairing", 3000, device_id="fuse")
    answer = outcome(evidence, until=9000, estimator=ESTIMATOR)
    by_crew = [record for record in answer.lifecycle if record["estimate_source"] == "crew"]
    assert {(record["etr_public"], record["etr_stage"], record["estimate_from"]) for record in by_crew} == {
        (clock(6000), "crew", clock(6000))
    }
    promised = [(stage, at) for _, stage, at, *_ in story(answer)]
    kept = [one for one, before in zip(promised, [None, *promised], strict=False) if one != before]
    assert [stage for stage, _ in kept[:4]] == ["assessing", "outage", "outage", "crew"]
    assert kept[2][1] < kept[1][1]
    after = [record for record in answer.lifecycle if record["updated_at"] >= clock(6000)]
    assert after[0]["updated_at"] == clock(6000)
    assert after[0]["etr_public"] is None or after[0]["estimate_source"] == "table"


def test_a_crew_that_names_no_sane_time_is_left_to_the_table() -> None:
    evidence = fuse_out()
    evidence.crew("1", "repairing", 2500, device_id="fuse", etr="9999-12-31T23:59:59.000Z")
    answer = outcome(evidence, until=9000, estimator=ESTIMATOR)
    assert {record["estimate_source"] for record in answer.lifecycle} == {"table"}
    assert "crew" not in {record["etr_stage"] for record in answer.lifecycle}


def test_restorations_of_the_zone_are_remembered() -> None:
    evidence = fuse_out(4000)
    evidence.meter(f"{C} {D}", "last_gasp", 5000, 20)
    reader = Reader(_town(), evidence.lines(), estimator=ESTIMATOR)
    answer = reader.finish()
    estimates = reader.engine.state.partition.estimates
    assert estimates is not None
    restored = [record for record in answer.last().values() if record["status"] == "restored"]
    zone, at = 0, parse_time(clock(5000)) // 1000
    assert estimates.history.columns(zone, at)[0] == len(restored) == 1
    lasted = parse_time(restored[0]["restored_at"]) - parse_time(restored[0]["started_at"])
    assert abs(2 ** (estimates.history.columns(zone, at)[1] / 256) - lasted / 1000) < 20


def _town() -> Any:
    from tests.worlds.town import town

    return town()


@settings(max_examples=25, deadline=None)
@given(storm=storms(), draw=st.randoms(use_true_random=False))
def test_estimates_are_a_function_of_the_log(storm: Storm, draw: random.Random) -> None:
    network, lines = storm.network, storm.lines
    estimator = Estimator(by_stage((1, 3, 4, 5, 9)), PromisePolicy(assess_minutes=0, round_minutes=1, lead_minutes=1))
    expected = Reader(network, lines, estimator=estimator).finish()
    reader = Reader(network, lines, estimator=estimator)
    for topic, count in steps(lines, draw):
        reader.advance(topic, count)
        if draw.random() < 0.3:
            reader.restart()
    assert said(reader.finish()) == said(expected)
    by_outage: dict[str, list[dict[str, Any]]] = {}
    for record in expected.lifecycle:
        OutageRecord.model_validate(record)
        by_outage.setdefault(record["outage_id"], []).append(record)
        if record["status"] not in FINAL_STATUSES:
            assert record["etr_public"] is None or record["etr_public"] > record["updated_at"]
            assert record["estimate_to"] is None or record["estimate_to"] > record["updated_at"]
    for revisions in by_outage.values():
        promised = [one["etr_public"] for one in revisions]
        by_crews = sum(one["etr_stage"] == "crew" for one in revisions)
        changes = sum(one is not None and one != other for one, other in pairwise(promised))
        assert changes <= estimator.policy.most_changes + 1 + 2 * by_crews  # the last one is taken back
    plain = Reader(network, lines).finish()
    assert _without(plain) <= _without(expected)


def _without(answer: Answer) -> set[bytes]:
    """What is said of outages besides estimates: the states through which they go."""
    besides = {*NO_ESTIMATE, "revision", "event_id", "sequence", "change", "updated_at"}
    return {
        orjson.dumps(
            {name: value for name, value in record.items() if name not in besides}, option=orjson.OPT_SORT_KEYS
        )
        for record in answer.lifecycle
        if record["status"] in FINAL_STATUSES
    }
