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
from tests.chaos.releasing import bring, order, taken_up
from tests.chaos.stage import PATIENCE, Stage, record_storm
from tests.chaos.topics import read_topics
from tests.peers.kafka import eventually
from tests.worlds.evidence import clock, moment
from tests.worlds.exchanges import DRAWN_AT, EXCHANGED, FAILS_AT, RELEASED_AT, compile_town, write_exchange
from tests.worlds.storms import OUTAGE_FILES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.chaos.outputs import Output
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
    stage.until_running(outages)  # before that it has no state
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
    assert_as_in_files(stage, output, folder, tmp_path)


def test_a_version_with_a_date_ends_older_exchanges_as_in_files(
    stage: Stage, day: tuple[Path, list[Raw]], tmp_path: Path
) -> None:
    folder, script = day
    stage.network = tmp_path / "networks"
    stage.network.mkdir()
    bring(stage, folder, "town-1")
    player = stage.play()
    ingest = stage.flow("ingest")
    stage.flow("outages")
    player.release(next(place for place, raw in enumerate(script) if raw.at >= moment(RELEASED_AT - 60)) / len(script))
    eventually(lambda: mounted(stage) == len(EXCHANGED), PATIENCE)
    later = ("network", "release", folder / "town-2.network", "--running", folder, "--reason", "GIS")
    said = order(stage, *later, "--dry-run")
    assert "exchanges confirmed: 1 (q00: meter new-q00 since" in said.stdout, said.stderr
    assert "exchanges that the version does not have, and that go on: 5 (q01: meter new-q01 since" in said.stdout
    refused = order(stage, *later, "--dry-run", "--as-of", clock(90_000))
    assert refused.returncode == 2
    assert "is to come" in refused.stderr
    said = order(stage, *later, "--at", clock(RELEASED_AT), "--as-of", clock(DRAWN_AT))
    assert "exchanges that end: the version's tables are later, and do not have them: 2" in said.stdout, said.stderr
    bring(stage, folder, "town-2")
    eventually(lambda: bool(taken_up(ingest)), PATIENCE)
    assert any("1 confirmed (meter new-q00 at q00); 3 not in its tables" in line for line in ingest.said())
    stage.finish()
    release = f"{clock(RELEASED_AT)},{clock(DRAWN_AT)}={folder / 'town-2.network'}"
    assert_as_in_files(stage, read_output(stage), folder, tmp_path, "--release", release)
    unknown = [value for why, value in letters(stage) if why == "unknown-usage-point"]
    assert (
        len(unknown) == 1 + 2 * 2 + 1
    )  # before its mounting; then two that the tables do not have, and the first old one


def assert_as_in_files(stage: Stage, output: Output, folder: Path, own: Path, *more: str) -> None:
    """What came out is what the log gives offline, and what the day's files give."""
    assert_never_back(stage)
    if not more:
        assert_offline_gives(stage, output, own / "offline")
    options = ("--network", folder / "town-1.network", "--input", folder / "storm", "--output", own / "files", *more)
    run("", "replay", *options, "--model", stage.settings["model"])
    for name in OUTAGE_FILES:
        lines = (own / "files" / name).read_bytes().splitlines()
        for one, other in zip(output.values(name.removesuffix(".jsonl")), lines, strict=True):
            assert orjson.loads(one or b"") == orjson.loads(other)
    lines = (own / "files" / f"{dead_letter_topic(METER_EVENTS)}.jsonl").read_bytes().splitlines()
    assert sorted(orjson.loads(line)["disposition"] for line in lines) == [why for why, _ in letters(stage)]
