"""A version of the network is released in the middle of a storm; both flows go on, whoever is killed meanwhile."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import orjson
import pytest

from adapters.network.compiled_file import load_artefact
from models.contracts.topics import DEVICE_STATE, OUTAGE_LIFECYCLE, OUTAGE_MEMBERSHIP, SAFETY_BACKFEED, ZONE_STATE
from models.current_network.places import device_news, zone_news
from tests.chaos.processes import run
from tests.chaos.releasing import bring, finish, order, taken_up
from tests.chaos.stage import PATIENCE, Stage, record_storm
from tests.chaos.topics import read_topics
from tests.peers.kafka import eventually
from tests.worlds.town_releases import BACK_AT, RELEASED_AT, compile_versions, write_town_storm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from models.network.network import Network
    from tests.chaos.stage import Raw

Town = tuple[Stage, "Path", "Network"]
"""A stage that runs with a folder of versions, where all versions are, and the one to come."""


@pytest.fixture(scope="module")
def versions(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Network, list[Raw]]:
    """All versions of a small town, the second of them, and the town's storm as raw records."""
    folder = tmp_path_factory.mktemp("town")
    first, second = compile_versions(folder / "all")
    assert first.version != second.version
    write_town_storm(folder / "storm")
    prefix = f"town{secrets.token_hex(4)}."
    return folder / "all", second, record_storm(kafka, prefix, folder / "all/town-1.network", folder / "storm", 1)


@pytest.fixture
def town(
    kafka: str, prefix: str, patient: Path, versions: tuple[Path, Network, list[Raw]], tmp_path: Path
) -> Iterator[Town]:
    """Flows on the town; its second version lies ready, but not where they look."""
    everything, second, script = versions
    networks = tmp_path / "networks"
    networks.mkdir()
    (networks / "town-1.network").write_bytes((everything / "town-1.network").read_bytes())
    settings = {"epoch_seconds": "1", "model": str(patient)}
    with Stage(kafka, prefix, networks, tmp_path / "stage", script, 1, settings) as stage:
        yield stage, everything, second


def released(stage: Stage, everything: Path) -> None:
    """Release the second version, from a moment on that the flows have not come to."""
    options = ("--reason", "GIS of July", "--at", RELEASED_AT, "--running", everything)
    said = run(stage.broker, "network", "release", everything / "town-2.network", *options, topic_prefix=stage.prefix)
    assert "usage points added: 1 (new1)" in said


def test_releases_amid_a_storm_with_kills_say_what_files_and_the_log_played_again_say(
    town: Town, tmp_path: Path
) -> None:
    stage, everything, second = town
    stage.play()
    ingest, outages = stage.flow("ingest"), stage.flow("outages")
    stage.part_way(0.2)
    assert order(stage, "network", "freeze", "--reason", "storm").returncode == 0
    held = order(stage, "network", "release", everything / "town-2.network", "--reason", "GIS", "--at", RELEASED_AT)
    assert held.returncode == 2
    assert "releases are held by" in held.stderr
    assert order(stage, "network", "freeze", "--end").returncode == 0
    released(stage, everything)
    for flow in (ingest, outages):
        eventually(lambda flow=flow: any("waits for version" in line for line in flow.said()), PATIENCE)  # type: ignore[misc]
    outages.kill()
    bring(stage, everything, "town-2")
    outages.start()
    eventually(lambda: any(f"version {second.version}" in line for line in taken_up(ingest)), PATIENCE)
    stage.part_way(0.5)
    back = ("--revert", everything / "town-3.network", "--at", BACK_AT, "--reason", "wrong")
    said = order(stage, "network", "release", everything / "town-1.network", *back)
    assert "usage points removed: 1 (new1)" in said.stdout, said.stderr
    bring(stage, everything, "town-3")
    eventually(lambda: len(taken_up(ingest)) > 1, PATIENCE)
    ingest.kill()
    outages.kill()
    ingest.start()
    outages.start()
    output = finish(stage, everything, tmp_path)
    assert_places(stage, load_artefact(everything / "town-3.network"))
    records = [orjson.loads(value) for value in output.values(OUTAGE_LIFECYCLE) if value]
    later = [record["network_version"] for record in records if RELEASED_AT < record["updated_at"] <= BACK_AT]
    assert set(later) == {second.version}
    watched = [orjson.loads(value) for value in output.values(SAFETY_BACKFEED) if value]
    assert {(one["device_id"], one["status"]) for one in watched} >= {("tx1", "active"), ("tx1", "cleared")}
    changes = [orjson.loads(value) for value in output.values(OUTAGE_MEMBERSHIP) if value]
    assert "removed" in {change for record in changes for change in record["changes"]}


def assert_places(stage: Stage, last: Network) -> None:
    """Where zones and devices are, written at the first start and by each release, is as the last version has it."""
    for topic, news in ((DEVICE_STATE, device_news), (ZONE_STATE, zone_news)):
        known: dict[bytes | None, dict[str, object]] = {}
        for record in read_topics(stage.broker, [(stage.prefix + topic, 0)])[stage.prefix + topic, 0]:
            known.pop(record.key, None)
            if record.value is not None:
                known[record.key] = orjson.loads(record.value)
        told = {one.key.encode(): one.record for one in news(last, None, [0]) if one.record}
        assert known.keys() == told.keys()
        assert all({**known[key], "network_version": last.version} == record for key, record in told.items())


def test_what_is_not_released_is_refused_before_it_writes(town: Town) -> None:
    stage, everything, second = town
    stage.play()
    stage.flow("ingest")
    assert stage.player is not None
    stage.player.release(0.2)
    eventually(lambda: stage.output_ends("ingest") > 0, PATIENCE)
    stage.stop()
    (stage.network / "town-1.network").unlink()
    bring(stage, everything, "town-2")
    refused = stage.flow("ingest")
    assert refused.wait() == 2
    assert f"{second.version}" in refused.said()[-1]
    assert "is not released" in refused.said()[-1]
    stage.flows.clear()


def test_a_rehearsal_lives_through_the_log_with_a_version_that_nobody_has_released(town: Town) -> None:
    stage, everything, second = town
    player = stage.play()
    stage.flow("ingest")
    player.finish()
    origins = stage.raw_ends()
    eventually(lambda: stage.log.complete(origins), PATIENCE)
    files = (everything / "town-2.network", "--running", stage.network, "--model", stage.settings["model"])
    found = orjson.loads(run(stage.broker, "network", "rehearse", *files, "--json", topic_prefix=stage.prefix))
    assert found["after"] == second.version
    compared = {one["before"]["device_id"]: one for one in found["outages"] if one["before"]}
    assert {name: one["after"]["customers"] for name, one in compared.items()} == {"tx0": 5, "tx1": 5, "brk2": 21}
    assert {name: one["before"]["customers"] for name, one in compared.items()} == {"tx0": 6, "tx1": 6, "brk2": 18}
