"""`faultline network publish`: every number of the ledger stands for a usage point, or for one that is gone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import orjson
import pytest
from typer.testing import CliRunner

from adapters.kafka.playing.embedded import EmbeddedBroker
from adapters.network.compiled_file import write_artefact
from adapters.network.load import load_network
from cli.network.command import app
from models.contracts.outputs.network import UsagePointRecord
from models.contracts.topics import DEVICE_STATE, USAGE_POINT_STATE, ZONE_STATE
from models.current_network.places import device_news, zone_news
from models.network.network import Network
from models.refusal import FaultsError
from tests.chaos.topics import read_topics
from tests.worlds.golden import GOLDEN
from tests.worlds.networks import Device, Point, network_of

LISTED = GOLDEN / "restricted" / "life_support.csv"


def published(network: Network, folder: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> dict[int, object]:
    """What readers know of each number afterwards; None is a tombstone."""
    path = folder / "town.network"
    write_artefact(network, path)
    with EmbeddedBroker() as broker:
        for topic in (USAGE_POINT_STATE, DEVICE_STATE, ZONE_STATE):
            broker.create(topic, network.evidence_partitions)
        monkeypatch.setenv("FAULTLINE_KAFKA", broker.bootstrap)
        monkeypatch.setenv("FAULTLINE_EMBEDDED", "true")
        answered = CliRunner().invoke(app, ["publish", "--network", str(path), *options], catch_exceptions=False)
        assert answered.exit_code == 0, answered.output
        places = [(USAGE_POINT_STATE, part) for part in range(network.evidence_partitions)]
        read = read_topics(broker.bootstrap, places)
        for topic, news in ((DEVICE_STATE, device_news), (ZONE_STATE, zone_news)):
            assert read_places(broker.bootstrap, network, topic) == {
                (one.partition, one.key): one.record for one in news(network, None, range(network.evidence_partitions))
            }
    known = {}
    for (_, part), records in read.items():
        for record in records:
            known[int(record.key or b"")] = None if record.value is None else orjson.loads(record.value)
            if record.value is not None:
                UsagePointRecord.model_validate_json(record.value)
                zone = list(network.zone_ids).index(orjson.loads(record.value)["zone_id"])
                assert network.zone_partition[zone] == part
    return known


def read_places(broker: str, network: Network, topic: str) -> dict[tuple[int, str], object]:
    """What the last records of a topic say."""
    read = read_topics(broker, [(topic, part) for part in range(network.evidence_partitions)])
    return {
        (part, (record.key or b"").decode()): orjson.loads(record.value or b"")
        for (_, part), records in read.items()
        for record in records
    }


def test_each_number_has_its_ids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = load_network(GOLDEN / "network")
    known = published(network, tmp_path, monkeypatch, "--life-support", str(LISTED))
    assert sorted(known) == sorted(network.point_number.tolist())
    for number, record in known.items():
        assert isinstance(record, dict)
        assert record["usage_point_id"] == network.point_ids[int(network.point_position[number])]
        assert {area["kind"] for area in record["areas"]} == {"municipality", "postal_code"}
        assert record["customer_class"] in {"residential", "commercial"}
    listed = LISTED.read_text().split()[1:]
    on_it = [
        record["usage_point_id"] for record in known.values() if isinstance(record, dict) and record["life_support"]
    ]
    assert sorted(on_it) == sorted(listed)


def test_who_is_gone_has_a_tombstone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    devices = [Device("b", substation="s")]
    before = network_of(devices, [Point("p", "b"), Point("q", "b")])
    after = network_of(devices, [Point("q", "b"), Point("r", "b")], before)
    known = published(after, tmp_path, monkeypatch)
    gone = int(before.point_number[before.find_points(["p"])[0]])
    assert known[gone] is None
    assert {record["usage_point_id"] for record in known.values() if isinstance(record, dict)} == {"q", "r"}
    assert np.isin(after.point_number, list(known)).all()


def test_a_topic_with_too_few_partitions_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_artefact(network_of([Device("b")], [Point("p", "b")]), tmp_path / "town.network")
    with EmbeddedBroker() as broker:
        for topic in (USAGE_POINT_STATE, DEVICE_STATE, ZONE_STATE):
            broker.create(topic, 1)
        monkeypatch.setenv("FAULTLINE_KAFKA", broker.bootstrap)
        monkeypatch.setenv("FAULTLINE_EMBEDDED", "true")
        with pytest.raises(FaultsError, match="has 1 partitions"):
            CliRunner().invoke(app, ["publish", "--network", str(tmp_path / "town.network")], catch_exceptions=False)
