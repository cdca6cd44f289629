"""Outages that belong to a planned work say so, whenever the work is heard of; all others do not."""

from __future__ import annotations

from typing import Any

import pytest

from models.contracts.outputs.outage import OutageRecord
from tests.worlds.evidence import Evidence, clock
from tests.worlds.town import A, B, C, D, outcome

WINDOW = (900.0, 3000.0)
CAUSE = {"code": "planned", "utility_cause": None, "source": "planned_work"}


def fuse_out(start: float = 1000) -> Evidence:
    evidence = Evidence()
    evidence.meter(f"{A} {B}", "last_gasp", start, 20)
    return evidence


def only(evidence: Evidence) -> dict[str, Any]:
    """The last record of the one outage."""
    answer = outcome(evidence, until=3000)
    (record,) = answer.last().values()
    for each in answer.lifecycle:
        OutageRecord.model_validate(each)
    return record


def test_an_outage_in_the_window_of_a_work_at_its_device_is_planned() -> None:
    evidence = fuse_out()
    evidence.work("W7/safety_shutoff", "fuse", "planned", 10, WINDOW)
    record = only(evidence)
    assert record["planned"] == {
        "work_id": "W7/safety_shutoff",
        "kind": "safety_shutoff",
        "device_id": "fuse",
        "planned_from": clock(900),
        "planned_to": clock(3000),
    }
    assert record["cause"] == CAUSE


@pytest.mark.parametrize(
    ("device", "planned"), [("breaker", "W"), ("fuse", "W"), ("ta", None), ("tb", None), ("recloser", None)]
)
def test_below_the_device_of_a_work_all_is_planned_and_nothing_above(device: str, planned: str | None) -> None:
    evidence = fuse_out()
    evidence.work("W", device, "planned", 10, WINDOW)
    assert (only(evidence)["planned"] or {}).get("work_id") == planned


def test_the_nearest_work_counts() -> None:
    evidence = fuse_out()
    evidence.work("W1", "breaker", "planned", 10, (800, 3000))
    evidence.work("W2", "fuse", "planned", 10, WINDOW)
    evidence.work("W3", "fuse", "planned", 10, WINDOW)
    assert only(evidence)["planned"]["work_id"] == "W2"


@pytest.mark.parametrize(("quality", "planned"), [("good", False), ("uncertain", True)])
def test_below_a_device_that_telemetry_has_closed_a_fault_is_a_fault(quality: str, *, planned: bool) -> None:
    evidence = fuse_out()
    evidence.work("W", "breaker", "planned", 10, WINDOW)
    evidence.scada("breaker", "closed", 20, quality)
    assert (only(evidence)["planned"] is not None) == planned


@pytest.mark.parametrize(
    ("start", "window", "status", "at", "planned"),
    [
        (1000, (2000, 3000), "planned", 10, False),  # too early
        (1000, (1600, 3000), "planned", 10, True),  # switched off a little early
        (1000, (1600 + 400, 3000), "started", 990, True),  # the work has begun before its window
        (1000, (100, 900), "planned", 10, False),  # over
        (1000, (100, 900), "started", 95, True),  # it overruns
        (1000, (100, 3000), "finished", 950, False),
        (1000, (100, 3000), "cancelled", 950, False),
    ],
)
def test_the_window_goes_by_what_is_said_of_the_work(
    start: float, window: tuple[float, float], status: str, at: float, *, planned: bool
) -> None:
    evidence = fuse_out(start)
    evidence.work("W", "fuse", "planned", 5, window)
    evidence.work("W", "fuse", status, at, window)
    assert (only(evidence)["planned"] is not None) == planned


def test_an_outage_that_is_open_is_told_anew_when_its_work_is_heard_of_and_taken_back() -> None:
    evidence = fuse_out()
    evidence.work("W", "fuse", "started", 995, WINDOW, delay=600)
    evidence.work("W", "fuse", "cancelled", 2000, WINDOW)
    answer = outcome(evidence, until=3000)
    told = [(record["updated_at"], record["change"]) for record in answer.lifecycle if "planned" in record["change"]]
    first, *changes = told
    assert first[1] == sorted(first[1])
    assert changes == [(clock(1596), ["cause", "planned"]), (clock(2006), ["cause", "planned"])]


def test_works_elsewhere_and_works_that_change_nothing_say_nothing() -> None:
    evidence = fuse_out()
    without = outcome(evidence, until=3000)
    evidence.work("W", "recloser", "planned", 10, WINDOW)
    evidence.work("W", "recloser", "planned", 1200, WINDOW)
    evidence.meter(f"{C} {D}", "ping_on", 2000)
    assert outcome(evidence, until=3000).lifecycle == without.lifecycle
