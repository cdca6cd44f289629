"""`faultline evidence show`: what a log holds, by numbers and by names."""

from pathlib import Path

import orjson
import pytest

from adapters.kafka.clients.producer import Outgoing
from adapters.network.compiled_file import write_artefact
from models.contracts.topics import CREW_EVENTS, EVIDENCE_LOG, METER_EVENTS, SCADA_EVENTS
from models.evidence.batch import END_OF_LOG, EvidenceBatch
from models.evidence.log_record import LogRecord, encode_record
from models.ingest.origin_reader import OriginReader
from tests.peers.commands import Operator
from tests.worlds.evidence import Evidence
from tests.worlds.networks import Device, Point, network_of

GRID = network_of(
    [Device("source", kind="source"), Device("fuse", "source", "fuse"), Device("switch", "source")],
    [Point("house", "fuse"), Point("barn", "fuse"), Point("mill", "switch")],
)


def batches(evidence: Evidence) -> dict[str, EvidenceBatch]:
    return {topic: OriginReader(GRID, topic).read(lines, 0, 0).batch for topic, lines in evidence.lines().items()}


def record(*some: EvidenceBatch, version: str = GRID.version, **more: object) -> Outgoing:
    return Outgoing(encode_record(LogRecord(version, some, **more)))  # type: ignore[arg-type]


@pytest.fixture
def compiled(tmp_path: Path) -> Path:
    path = tmp_path / "grid.network"
    write_artefact(GRID, path)
    return path


def test_each_row_is_shown_with_its_names(kafka: str, prefix: str, compiled: Path) -> None:
    operator = Operator(kafka, prefix)
    evidence = Evidence()
    evidence.meter("house barn", "last_gasp", 1)
    evidence.meter("mill", "ping_off", 2)
    evidence.scada("fuse", "open", 3, quality="bad")
    evidence.crew("crew-7", "on_site", 4, device_id="switch")
    evidence.crew("crew-7", "on_site", 5, device_id="nowhere")
    told = batches(evidence)
    settled = {f"{METER_EVENTS}/0": (3, 1000), "gone/1": (9, 0)}
    operator.write(EVIDENCE_LOG, 1, record(told[METER_EVENTS], told[SCADA_EVENTS], settled=settled))
    operator.write(EVIDENCE_LOG, 1, Outgoing(b"no evidence"))
    end = EvidenceBatch(f"{CREW_EVENTS}/0", END_OF_LOG, offsets=(2, 2))
    operator.write(EVIDENCE_LOG, 1, record(told[CREW_EVENTS], version="other"), record(end, resume_zones=["sub"]))

    done = operator.run("evidence", "show", "--rows", "--network", compiled, "--json")
    assert done.returncode == 1
    assert "records are of network other" in done.stderr
    meters, scada, rest, broken, crew, over, control = map(orjson.loads, done.stdout.splitlines())
    named = [(row["usage_point"], row["meter"], row["kind"]) for row in meters["evidence"]]
    lines = [orjson.loads(line) for line in evidence.lines()[METER_EVENTS]]
    points = {meter: point for point, meter in zip(GRID.point_ids, GRID.meter_ids, strict=True)}
    assert named == [(points[line["meter_id"]], line["meter_id"], line["kind"]) for line in lines]
    assert meters["rows"] == {"last_gasp": 2, "ping_off": 1}
    assert meters["settled"]["offset"] == 3
    assert scada["rows"] == {"device_open": 1}
    assert [(row["device"], row["position"], row["quality"]) for row in scada["evidence"]] == [("fuse", "open", "bad")]
    assert rest["settled"]["gone/1"] == {"offset": 9, "log_time": None}
    assert "does not begin with FLEV" in broken["fault"] or "bytes only" in broken["fault"]
    assert (crew["dead_letters"], crew["rows"]) == (1, {"crew": 1})
    assert crew["evidence"][0]["device"] == "switch"
    assert crew["evidence"][0]["crew"]["crew_id"] == "crew-7"
    assert crew["evidence"][1]["dead_letter"] == "unknown-device"
    assert (over["watermark"], over["offsets"]) == ("end", [2, 2])
    assert control["resume_zones"] == ["sub"]
    assert {each["partition"] for each in (meters, rest, broken, control)} == {1}


def test_a_stretch_begins_and_ends_where_it_is_told(kafka: str, prefix: str) -> None:
    operator = Operator(kafka, prefix)
    for offset in range(3):
        operator.write(EVIDENCE_LOG, 0, record(EvidenceBatch(f"{METER_EVENTS}/0", 1000, offsets=(offset, offset + 1))))
    times = [told["appended_at"] for told in operator.ask("evidence", "show")]
    assert len(times) == 3
    between = operator.ask("evidence", "show", "--partition", 0, "--from", 1, "--to", 2)
    assert [told["offset"] for told in between] == [1]
    since = operator.ask("evidence", "show", "--from", times[1], "--limit", 1)
    assert [told["appended_at"] for told in since] == [times[1]]
    assert operator.ask("evidence", "show", "--from", "2100-01-01T00:00Z") == []
    shown = operator.run("evidence", "show", "--to", 1).stdout
    assert shown.split("  ")[0] == "0/0"
    assert f"{METER_EVENTS}/0 0..0" in shown
    refused = operator.run("evidence", "show", "--from", "yesterday", "--to", "2026-07-01T00:00")
    assert refused.returncode == 2
    assert len(refused.stderr.splitlines()) == 2
