"""`faultline network suspects`: a file to work off, and what was found right does not come back."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from adapters.suspects.rejections import read_rejections
from cli.network.command import app
from models.contracts.outputs.network import SuspectRecord
from models.refusal import FaultsError
from models.suspects.output import SUSPECTS


def record(name: str, probability: float, **fields: Any) -> dict[str, Any]:
    better = [{"device_id": "t2", "probability": probability - 0.1}, {"device_id": "t3", "probability": 0.05}]
    said = {
        "event_id": f"{name}:2026-07-01T00:00:00.000Z", "schema_version": 1, "organisation": "test", "sequence": 1,
        "updated_at": "2026-07-01T00:00:00.000Z", "usage_point_id": name, "kind": "wrong_transformer",
        "meter_id": f"M{name}", "zone_id": "z", "device_id": "t1", "probability": probability, "better": better,
        "outage_ids": ["a" * 26, "b" * 26],
    }  # fmt: skip
    return {**said, **fields}


@pytest.fixture
def replayed(tmp_path: Path) -> Path:
    gone = {"usage_point_id": "gone", "tombstone": True, "sequence": 2, "updated_at": "2026-07-01T00:00:00.000Z"}
    records = [record("gone", 0.95), record("p", 0.9), gone, record("q", 0.92), record("p", 0.99)]
    for one in (records[0], *records[3:]):
        SuspectRecord.model_validate(one)
    (tmp_path / f"{SUSPECTS.topic}.jsonl").write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in records))
    return tmp_path


def suspects(replayed: Path, *options: object) -> list[str]:
    arguments = ["suspects", "--input", replayed, *options]
    answered = CliRunner().invoke(app, list(map(str, arguments)), catch_exceptions=False)
    assert answered.exit_code == 0, answered.output
    return answered.stdout.splitlines()


def test_the_surest_first_and_a_file_to_work_off(replayed: Path) -> None:
    lines = suspects(replayed, "--output", replayed / "moves.csv")
    assert lines == [
        "move p (meter Mp) from t1 to t2 (0.89) or t3 (0.05): wrong 0.99, by 2 outages",
        "move q (meter Mq) from t1 to t2 (0.82) or t3 (0.05): wrong 0.92, by 2 outages",
    ]
    with (replayed / "moves.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["action"], row["usage_point_id"], row["from_device_id"], row["to_device_id"]) for row in rows] == [
        ("move", "p", "t1", "t2"), ("move", "q", "t1", "t2")
    ]  # fmt: skip
    assert [orjson.loads(line)["usage_point_id"] for line in suspects(replayed, "--sure", 0.95, "--json")] == ["p"]


def test_what_was_found_right_does_not_come_back_while_it_is_there(replayed: Path) -> None:
    right = replayed / "right.csv"
    assert len(suspects(replayed, "--rejected", right, "--reject", "p", "--reason", "seen by crew 4")) == 1
    assert read_rejections(right) == {("p", "t1")}
    assert "seen by crew 4" in right.read_text()
    assert len(suspects(replayed, "--rejected", right)) == 1
    moved = record("p", 0.97, device_id="t9")
    with (replayed / f"{SUSPECTS.topic}.jsonl").open("ab") as file:
        file.write(orjson.dumps(moved) + b"\n")
    assert len(suspects(replayed, "--rejected", right)) == 2  # it was joined elsewhere since


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (["--reject", "p"], "give --rejected and --reason"),
        (["--reject", "x", "--reason", "y", "--rejected", "r.csv"], "usage point x is not suspected"),
    ],
)
def test_what_cannot_be_rejected_is_refused(replayed: Path, options: list[str], fault: str) -> None:
    with pytest.raises(FaultsError, match=fault):
        suspects(replayed, *options)
    (replayed / "odd.csv").write_text("usage_point,device\na,b\n")
    with pytest.raises(FaultsError, match="has the columns usage_point, device"):
        suspects(replayed, "--rejected", replayed / "odd.csv")
    assert not Path("r.csv").exists()
