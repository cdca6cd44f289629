"""Meters are exchanged while flows run, are killed, lose their volumes and become more: all know where they hang."""

from __future__ import annotations

import secrets
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import orjson
import pytest

from models.contracts.topics import METER_EVENTS, NETWORK_METERS, OUTAGE_LIFECYCLE, dead_letter_topic
from tests.chaos.outputs import assert_never_back, assert_offline_gives, read_output
from tests.chaos.processes import run
from tests.chaos.releasing import order
from tests.chaos.stage import PATIENCE, Stage, record_storm
from tests.chaos.topics import read_topics
from tests.peers.kafka import eventually
from tests.worlds.evidence import clock
from tests.worlds.exchanges import EXCHANGED, FAILS_AT, compile_town, write_exchange
from tests.worlds.storms import OUTAGE_FILES
from tests.worlds.town_releases import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.chaos.stage import Raw

RAW_PARTITIONS = 3


@pytest.fixture(scope="module")
def day(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Raw]]:
    """The folder of the day's files and network, and its raw records: new meters speak in whatever partition."""
    folder = tmp_path_factory.mktemp("day")
    network = compile_town(folder)
    write_exchange(folder / "storm")
    prefix = f"day{secrets.token_hex(4)}."
    script: list[Raw] = []
    for turn, raw in enumerate(record_storm(kafka, prefix, network, folder / "storm", RAW_PARTITIONS)):
        moved = raw.topic == METER_EVENTS and raw.value and b'"new-' in raw.value and b"installed" not in raw.value
        script.append(replace(raw, partition=turn % RAW_PARTITIONS) if moved else raw)
    return folder, script


@pytest.fixture
def stage(kafka: str, prefix: str, patient: Path, day: tuple[Path, list[Raw]], tmp_path: Path) -> Iterator[Stage]:
    folder, script = day
    settings = {"epoch_seconds": "1", "model": str(patient)}
    with Stage(kafka, prefix, folder / "town-1.network", tmp_path / "stage", script, 1, settings) as stage:
        yield stage


def letters(stage: Stage) -> list[tuple[str, bytes]]:
    """Why records of meters were refused, with their bytes."""
    places = [(stage.prefix + dead_letter_topic(METER_EVENTS), part) for part in range(RAW_PARTITIONS)]
    read = [record for records in read_topics(stage.broker, places).values() for record in records]
    return sorted((record.header("_dlq.errors.disposition").decode(), record.value or b"") for record in read)


def mounted(stage: Stage) -> int:
    places = [(stage.prefix + NETWORK_METERS, 0)]
    return len({record.key for record in read_topics(stage.broker, places)[places[0]]})


def test_new_meters_count_after_kills_lost_volumes_and_with_other_numbers_of_processes(
    stage: Stage, day: tuple[Path, list[Raw]], tmp_path: Path
) -> None:
    folder, script = day
    player = stage.play()
    ingest, outages = stage.flow("ingest"), stage.flow("outages")
    fails = next(place for place, raw in enumerate(script) if b"last_gasp" in (raw.value or b""))
    player.release((fails - 60) / len(script))
    eventually(lambda: mounted(stage) == len(EXCHANGED), PATIENCE)
    for flow in (ingest, outages):
        flow.kill()
        shutil.rmtree(flow.state)
    stage.flows.clear()
    stage.flow("outages")
    for process in range(2):
        stage.flow("ingest", process, 2)
    before = stage.output_ends("ingest")
    player.release((fails + 40) / len(script))
    eventually(lambda: stage.output_ends("ingest") > before, PATIENCE)
    for flow in [flow for flow in stage.flows if flow.name == "ingest"]:
        flow.kill()
        stage.flows.remove(flow)
    for process in range(3):
        stage.flow("ingest", process, 3)
    stage.finish()
    output = read_output(stage)
    records = [orjson.loads(value) for value in output.values(OUTAGE_LIFECYCLE) if value]
    assert {record["device_id"] for record in records} == {"ty0"}
    assert records[-1]["started_at"][:19] == clock(FAILS_AT)[:19]
    assert max(record["customers_out"] for record in records) == len(EXCHANGED)
    assert mounted(stage) == len(EXCHANGED)
    refused = letters(stage)
    assert [why for why, _ in refused] == ["exchanged-meter"] * len(EXCHANGED) + ["unknown-usage-point"]
    assert_never_back(stage)
    assert_offline_gives(stage, output, tmp_path / "offline")
    files = tmp_path / "files"
    options = ("--network", folder / "town-1.network", "--input", folder / "storm", "--output", files)
    run("", "replay", *options, "--model", stage.settings["model"])
    for name in OUTAGE_FILES:
        lines = (files / name).read_bytes().splitlines()
        for one, other in zip(output.values(name.removesuffix(".jsonl")), lines, strict=True):
            assert orjson.loads(one or b"") == orjson.loads(other)
    told = [
        orjson.loads(line) for line in (files / f"{dead_letter_topic(METER_EVENTS)}.jsonl").read_bytes().splitlines()
    ]
    assert sorted(letter["disposition"] for letter in told) == [why for why, _ in refused]
    assert_release_tells(stage, folder)


def assert_release_tells(stage: Stage, folder: Path) -> None:
    """A later version that has some of the new meters confirms those, and is told of the others."""
    tables = folder / "tables"
    shutil.copytree(TABLES / "town-1", tables)
    text = (tables / "usage_points.csv").read_text().replace(",m-q00,", ",new-q00,")
    (tables / "usage_points.csv").write_text(text)
    later = folder / "town-2.network"
    run("", "network", "compile", "--network", tables, "--previous", folder / "town-1.network", "--output", later)
    said = order(stage, "network", "release", later, "--reason", "GIS", "--dry-run")
    assert "exchanges confirmed: 1 (q00: meter new-q00 since" in said.stdout, said.stderr
    assert "exchanges that the version does not have, and that go on: 5 (q01: meter new-q01 since" in said.stdout
    said = order(stage, "network", "release", later, "--reason", "GIS", "--dry-run", "--as-of", clock(300))
    assert "exchanges that end: the version's tables are later, and do not have them: 5" in said.stdout, said.stderr
    refused = order(stage, "network", "release", later, "--reason", "GIS", "--dry-run", "--as-of", clock(90_000))
    assert refused.returncode == 2
    assert "is to come" in refused.stderr
