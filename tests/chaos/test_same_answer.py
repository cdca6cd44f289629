"""The same storm gives the same answer through files, through Kafka, and from the evidence log played again."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING

import orjson
import pytest

from adapters.kafka.clients.offset_range import RangeReader
from adapters.kafka.clients.producer import CheckedProducer
from adapters.kafka.records.dead_letters.dead_letter import PREFIX
from adapters.kafka.records.operators import Answers, send_command
from adapters.kafka.topics.table import all_topics
from adapters.network.load import load_network
from benchmarks.context.judge import judge
from models.contracts.topics import (
    EVIDENCE_LOG,
    OPERATOR_ANSWERS,
    OPERATOR_COMMANDS,
    OUTAGE_LIFECYCLE,
    OUTAGE_RESTORATION,
    OUTAGE_STATE,
    RAW_TOPICS,
    dead_letter_topic,
)
from tests.chaos.accounting import account
from tests.chaos.outputs import Output, assert_never_back, assert_offline_gives, read_output
from tests.chaos.processes import run
from tests.chaos.stage import PATIENCE, Stage, record_storm
from tests.worlds.personal import personal_in, personal_lines
from tests.worlds.storms import CKT5, HOME

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HISTORICAL = HOME / "tests" / "data" / "storms" / "pge-2019-10-27-crews" / "incidents.csv"
OUTPUTS = (OUTAGE_LIFECYCLE, OUTAGE_RESTORATION, OUTAGE_STATE)


@pytest.fixture
def feeder(kafka: str, prefix: str, spoiled_storm: Path, patient: Path, tmp_path: Path) -> Iterator[Stage]:
    """One raw partition a topic, one evidence partition, on a network of one zone: a spoiled storm as files have it."""
    network = tmp_path / "ckt5.network"
    run("", "network", "compile", "--network", CKT5, "--output", network, "--evidence-partitions", 1)
    script = record_storm(kafka, f"{prefix}recorded.", network, spoiled_storm, 1)
    with Stage(kafka, prefix, network, tmp_path / "stage", script, 1, {"model": str(patient)}) as stage:
        yield stage


def test_files_and_kafka_say_the_same_and_a_late_command_is_answered(
    feeder: Stage, spoiled_storm: Path, patient: Path, tmp_path: Path
) -> None:
    files = tmp_path / "files"
    run("", "replay", "--network", feeder.network, "--input", spoiled_storm, "--output", files, "--model", patient)
    feeder.run()
    output = read_output(feeder)
    for topic in OUTPUTS:
        assert output.values(topic) == (files / f"{topic}.jsonl").read_bytes().splitlines()
    for topic in RAW_TOPICS:
        lines = (files / f"{dead_letter_topic(topic)}.jsonl").read_bytes().splitlines()
        told = [letter["disposition"].encode() for letter in map(orjson.loads, lines)]
        records = output.records[dead_letter_topic(topic), 0]
        assert [dict(headers)[f"{PREFIX}disposition"] for _, _, headers in records] == told
        values = [b64decode(letter["value_base64"]) for letter in map(orjson.loads, lines)]
        assert [value for _, value, _ in records] == values
    assert account(feeder).dead_letters > 0
    command_after_the_end(feeder, orjson.loads(output.values(OUTAGE_LIFECYCLE)[-1] or b"")["outage_id"])


def command_after_the_end(feeder: Stage, outage_id: str) -> None:
    """Long after the storm's end, processes that have started anew answer an operator."""
    feeder.both()
    client, topic = {"bootstrap.servers": feeder.broker}, feeder.prefix + OPERATOR_COMMANDS
    for number in (1, 2):
        command_id, now = f"late {number}", "2026-11-29T00:00:00Z"
        command: dict[str, object] = {
            "command_id": command_id,
            "user": "op",
            "reason": "r",
            "kind": "note",
            "at": now,
            "received_at": now,
        }
        command |= {"outage_id": outage_id, "seen_revision": 99, "text": "x"}
        with RangeReader(client) as reader:
            answers = Answers(reader, feeder.prefix + OPERATOR_ANSWERS)
            send_command(CheckedProducer(client, patience=30), topic, 1, command, 1)
            answer = answers.await_answer(command_id, PATIENCE, lambda _left: None)
        assert answer is not None
        assert (answer["result"], answer["outage_id"]) == ("done", outage_id)
    feeder.stop()


def test_a_historical_storm_has_its_crews_and_plans_through_kafka_too(
    kafka: str, prefix: str, patient: Path, tmp_path: Path
) -> None:
    storm, network, files = tmp_path / "storm", tmp_path / "ckt5.network", tmp_path / "files"
    run("", "simulate", "--network", CKT5, "--output", storm, "--seed", 1, "--keep", 1, "--incidents", HISTORICAL)
    run("", "network", "compile", "--network", CKT5, "--output", network, "--evidence-partitions", 1)
    device = load_network(network).device_ids[3]
    for topic, lines in personal_lines("2019-10-30T00:00:00Z", device).items():
        with (storm / f"{topic}.jsonl").open("ab") as file:
            file.writelines(line + b"\n" for line in lines)
    script = record_storm(kafka, f"{prefix}recorded.", network, storm, 1)
    with Stage(kafka, prefix, network, tmp_path / "stage", script, 1, {"model": str(patient)}) as stage:
        stage.run()
        output = read_output(stage)
        assert_nothing_personal(stage)
    files.mkdir()
    (files / f"{OUTAGE_LIFECYCLE}.jsonl").write_bytes(
        b"\n".join(value for value in output.values(OUTAGE_LIFECYCLE) if value)
    )
    found = judge(load_network(network), storm, files)
    assert found.wrong == {}
    assert found.counts["outages with an assessing and a repairing crew at once"] > 10
    assert found.counts["planned outages"] > 5


def assert_nothing_personal(stage: Stage) -> None:
    """Show that what names people is in no topic but those that are restricted, and in no word of the flows."""
    found = {
        topic.stem: [
            word
            for records in stage.read((topic.stem,)).values()
            for record in records
            for part in (record.key, record.value, *(value for _, value in record.headers))
            for word in personal_in(part or b"")
        ]
        for topic in all_topics()
        if topic.stem not in RAW_TOPICS
    }
    assert found[EVIDENCE_LOG]  # it did come in
    assert {topic.stem for topic in all_topics() if topic.access != "restricted" and found.get(topic.stem)} == set()
    logs = list(stage.folder.glob("*.log"))
    assert logs
    assert [personal_in(log.read_bytes()) for log in logs] == [[]] * len(logs)


def test_the_evidence_log_played_again_gives_the_outputs_bytes(
    calm: Stage, undisturbed: Output, tmp_path: Path
) -> None:
    assert undisturbed.values(OUTAGE_LIFECYCLE)
    assert_offline_gives(calm, undisturbed, tmp_path / "offline")
    assert_never_back(calm)
    account(calm)
