"""What meters of a canary send follows the laws of the model, and what is published is judged as it should be."""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from models.canary.exercise import Exercise, Result
from models.canary.feeders import Opening
from models.canary.messages import GASP, RESTORED, messages_of
from models.outages.weights.parameters import Parameters
from models.times.iso8601 import format_time

METERS = tuple(f"m{number}" for number in range(4))
OPENING = Opening("fuse", frozenset({"fuse", "switch"}), METERS)
BEGIN = 1_000_000


def revision(outage: str, at: int, number: int = 1, **facts: Any) -> Any:
    """As much of a record as is read."""
    given = {"status": "detected", "device_id": "fuse", "customers_affected": 4, "customers_out": 4} | facts
    return SimpleNamespace(outage_id=outage, revision=number, updated_at=format_time(at), **given)


def result_of(*records: Any) -> Result:
    exercise = Exercise(OPENING, BEGIN, BEGIN + 360_000, BEGIN + 900_000)
    exercise.heard(BEGIN + 2_000)
    exercise.heard(BEGIN + 370_000)
    for record in records:
        exercise.take(record, BEGIN + 31_500)
    return exercise.result()


OVER: dict[str, Any] = {"status": "restored", "customers_out": 0}


@pytest.mark.parametrize(
    ("records", "found", "restored"),
    [
        ([revision("a", BEGIN + 30_000), revision("a", BEGIN + 380_000, 2, **OVER)], "right", "right"),
        ([revision("a", BEGIN + 30_000, device_id="switch"),
          revision("a", BEGIN + 380_000, 2, **OVER)], "right", "right"),
        ([revision("a", BEGIN + 30_000)], "right", "missed"),
        ([revision("a", BEGIN + 30_000),
          revision("a", BEGIN + 380_000, 2, **OVER | {"customers_out": 1})], "right", "missed"),
        ([revision("a", BEGIN + 30_000, device_id="transformer")], "wrong", "missed"),
        ([revision("a", BEGIN + 30_000, customers_affected=3)], "wrong", "missed"),
        ([revision("a", BEGIN + 30_000), revision("b", BEGIN + 40_000, device_id="t")], "wrong", "missed"),
        ([revision("a", BEGIN + 30_000), revision("b", BEGIN + 40_000, status="merged"),
          revision("a", BEGIN + 380_000, 2, **OVER)], "right", "right"),
        ([revision("a", BEGIN + 30_000, status="cancelled")], "missed", "missed"),
        ([revision("old", BEGIN - 1_000), revision("older", BEGIN + 9_000, 7)], "missed", "missed"),
        ([], "missed", "missed"),
    ],
)  # fmt: skip
def test_it_is_judged(records: list[Any], found: str, restored: str) -> None:
    result = result_of(*records)
    assert (result.found, result.restored) == (found, restored)
    assert bool(result.why) == ((found, restored) != ("right", "right"))
    if found != "missed":
        assert (result.detection, result.publication) == (28.0, 1.5)
    assert result.restoration == (10.0 if restored == "right" else None)


def test_it_is_over_when_all_is_known_or_the_time_is() -> None:
    exercise = Exercise(OPENING, BEGIN, BEGIN + 360_000, BEGIN + 900_000)
    assert not exercise.due(BEGIN + 899_999, 0)
    assert exercise.due(BEGIN + 900_000, 3)
    exercise.take(revision("a", BEGIN + 30_000), BEGIN)
    assert not exercise.due(BEGIN + 400_000, 0)
    exercise.take(revision("a", BEGIN + 380_000, 2, **OVER), BEGIN)
    assert not exercise.due(BEGIN + 400_000, 1)
    assert exercise.due(BEGIN + 400_000, 0)


def test_messages_come_by_the_laws() -> None:
    parameters, lasting = Parameters(), 3_600_000
    meters = tuple(f"m{number}" for number in range(20_000))
    sent = messages_of(meters, BEGIN, BEGIN + lasting, parameters, random.Random(2).random)
    assert [message.at for message in sent] == sorted(message.at for message in sent)
    gasps = [message for message in sent if message.kind == GASP]
    assert len(gasps) / len(meters) == pytest.approx(parameters.delivery, abs=0.01)
    assert sorted(message.meter_id for message in sent if message.kind == RESTORED) == sorted(meters)
    for source, laws in parameters.sources.items():
        assert sum(message.source == source for message in gasps) / len(gasps) == pytest.approx(laws.share, abs=0.02)
        for kind, law, since in ((GASP, laws.gasp, BEGIN), (RESTORED, laws.restored, BEGIN + lasting)):
            waits = np.array([one.at - since for one in sent if (one.kind, one.source) == (kind, source)]) / 1000
            for seconds, share in law:
                assert np.mean(waits <= seconds) == pytest.approx(share, abs=0.03), (source, kind, seconds)
