"""Another version: with the same rules it just goes on; other rules need a clean stop, or --reconcile."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import orjson

from models.contracts.topics import OPERATOR_ANSWERS, OUTAGE_LIFECYCLE
from tests.chaos import processes
from tests.chaos.accounting import account
from tests.chaos.outputs import NUMBERED, Output, assert_never_back, assert_same, read_output
from tests.chaos.stage import PATIENCE
from tests.peers.kafka import eventually

if TYPE_CHECKING:
    from typing import Any

    import pytest

    from tests.chaos.processes import Flow
    from tests.chaos.stage import Stage

CHANGING = {"sequence", "revision", "event_id", "change", "updated_at", "confidence", "started_at"}
"""What another number of revisions changes in the last one; the last two sharpen without being news."""


OTHER_RULES = "import models.outages.rules_version as version; version.RULES = 99; from cli.main import main; main()"


OLDER_CODE = "import dataflows.service.code_version as code; code.code_version = lambda: '0.0.1+older'; "
OLDER_CODE += "from cli.main import main; main()"


def test_other_rules_go_on_where_it_is_said_and_nothing_is_lost(
    stage: Stage, undisturbed: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    outages = half_way(stage, monkeypatch, OTHER_RULES)
    eventually(stage.followed, PATIENCE)
    outages.kill()
    stage.flows.remove(outages)
    refused = stage.flow("outages")
    assert refused.wait(240) == 2
    assert "was made by rules 99" in refused.said()[-1]
    stage.flows.remove(refused)
    taken_up = stage.flow("outages", reconcile=True)
    parts = stage.evidence_partitions
    eventually(lambda: sum("other rules go on" in line for line in taken_up.said()) == parts, PATIENCE)
    stage.finish()
    output = read_output(stage)
    assert_never_back(stage)
    ordered = named_in_answers(output) | named_in_answers(undisturbed)
    assert last_of_each(output, ordered) == last_of_each(undisturbed, ordered)
    assert len(output.values(OUTAGE_LIFECYCLE)) > len(undisturbed.values(OUTAGE_LIFECYCLE))  # what was open, once more


def test_another_version_with_the_same_rules_goes_on_after_a_kill(
    stage: Stage, undisturbed: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = half_way(stage, monkeypatch, OLDER_CODE)
    older.kill()
    stage.flows.remove(older)
    stage.flow("outages")
    stage.finish()
    output = read_output(stage)
    assert_same(without_letters(undisturbed), without_letters(output))
    assert output.repeats == 0
    account(stage)


def half_way(stage: Stage, monkeypatch: pytest.MonkeyPatch, code: str) -> Flow:
    """Play half of the storm with an outages flow of another version, which is returned."""
    stage.play()
    stage.flow("ingest")
    with monkeypatch.context() as patch:
        patch.setattr(processes, "COMMAND", (sys.executable, "-c", code))
        other = stage.flow("outages")
    stage.part_way(0.3)
    stage.part_way(0.5)
    return other


def without_letters(output: Output) -> Output:
    """Leave dead letters out, which name the version that wrote them."""
    return Output({place: records for place, records in output.records.items() if place[0] in NUMBERED})


def named_in_answers(output: Output) -> set[str]:
    """List the outages that operators ordered something of.

    They name a revision that they have seen, and other rules number them otherwise: something else is done, or refused.
    """
    answers = [orjson.loads(value or b"{}") for value in output.values(OPERATOR_ANSWERS)]
    return {answer["outage_id"] for answer in answers if answer.get("outage_id")}


def last_of_each(output: Output, ordered: set[str]) -> dict[str, dict[str, Any]]:
    """Give what the life cycle says last of each outage, apart from numbers of revisions.

    Outages that something was ordered of are left out, and those that came after them at the same place.
    """
    records = [orjson.loads(value or b"{}") for value in output.values(OUTAGE_LIFECYCLE)]
    return {
        record["outage_id"]: {name: value for name, value in record.items() if name not in CHANGING}
        for record in records
        if not {record["outage_id"], record["follows"]} & ordered
    }
