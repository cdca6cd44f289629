"""Feeders are cut over and back in the middle of a storm; both flows are killed around the control records."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import orjson
import pytest

from adapters.network.compiled_file import load_artefact
from models.contracts.topics import OPERATOR_COMMANDS, OUTAGE_CLOCK, OUTAGE_LIFECYCLE, OUTAGE_MEMBERSHIP
from models.ledger.interruptions import InterruptionLedger
from tests.chaos.processes import run
from tests.chaos.releasing import bring, finish, order, taken_up
from tests.chaos.stage import PATIENCE, Stage, record_storm
from tests.peers.kafka import eventually
from tests.worlds.town_releases import BACK_AT, RELEASED_AT, compile_cut_overs, write_town_storm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.chaos.outputs import Output


NEAR = 15_000
"""Milliseconds by which a return may be told otherwise."""


@pytest.fixture
def town(kafka: str, prefix: str, patient: Path, tmp_path: Path) -> Iterator[tuple[Stage, Path]]:
    """A stage that runs with a folder of versions, and where all versions are."""
    everything, networks = tmp_path / "all", tmp_path / "networks"
    compile_cut_overs(everything)
    write_town_storm(tmp_path / "storm")
    networks.mkdir()
    (networks / "town-1.network").write_bytes((everything / "town-1.network").read_bytes())
    recorded = record_storm(kafka, f"cut{secrets.token_hex(4)}.", everything / "town-1.network", tmp_path / "storm", 1)
    settings = {"epoch_seconds": "1", "model": str(patient)}
    with Stage(kafka, prefix, networks, tmp_path / "stage", recorded, 1, settings) as stage:
        yield stage, everything


def test_cut_overs_amid_outages_with_kills_lose_and_double_nobody(town: tuple[Stage, Path], tmp_path: Path) -> None:
    stage, everything = town
    stage.play()
    ingest, outages = stage.flow("ingest"), stage.flow("outages")
    stage.part_way(0.2)
    eventually(lambda: all(stage.read((OUTAGE_CLOCK, OPERATOR_COMMANDS)).values()), PATIENCE)  # else it is now
    over = ("--reason", "F1 and F2 cut over", "--at", RELEASED_AT, "--running", everything)
    said = order(stage, "network", "release", everything / "town-2.network", *over)
    assert said.returncode == 0, said.stderr
    assert "usage points from zone S1 to S2: 18" in said.stdout
    outages.kill()
    bring(stage, everything, "town-2")
    outages.start()
    eventually(lambda: len(taken_up(ingest)) > 0, PATIENCE)
    stage.part_way(0.5)
    outages.kill()
    back = ("--revert", everything / "town-3.network", "--at", BACK_AT, "--reason", "back")
    said = order(stage, "network", "release", everything / "town-1.network", *back)
    assert said.returncode == 0, said.stderr
    assert "usage points from zone S3 to S1: 18" in said.stdout
    ingest.kill()
    bring(stage, everything, "town-3")
    for flow in (ingest, outages):
        flow.start()
    output = finish(stage, everything, tmp_path)
    assert_interruptions(stage, output, everything, tmp_path / "undisturbed")


def assert_interruptions(stage: Stage, output: Output, everything: Path, folder: Path) -> None:
    """Each customer is out when he would be had nothing been cut over, at last by an outage of the zone he stood in."""
    options = ("--network", everything / "town-1.network", "--input", everything.with_name("storm"), "--output", folder)
    run("", "replay", *options, "--model", stage.settings["model"])
    undisturbed, told = InterruptionLedger(), InterruptionLedger()
    for line in (folder / f"{OUTAGE_MEMBERSHIP}.jsonl").read_bytes().splitlines():
        undisturbed.take(orjson.loads(line))
    for value in output.values(OUTAGE_MEMBERSHIP):
        told.take(orjson.loads(value or b""))
    records = [orjson.loads(value or b"") for value in output.values(OUTAGE_LIFECYCLE)]
    zones = {record["outage_id"]: record["zone_id"] for record in records}
    network = load_artefact(everything / "town-1.network")
    for name, number in zip(network.point_ids, network.point_number.tolist(), strict=True):
        found, wanted = told.interruptions(number), undisturbed.interruptions(number)
        assert len(found) == len(wanted), (name, found, wanted)
        for one, other in zip(found, wanted, strict=True):
            assert one.out_at == other.out_at, (name, found, wanted)
            assert abs((one.back_at or 0) - (other.back_at or 0)) <= NEAR, (name, found, wanted)
            assert zones[one.outage_id] == ("S2" if name.startswith("p") else "S1")
    assert {number for number in told.entries if told.interruptions(number)}
