"""`faultline explain`: the replay is lived through again, and what it is held to, told, counted and drawn."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import orjson
import pytest

from adapters.kafka.clients.producer import Outgoing
from adapters.network.compiled_file import write_artefact
from models.contracts.topics import EVIDENCE_LOG, OUTAGE_LIFECYCLE, RAW_TOPICS
from models.evidence.log_record import LogRecord, encode_record
from models.ingest.origin_reader import OriginReader
from models.outages.state.trace import DEEDS, RULES
from tests.peers.commands import Operator
from tests.worlds.evidence import Evidence, play
from tests.worlds.networks import Device, Point, network_of
from tests.worlds.storms import CKT5, faultline

GRID = network_of(
    [Device("b", kind="breaker"), Device("f", "b", "fuse")], [Point(f"p{n}", "f" if n < 3 else "b") for n in range(6)]
)


@pytest.fixture(scope="module")
def replayed(storm: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("explain") / "out"
    done = faultline("replay", "--network", CKT5, "--input", storm, "--output", output)
    assert done.returncode == 0, done.stderr
    return output


def records(output: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in (output / f"{OUTAGE_LIFECYCLE}.jsonl").read_bytes().splitlines()]


def explain(storm: Path, output: Path, *options: object) -> Any:
    given = ("--network", CKT5, "--input", storm, "--output", output, "--json")
    done = faultline("explain", *options, *given)
    assert done.returncode == 0, done.stderr
    return orjson.loads(done.stdout)


def test_a_story_has_every_revision_and_the_rule_that_placed_it(storm: Path, replayed: Path, tmp_path: Path) -> None:
    name = Counter(record["outage_id"] for record in records(replayed)).most_common(1)[0][0]
    story = explain(storm, replayed, name, "--picture", tmp_path / "branch.svg")
    revisions = [said["revision"] for step in story["steps"] for said in step["revisions"]]
    assert revisions == list(range(1, len(revisions) + 1))
    assert story["placed_by"]["rule"] in DEEDS
    last = story["last"]
    assert story["placed_by"]["place"] in {last["device_id"], *last["equivalent_device_ids"]}
    assert any(row["what"] in {"last_gasp", "no_power"} for step in story["steps"] for row in step["heard"])
    drawn = ET.parse(tmp_path / "branch.svg")  # noqa: S314 (we wrote it)
    assert story["last"]["device_id"].split("/")[-1] in "".join(drawn.getroot().itertext())


def test_every_error_of_a_score_has_a_rule(storm: Path, replayed: Path) -> None:
    shown = faultline("score", "--truth", storm, "--output", replayed, "--json")
    score = orjson.loads(shown.stdout)
    errors = explain(storm, replayed, "--wrong", 10_000)
    counts = Counter(error["what"] for error in errors)
    assert counts["wrong device"] == score["devices"]["wrong"]
    assert counts["wrong service"] == score["services"]["wrong"]
    assert counts["missed"] == score["devices"]["missed"]
    assert all(error["rule"] in RULES for error in errors if error["what"].startswith("wrong"))
    costs = [error["customer_minutes"] for error in errors]
    assert costs == sorted(costs, reverse=True)
    told = faultline("explain", "--wrong", 2, "--network", CKT5, "--input", storm, "--output", replayed).stdout
    assert told.count("customer-minutes") == min(2, len(errors))


def test_another_answer_than_was_published_is_refused(storm: Path, replayed: Path) -> None:
    where = ("--network", CKT5, "--input", storm, "--output", replayed)
    name = records(replayed)[0]["outage_id"]
    refused = faultline("explain", name, *where, "--delivery", 0.3, "--organisation", "other")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "replay again" in refused.stderr
    for options in (("nothing", *where), (), (name,), (name, "--wrong", 3, *where)):
        assert faultline("explain", *options).returncode == 2


def test_the_evidence_log_tells_the_same(kafka: str, prefix: str, tmp_path: Path) -> None:
    evidence = Evidence()
    evidence.meter("p0 p1 p2", "last_gasp", 1)
    evidence.scada("b", "closed", 2)
    lines = evidence.lines()
    (published,) = play(GRID, lines).last().values()
    path, operator = tmp_path / "grid.network", Operator(kafka, prefix, GRID.evidence_partitions)
    write_artefact(GRID, path)
    for topic in RAW_TOPICS:
        reader = OriginReader(GRID, topic)
        first = reader.read(lines.get(topic, []), 0, 0).batch
        record = LogRecord(GRID.version, [first, reader.end(first.last_log_time)])
        operator.write(EVIDENCE_LOG, int(GRID.zone_partition[0]), Outgoing(encode_record(record)))
    done = operator.run("explain", published["outage_id"], "--log", "--network", path, "--delivery", 0.85, "--json")
    assert done.returncode == 0, done.stderr
    story = orjson.loads(done.stdout)
    assert (story["last"]["device_id"], story["placed_by"]["rule"]) == ("f", "opened")
