"""What owners promise: it goes before estimates until they release it, each order is answered once."""

from __future__ import annotations

from typing import Any

import pytest

from models.contracts.outputs.command_answer import CommandAnswerRecord
from models.contracts.outputs.outage import OutageRecord
from models.outages.estimate.estimator import Estimator
from models.outages.estimate.policy import PromisePolicy
from tests.worlds.estimates import by_stage
from tests.worlds.evidence import Answer, Evidence, clock, moment
from tests.worlds.town import A, B, outcome

ESTIMATOR = Estimator(by_stage(), PromisePolicy(round_minutes=1, least_change_minutes=20))
"""An outage lasts 30 to 120 minutes, 65 by the policy's level; half of what is left once a crew is at work."""


def fuse_out(estimator: Estimator = ESTIMATOR) -> tuple[Evidence, str]:
    evidence = Evidence()
    evidence.meter(f"{A} {B}", "last_gasp", 1000, 20)
    (record,) = outcome(evidence, until=1200, estimator=estimator).last().values()
    return evidence, record["outage_id"]


def order(evidence: Evidence, kind: str, at: float, name: str, seen: int = 99, **fields: Any) -> None:
    evidence.command(kind, at, outage_id=name, seen_revision=seen, **fields)


def lived(evidence: Evidence, until: int = 9000, estimator: Estimator | None = ESTIMATOR) -> Answer:
    answer = outcome(evidence, until=until, estimator=estimator)
    for record in answer.answers:
        CommandAnswerRecord.model_validate(record)
    for record in answer.lifecycle:
        OutageRecord.model_validate(record)
    return answer


def promised(answer: Answer) -> list[tuple[str, str | None, str]]:
    """When which promise began to stand."""
    told = [(record["etr_stage"], record["etr_public"], record["updated_at"]) for record in answer.lifecycle]
    return [one for one, before in zip(told, [(None, None), *told], strict=False) if one[:2] != before[:2]]


def test_a_time_that_an_owner_promises_stays_whatever_crews_and_estimates_say_until_it_has_passed() -> None:
    evidence, name = fuse_out()
    order(evidence, "set_promise", 1500, name, time=moment(8000), command_id="mine")
    evidence.crew("1", "repairing", 2500, device_id="fuse", etr=clock(6000))
    answer = lived(evidence)
    assert [one["result"] for one in answer.answers] == ["done"]
    mine = next(record for record in answer.lifecycle if record["etr_public"] == clock(8000))
    assert (mine["etr_stage"], mine["revision"]) == ("outage", answer.answers[0]["revision"])
    after = [one for one in promised(answer) if one[2] > mine["updated_at"]]
    assert after[0][2] == clock(8000)


def test_what_is_held_stays_and_what_is_released_is_the_estimates_again() -> None:
    quick = Estimator(by_stage(repaired=16), ESTIMATOR.policy)
    evidence, name = fuse_out(quick)
    order(evidence, "hold_promise", 1500, name)
    evidence.crew("1", "repairing", 2500, device_id="fuse")
    held = promised(lived(evidence, 3000, quick))
    order(evidence, "release_promise", 3100, name)
    told = promised(lived(evidence, 3200, quick))
    assert told[:-1] == held
    assert told[-1][0] == "outage"
    assert clock(3100) < str(told[-1][1]) < str(held[-1][1])  # with a crew at work


@pytest.mark.parametrize("crew", [False, True])
def test_an_areas_time_stands_until_a_crew_is_there_or_it_is_about_to_pass(crew: bool) -> None:
    waiting = Estimator(by_stage(), ESTIMATOR.policy.model_copy(update={"area_open_outages": 1}))
    evidence, name = fuse_out(waiting)
    order(evidence, "set_promise", 1900, name, time=moment(6000), stage="area")
    if crew:
        evidence.crew("1", "on_site", 2500, device_id="fuse")
    told = promised(lived(evidence, 9000, waiting))
    assert [stage for stage, *_ in told[:3]] == ["assessing", "area", "outage"]
    assert told[1][1] == clock(6000)
    assert (told[2][2] < clock(2600)) == crew
    if not crew:
        assert told[2][2] == clock(6000 - 5 * 60)


def test_what_cannot_be_promised_is_refused() -> None:
    evidence, name = fuse_out()
    order(evidence, "set_promise", 1500, name, time=moment(1400), command_id="past")
    order(evidence, "set_promise", 1510, name, time=moment(8000), stage="area", command_id="area")
    order(evidence, "set_promise", 1520, name, time=moment(8000), seen=1, command_id="first")
    order(evidence, "hold_promise", 1530, name, seen=1, command_id="second")
    refused = {one["command_id"]: one["reason"] for one in lived(evidence, 2000).answers}
    assert refused == {"past": "impossible_time", "area": "already_promised", "first": None, "second": "outdated"}
    assert {one["reason"] for one in lived(evidence, 2000, None).answers} == {"not_estimated"}
