"""The whole command on a town of two houses, where all figures can be counted by hand."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HOME = Path(__file__).parents[2]
OUTAGE: dict[str, Any] = {
    "outage_id": "a",
    "zone_id": "east",
    "device_id": "T",
    "device_kind": "transformer",
    "started_at": "2026-07-12T12:00:00.000Z",
    "evidence": "inferred",
    "confidence": 0.875,
    "customers_affected": 2,
    "priority_customers": {"critical": 0, "key": 0},
    "sustained_at": None,
    "restored_at": None,
}


def lines(path: Path, *records: dict[str, Any]) -> None:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))


@pytest.fixture
def storm(tmp_path: Path) -> tuple[Path, Path]:
    """The transformer was open from 12:00 to 13:00; the engine heard of it at 12:00:40 and said so a second later."""
    truth, output = tmp_path / "storm", tmp_path / "out"
    for folder in (truth / "truth", truth / "network", output):
        folder.mkdir(parents=True)
    (truth / "network" / "devices.csv").write_text(
        "device_id,kind,parent_id,feeder_id,substation_id,longitude,latitude\nB,breaker,,f,east,0,0\nT,transformer,B,f,east,0,0\n"
    )
    (truth / "network" / "usage_points.csv").write_text(
        "usage_point_id,meter_id,device_id,load_kw,longitude,latitude\np1,m1,T,1,0,0\np2,m2,T,1,0,0\np3,m3,B,1,0,0\n"
    )
    fault = {
        "fault_id": "F1",
        "device_id": "T",
        "usage_point_id": None,
        "kind": "fault",
        "momentary": False,
        "customers": 2,
    }
    times = {"opened_at": "2026-07-12T12:00:00.000Z", "closed_at": "2026-07-12T13:00:00.000Z", "nested_in": None}
    lines(truth / "truth" / "faults.jsonl", fault | times)
    span = "F1,2026-07-12T12:00:00.000Z,2026-07-12T13:00:00.000Z"
    (truth / "truth" / "interruptions.csv").write_text(
        f"usage_point_id,fault_id,out_at,back_at\np1,{span}\np2,{span}\n"
    )
    lines(
        truth / "ami.meter.events.v1.jsonl",
        {
            "meter_id": "m1",
            "kind": "last_gasp",
            "observed_at": times["opened_at"],
            "received_at": "2026-07-12T12:00:40Z",
        },
        {"meter_id": "m3", "kind": "ping_on", "observed_at": 1_783_864_800_000, "received_at": 1_783_864_800_000},
    )
    out = {
        "event_id": "a:1",
        "sequence": 1,
        "revision": 1,
        "status": "detected",
        "customers_out": 2,
        "customers_restored": 0,
    }
    back = {
        "event_id": "a:2",
        "sequence": 2,
        "revision": 2,
        "status": "restored",
        "customers_out": 0,
        "customers_restored": 2,
    }
    said = [
        OUTAGE | out | {"updated_at": "2026-07-12T12:00:41.000Z"},
        OUTAGE | back | {"updated_at": "2026-07-12T13:01:00.000Z", "restored_at": times["closed_at"]},
    ]
    lines(output / "outage.lifecycle.events.v1.jsonl", *said)
    lines(output / "outage.current.state.v1.jsonl", *said)
    restoration = {"event_id": "a:2:full:confirmed", "basis": "confirmed", "usage_point_ids": ["p1", "p2"]}
    lines(output / "outage.restoration.events.v1.jsonl", said[1] | restoration | {"sequence": 1})
    return truth, output


def score(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    code = "from cli.main import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, "score", *arguments], cwd=HOME, capture_output=True, text=True, check=False
    )


def test_every_figure_has_its_name(storm: tuple[Path, Path], tmp_path: Path) -> None:
    cases = tmp_path / "cases.json"
    answered = score("--truth", storm[0], "--output", storm[1], "--json", "--details", cases)
    assert json.loads(answered.stdout) == {
        "version": 3,
        "devices": {
            "faults": 1,
            "right": 1,
            "missed": 0,
            "missed_but_set_aside": 0,
            "unreported": 0,
            "unreported_missed": 0,
            "wrong_by_cause": {"duplicate": 0, "start": 0, "below": 0, "above": 0, "dip": 0, "nothing": 0},
            "missed_by_cause": {
                "set_aside": 0,
                "start": 0,
                "above": 0,
                "below": 0,
                "not_reported": 0,
                "nothing": 0,
            },
            "wrong": 0,
            "precision": 1.0,
            "recall": 1.0,
            "f1": 1.0,
        },
        "services": {
            "faults": 0,
            "right": 0,
            "missed": 0,
            "wrong": 0,
            "precision": None,
            "recall": None,
            "f1": None,
        },
        "planned": {"works": 0, "found": 0, "said_planned": 0, "faults_said_planned": 0},
        "outages": {
            "published": 1,
            "per_fault": 1.0,
            "records_per_outage": 2.0,
            "merged": 0,
            "cancelled": 0,
            "merged_or_cancelled": 0,
            "merged_or_cancelled_share": 0.0,
            "restored_before_detected": 0,
        },
        "confidence": {
            "unconfirmed": {"outages": 1, "ece": 0.125, "bins": [{"outages": 1, "confidence": 0.875, "right": 1.0}]},
            "confirmed": {"outages": 0, "ece": None, "bins": []},
        },
        "customers_out": {
            "minutes": 120,
            "peak": 2,
            "corrected": {
                "error": 0.0,
                "error_at": "2026-07-12T12:00:00.000Z",
                "customer_minutes": 0.0,
                "net_customer_minutes": 0.0,
                "noise": 1.0,
            },
            "live": {
                "error": 10.0,
                "error_at": "2026-07-12T13:00:00.000Z",
                "customer_minutes": (41 + 60) / 3600,
                "net_customer_minutes": (60 - 41) / 3600,
                "noise": 1.0,
            },
            "ledger": None,
        },
        "detection_seconds": {"p50": 1.0, "p99": 1.0, "never": 0, "never_share": 0.0, "faults": 1},
        "detection_of_spoken_seconds": {"p50": 1.0, "p99": 1.0, "never": 0, "never_share": 0.0, "faults": 1},
        "half_covered_seconds": {"p50": 1.0, "p99": 1.0, "never": 0, "never_share": 0.0, "faults": 1},
        "sustained_seconds": {"p50": None, "p99": None, "never": 1, "never_share": 1.0, "faults": 1},
        "momentary": {
            "faults": 0,
            "reported_sustained": 0,
            "near_border": 0,
            "near_border_reported_sustained": 0,
        },
        "restored": {
            "told": 2,
            "told_while_out": 0,
            "told_before_anybody_knew": 0,
            "told_while_out_share": 0.0,
            "told_while_out_after_false_on": 0,
            "told_while_out_after_neighbours_false_on": 0,
            "told_while_out_after_own_report": 0,
            "told_while_out_again": 0,
            "told_while_out_by_cause": {
                "own_report": 0,
                "false_on": 0,
                "out_again": 0,
                "neighbours_false_on": 0,
                "otherwise": 0,
            },
            "unsure_records": 0,
            "unsure_customers": 0,
            "back": 2,
            "told_within_30_minutes": 2,
            "told_within_30_minutes_share": 1.0,
        },
        "groups": {},
        "operators": None,
        "asking": None,
        "violations": {
            "total": 0,
            "event_id_twice": 0,
            "sequence_gap": 0,
            "revision_gap": 0,
            "final_status_changed": 0,
            "revision_after_the_end": 0,
            "affected_does_not_add_up": 0,
            "negative_count": 0,
            "open_without_customers": 0,
            "times_out_of_order": 0,
            "names_unpublished_outage": 0,
            "transferred_to_nobody": 0,
            "restored_twice": 0,
            "more_out_than_the_zone_has": 0,
            "two_open_at_one_place": 0,
        },
    }
    listed = json.loads(cases.read_text())
    assert listed["right"] == [
        {
            "fault_id": "F1",
            "outage_id": "a",
            "detection_seconds": 1.0,
            "half_covered_seconds": 1.0,
            "sustained_seconds": None,
        }
    ]
    assert listed["confidence"] == [{"confidence": 0.875, "right": True, "confirmed": False}]


def test_people_get_a_table(storm: tuple[Path, Path]) -> None:
    answered = score("--truth", storm[0], "--output", storm[1])
    assert answered.returncode == 0
    assert "1 of 1 found, 0 wrong" in answered.stdout


def test_a_torn_output_is_refused_with_its_name(storm: tuple[Path, Path]) -> None:
    with (storm[1] / "outage.restoration.events.v1.jsonl").open("a") as file:
        file.write('{"event_id": "a:3')
    refused = score("--truth", storm[0], "--output", storm[1])
    assert refused.returncode == 2
    assert "outage.restoration.events.v1.jsonl is no output of a replay" in refused.stderr
    assert "Traceback" not in refused.stderr
