"""The crews of an outage, and why power is off, as crews say: in its record, and nowhere else."""

from __future__ import annotations

from typing import Any

from models.contracts.outputs.outage import OutageRecord
from tests.worlds.evidence import Answer, Evidence, clock
from tests.worlds.town import A, B, C, D, outcome


def fuse_out(until: float | None = None) -> Evidence:
    evidence = Evidence()
    evidence.meter(f"{A} {B}", "last_gasp", 1000, 20)
    if until is not None:
        evidence.meter(f"{A} {B}", "power_restored", until, 20)
    return evidence


def crews_of(answer: Answer, device: str) -> list[list[tuple[str, str]]]:
    """What the revisions of a device's outage have of crews, each once."""
    told: list[list[tuple[str, str]]] = []
    for record in answer.lifecycle:
        OutageRecord.model_validate(record)
        crews = [(crew["crew_id"], crew["status"]) for crew in record["crews"]]
        if record["device_id"] == device and (not told or told[-1] != crews):
            told.append(crews)
    return told


def test_an_assessing_and_a_repairing_crew_stand_in_one_outage() -> None:
    evidence = fuse_out()
    evidence.crew("1", "en_route", 1200, device_id="fuse", kind="assessor", eta=clock(1500))
    evidence.crew("1", "on_site", 1500, device_id="fuse", kind="assessor")
    evidence.crew("2", "repairing", 1800, device_id="fuse", kind="line", cause_code="vegetation")
    evidence.crew("1", "available", 2000)
    answer = outcome(evidence, until=3000)
    assert crews_of(answer, "fuse") == [
        [],
        [("1", "en_route")],
        [("1", "on_site")],
        [("1", "on_site"), ("2", "repairing")],
        [("2", "repairing")],
    ]
    (record,) = answer.last().values()
    assert record["crews"] == [{"crew_id": "2", "kind": "line", "status": "repairing", "at": clock(1800), "eta": None}]
    assert record["cause"] == {"code": "vegetation", "utility_cause": None, "source": "crew"}
    assert answer.lifecycle[1]["crews"][0]["eta"] == clock(1500)


def test_a_crew_goes_from_one_outage_to_the_next_and_may_name_them() -> None:
    evidence = fuse_out()
    evidence.meter(f"{C} {D}", "last_gasp", 1400, 20)
    names = {record["device_id"]: name for name, record in outcome(evidence, until=1500).last().items()}
    evidence.crew("1", "assigned", 1600, outage_id=names["fuse"])
    evidence.crew("1", "assigned", 1700, outage_id=names["recloser"], utility_cause="T-4")
    evidence.crew("1", "on_site", 1800, outage_id="a" * 26)
    answer = outcome(evidence, until=3000)
    assert crews_of(answer, "fuse") == [[], [("1", "assigned")], []]
    assert crews_of(answer, "recloser") == [[], [("1", "assigned")], []]
    assert answer.last()[names["recloser"]]["cause"] == {"code": None, "utility_cause": "T-4", "source": "crew"}


def test_a_crews_word_goes_before_the_plan() -> None:
    evidence = fuse_out()
    evidence.work("W", "fuse", "planned", 10, (900, 3000))
    evidence.crew("1", "on_site", 1500, device_id="fuse")
    evidence.crew("1", "repairing", 1600, device_id="fuse", cause_code="equipment")
    causes: list[dict[str, Any]] = [record["cause"] for record in outcome(evidence, until=3000).lifecycle]
    assert list(dict.fromkeys(cause["source"] for cause in causes)) == ["planned_work", "crew"]


def test_the_last_revision_has_the_crew_and_the_next_outage_there_has_it_not() -> None:
    evidence = fuse_out(until=3000)
    evidence.crew("1", "completed", 2990, device_id="fuse", cause_code="wildlife")
    evidence.meter(f"{A} {B}", "last_gasp", 9000, 20)
    answer = outcome(evidence, until=9900)
    first, second = answer.last().values()
    assert (first["status"], [crew["status"] for crew in first["crews"]]) == ("restored", ["completed"])
    assert first["cause"]["code"] == "wildlife"
    assert (second["crews"], second["cause"]) == ([], None)


def test_who_is_nowhere_says_nothing() -> None:
    evidence = fuse_out()
    without = outcome(evidence, until=3000)
    evidence.crew("1", "available", 1500)
    evidence.crew("2", "available", 1600, device_id="fuse")
    evidence.crew("3", "assigned", 1700)
    assert outcome(evidence, until=3000).lifecycle == without.lifecycle
