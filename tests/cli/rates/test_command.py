"""`faultline rates show`: what was learned of delivery, from the files of a storm and from a flow's checkpoint."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from adapters.kafka.records.checkpoints import Checkpoint, chunks
from adapters.network.compiled_file import write_artefact
from dataflows.outages.preparation import prepare_outages
from dataflows.outages.settings import OutagesSettings
from models.contracts.topics import RAW_TOPICS, ZONE_CHECKPOINT
from models.ingest.origin_reader import OriginReader
from models.network.network import Network
from tests.peers.commands import Operator
from tests.worlds.evidence import Evidence
from tests.worlds.networks import Device, Point, network_of
from tests.worlds.storms import faultline


def grid() -> Network:
    """Eight usage points below a fuse, half of them of each collector."""
    devices = [Device("b", kind="breaker"), Device("f", "b", "fuse")]
    return network_of(devices, [Point(f"p{n}", "f", collector="east" if n < 4 else "west") for n in range(8)])


def outage() -> Evidence:
    """All of the west speak, and of the east one meter, of a known source; all say that they are back."""
    evidence = Evidence()
    for at in (100, 4000):
        evidence.scada("f", "open", at)
        evidence.meter("p0 p4 p5 p6 p7", "last_gasp", at, 30)
        evidence.scada("f", "closed", at + 1000)
        evidence.meter(" ".join(f"p{n}" for n in range(8)), "power_restored", at + 1000, 20)
    return evidence


def check(rows: list[dict[str, object]]) -> None:
    """Two outages: in the first no source was known yet, in the second that of all."""
    assert [(row["collector_id"], row["source"]) for row in rows] == [
        ("east", ""),
        ("east", "mesh"),
        ("west", ""),
        ("west", "mesh"),
    ]
    for row in rows:
        gasps, returns = row["last_gasp"], row["power_restored"]
        assert isinstance(gasps, dict)
        assert isinstance(returns, dict)
        assert gasps["messages"] == returns["messages"] == 4
        assert gasps["share"] == pytest.approx((6 * 0.85 + (1 if row["collector_id"] == "east" else 4)) / 10, abs=0.002)
        assert returns["share"] == pytest.approx((3 * 0.98 + 4) / 7, abs=0.002)


@pytest.fixture
def network(tmp_path: Path) -> Path:
    path = tmp_path / "grid.network"
    write_artefact(grid(), path)
    return path


def test_rates_are_learned_from_files(network: Path, tmp_path: Path) -> None:
    topics = tmp_path / "storm"
    topics.mkdir()
    for topic in RAW_TOPICS:
        (topics / f"{topic}.jsonl").write_bytes(b"".join(line + b"\n" for line in outage().lines().get(topic, [])))
    where = ("rates", "show", "--network", network, "--input", topics)
    shown = faultline(*where, "--json")
    assert shown.returncode == 0, shown.stderr
    check([orjson.loads(line) for line in shown.stdout.splitlines()])
    head, *lines = faultline(*where).stdout.splitlines()
    assert head.split()[:3] == ["zone", "collector", "source"]
    assert [line.split()[1:3] for line in lines] == [["east", "-"], ["east", "mesh"], ["west", "-"], ["west", "mesh"]]
    refused = faultline("rates", "show", "--network", network)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "--input FOLDER or --log" in refused.stderr


def test_rates_are_those_of_the_newest_checkpoint(kafka: str, prefix: str, network: Path) -> None:
    operator = Operator(kafka, prefix, grid().evidence_partitions)
    where = ("rates", "show", "--log", "--network", network)
    assert operator.run(*where).stdout == "nothing was learned: no outage is over yet\n"
    given = {"kafka": kafka, "topic_prefix": prefix, "network": network, "state": Path("nowhere")}
    prepared = prepare_outages(OutagesSettings.model_validate(given))
    partition = int(grid().zone_partition[0])
    engine = prepared.build_engine(partition, None)
    for topic in RAW_TOPICS:
        reader = OriginReader(grid(), topic)
        batch = reader.read(outage().lines().get(topic, []), 0, 0).batch
        engine.advance(batch)
        engine.advance(reader.end(batch.last_log_time))
    operator.write(ZONE_CHECKPOINT, partition, *chunks(Checkpoint(1, 0, prepared.identity_bytes, engine.snapshot())))
    check(operator.ask(*where))
