"""Poison among a storm's records ends in the dead letters, all of it with a reason, and changes nothing else."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import orjson
import pytest

from adapters.kafka.dead_letter import PREFIX
from models.contracts.topics import RAW_TOPICS, dead_letter_topic
from tests.chaos.accounting import account
from tests.chaos.outputs import LETTERS, Output, read_output
from tests.chaos.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.chaos.stage import Raw

SHARE = 0.01
LARGE = 5
LARGE_BYTES = 990_000
KINDS = 8


def poison(raw: Raw, kind: int, draw: random.Random) -> Raw:
    """Give a record of the same time and partition that nobody can use."""
    good = orjson.loads(raw.value or b"{}")
    values = [
        draw.randbytes(draw.randrange(1, 200)),
        None,
        b"\x00",
        orjson.dumps(good | {"observed_at": 7}),
        orjson.dumps(good | {"event_id": None, "kind": ["last_gasp"]}),
        orjson.dumps(good | {"meter_id": "nobody", "device_id": "nothing", "usage_point_id": "nowhere"}),
        orjson.dumps(good | {"observed_at": good["observed_at"].replace("2026", "2025")}),
        orjson.dumps(good | {"observed_at": good["observed_at"].replace("2026", "2027")}),
    ]
    return replace(raw, value=values[kind])


def poisoned(script: list[Raw]) -> tuple[list[Raw], list[Raw]]:
    """Put poison among the records; returns all of them, and the poison."""
    draw = random.Random(17)
    mixed: list[Raw] = []
    added: list[Raw] = []
    good = [place for place, raw in enumerate(script) if usable(raw)]
    large = set(draw.sample(good, LARGE))
    chosen = set(draw.sample(good, round(SHARE * len(good))))
    for place, raw in enumerate(script):
        mixed.append(raw)
        if place in chosen:
            added.append(poison(raw, len(added) % KINDS, draw))
            mixed.append(added[-1])
        if place in large:
            added.append(replace(raw, value=(raw.value or b"")[:-1] + b" " * LARGE_BYTES + b'"'))
            mixed.append(added[-1])
    return mixed, added


def usable(raw: Raw) -> bool:
    try:
        return bool(orjson.loads(raw.value or b"")["observed_at"].startswith("2026"))
    except (ValueError, KeyError, TypeError, AttributeError):
        return False


@pytest.fixture
def stage(
    kafka: str, prefix: str, utility: Path, script: list[Raw], patient: Path, tmp_path: Path
) -> Iterator[tuple[Stage, list[Raw]]]:
    """The storm with poison in it, and the poison."""
    mixed, added = poisoned(script)
    with Stage(kafka, prefix, utility, tmp_path / "stage", mixed, 3, {"model": str(patient)}) as stage:
        yield stage, added


def test_poison_changes_nothing_and_none_is_lost(stage: tuple[Stage, list[Raw]], undisturbed: Output) -> None:
    played, added = stage
    played.run()
    output = read_output(played)
    for place, records in undisturbed.records.items():
        if place[0] not in LETTERS:
            assert output.records[place] == records
    account(played)
    for topic in RAW_TOPICS:
        letters = Counter(output.values(dead_letter_topic(topic)))
        letters.subtract(undisturbed.values(dead_letter_topic(topic)))
        assert +letters == Counter(raw.value for raw in added if raw.topic == topic)
    headers = [
        dict(headers) for place in output.records if place[0] in LETTERS for _, _, headers in output.records[place]
    ]
    assert all(some[f"{PREFIX}message"] and some[f"{PREFIX}disposition"] for some in headers)
