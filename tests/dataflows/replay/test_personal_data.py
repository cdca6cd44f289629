"""No name, contact or fact of health is in any file, or word, of a replay that is not marked restricted."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path
from typing import Any

import orjson
import pytest

from adapters.kafka.topics.table import all_topics
from adapters.network.load import load_network
from adapters.reference.event_pages import all_contracts
from models.contracts.topics import OPERATOR_COMMANDS, OUTAGE_LIFECYCLE
from tests.worlds.golden import GOLDEN
from tests.worlds.personal import FORBIDDEN, PERSONAL, personal_in, personal_lines
from tests.worlds.storms import faultline

RESTRICTED = {topic.stem for topic in all_topics() if topic.access == "restricted"}


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """The golden storm with all that is personal put into it: the output's folder, and what was said meanwhile."""
    folder = tmp_path_factory.mktemp("personal")
    storm, output = folder / "storm", folder / "output"
    storm.mkdir()
    device = load_network(GOLDEN / "network").device_ids[3]
    for topic, lines in personal_lines("2026-07-12T17:20:00Z", device).items():
        before = (GOLDEN / "storm" / f"{topic}.jsonl").read_bytes()
        (storm / f"{topic}.jsonl").write_bytes(before.rstrip(b"\n") + b"\n" + b"\n".join(lines) + b"\n")
    listed = GOLDEN / "restricted" / "life_support.csv"
    given = ("--network", GOLDEN / "network", "--input", storm, "--output", output, "--life-support", listed)
    answered = faultline("replay", *given)
    assert answered.returncode in (0, 3), answered.stderr
    return output, (answered.stdout + answered.stderr).encode()


def test_nothing_personal_leaves_what_is_restricted(replayed: tuple[Path, bytes]) -> None:
    output, said = replayed
    found = {path.stem: personal_in(path.read_bytes()) for path in sorted(output.glob("*.jsonl"))}
    assert {stem for stem, words in found.items() if words} <= RESTRICTED
    refused = (output / f"{OPERATOR_COMMANDS}.dlq.jsonl").read_bytes().splitlines()
    came_in = {word for line in refused for word in personal_in(b64decode(orjson.loads(line)["value_base64"]))}
    assert came_in == set(PERSONAL)
    assert personal_in(said) == []


def test_of_few_customers_it_is_not_told_who_depends_on_life_support(replayed: tuple[Path, bytes]) -> None:
    output, said = replayed
    records = [orjson.loads(line) for line in (output / f"{OUTAGE_LIFECYCLE}.jsonl").read_bytes().splitlines()]
    told = {record["customers_out"]: record["priority_out"]["life_support"] for record in records}
    assert any(count for out, count in told.items() if out >= 10)
    assert {count for out, count in told.items() if 0 < out < 10} == {None}
    listed = (GOLDEN / "restricted" / "life_support.csv").read_bytes().splitlines()[1:]
    assert not any(name in said for name in listed)


def test_no_record_outside_of_what_is_restricted_has_a_field_for_it() -> None:
    open_topics = {topic.stem for topic in all_topics()} - RESTRICTED
    fields: dict[str, set[str]] = {
        contract.name: _names(contract.model.model_json_schema())
        for contract in all_contracts()
        if open_topics.intersection(contract.topics)
    }
    assert len(fields) > 8
    assert {name: found & FORBIDDEN for name, found in fields.items() if found & FORBIDDEN} == {}


def _names(schema: Any) -> set[str]:
    if isinstance(schema, list):
        return set().union(*map(_names, schema))
    if not isinstance(schema, dict):
        return set()
    return set(schema.get("properties", ())).union(*map(_names, schema.values()))
