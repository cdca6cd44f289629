"""Clocks that err, a case of each kind: no outage ends wrongly, stays for ever, or begins when a clock made it up.

What happened in each is told in tests/data/clocks/README.md.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from models.contracts.topics import RAW_TOPICS
from models.network.network import Network
from models.times.iso8601 import parse_time
from tests.worlds.evidence import Answer, play
from tests.worlds.networks import Device, Point, network_of

DATA = Path(__file__).parents[3] / "data/clocks"
AT = parse_time("2026-06-10T12:00:10Z")
"""When power was lost, but for the dips half a minute later."""
MINUTE = 60_000
TRANSFORMER, FEEDER = 6, 18


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / "network" / name).open() as table:
        return list(csv.DictReader(table))


def network() -> Network:
    devices = [
        Device(
            row["device_id"],
            row["parent_id"],
            row["kind"],
            row["substation_id"],
            row["feeder_id"],
            telemetered=row["telemetered"] == "true",
        )
        for row in rows("devices.csv")
    ]
    points = [Point(row["usage_point_id"], row["device_id"], row["meter_id"]) for row in rows("usage_points.csv")]
    return network_of(devices, points)


def answer_of(case: str) -> Answer:
    files = {topic: DATA / case / f"{topic}.jsonl" for topic in RAW_TOPICS}
    lines = {topic: path.read_bytes().splitlines() if path.exists() else [] for topic, path in files.items()}
    return play(network(), lines)


def stood(answer: Answer) -> list[dict[str, Any]]:
    """The last records of outages that were not taken back."""
    return [record for record in answer.last().values() if record["status"] not in ("merged", "cancelled")]


def told_back(answer: Answer) -> int:
    return sum(record["customers_restored"] for record in answer.restorations)


@pytest.mark.parametrize(
    ("case", "status", "customers"),
    [
        ("told-start-2000", "restored", TRANSFORMER),
        ("told-start-after-restored", "restored", TRANSFORMER),
        ("dst-fold-restore", "restored", TRANSFORMER),
        ("dst-half-transformer", "restored", TRANSFORMER),
        ("clock-reset-restore", "restored", TRANSFORMER),
        ("dip-within-one-second", "momentary", FEEDER),
        ("restored-within-tolerance", "momentary", None),
    ],
)
def test_one_outage_that_begins_when_power_was_lost_and_ends(case: str, status: str, customers: int | None) -> None:
    answer = answer_of(case)
    (outage,) = stood(answer)
    assert (outage["status"], outage["customers_out"]) == (status, 0)
    assert outage["customers_affected"] == (customers or outage["customers_affected"])
    assert abs(parse_time(outage["started_at"]) - AT) <= MINUTE
    assert abs(parse_time(outage["out_since"]) - AT) <= MINUTE
    assert told_back(answer) == outage["customers_affected"]
    for record in answer.lifecycle:
        assert record["started_at"] <= record["detected_at"] <= record["updated_at"]
        assert record["restored_at"] is None or record["restored_at"] <= record["updated_at"]
    assert not any(answer.dead_letters.values())


def test_who_stays_dark_at_a_close_in_has_been_out_from_the_start() -> None:
    answer = answer_of("step-restoration-start")
    whole, part = stood(answer)
    assert (whole["device_id"], part["device_id"], part["parent_id"]) == ("brk1", "tx2", whole["outage_id"])
    assert part["customers_affected"] == whole["customers_transferred"] == TRANSFORMER
    assert abs(parse_time(part["out_since"]) - AT) <= MINUTE
    assert part["started_at"] > part["out_since"]
    assert told_back(answer) == FEEDER
