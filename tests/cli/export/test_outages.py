"""`faultline export outages`: files of a replay for partners, against its states."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import orjson
import pytest

from models.contracts.outputs.outage import FINAL_STATUSES
from models.partners.writing import NAMESPACE, csv_table, write_xml
from tests.worlds.storms import HOME, faultline

GOLDEN = HOME / "tests" / "data" / "golden"
AT = "2026-07-12T18:00:00.000Z"


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("storm") / "out"
    done = faultline("replay", "--network", GOLDEN / "network", "--input", GOLDEN / "storm", "--output", output)
    assert done.returncode in {0, 3}, done.stderr
    return output


def states(replayed: Path) -> dict[str, dict[str, Any]]:
    """The open outages that the public may know of."""
    last = {}
    for line in (replayed / "outage.current.state.v1.jsonl").read_bytes().splitlines():
        record = orjson.loads(line)
        if record["updated_at"] <= AT:
            last[record["outage_id"]] = record
    return {
        name: record
        for name, record in last.items()
        if not record.get("tombstone")
        and record["status"] not in FINAL_STATUSES
        and (record["sustained_at"] or record["evidence"] == "confirmed")
        and not (record["operators"] or {}).get("publication_held")
    }


def test_the_files_say_what_the_states_say(replayed: Path, tmp_path: Path) -> None:
    policy = tmp_path / "partners.toml"
    policy.write_text('area_kind = "municipality"\nleast_served = 1\ndisclaimer = "R&D <only>"\n')
    given = "export", "outages", replayed, "--output", tmp_path, "--policy", policy, "--at", AT
    done = faultline(*given, "--organisation", "Example & Co")
    assert done.returncode == 0, done.stderr
    expected = states(replayed)
    assert len(expected) > 2
    out = sum(record["customers_out"] for record in expected.values())
    told = orjson.loads((tmp_path / "outages.json").read_bytes())
    assert (told["utilityName"], told["asOf"] <= AT, len(told["outage"])) == ("Example & Co", True, len(expected))
    assert sum(one["metersAffected"] for one in told["outage"]) == out
    with (tmp_path / "outages.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["mRID"] for row in rows] == [one["mRID"] for one in told["outage"]]
    assert sum(int(row["metersAffected"]) for row in rows) == out
    whole = ET.fromstring((tmp_path / "outages.xml").read_bytes())  # noqa: S314 (our own)
    outages = whole.findall(f"{{{NAMESPACE}}}Outage")
    assert [one.findtext(f"{{{NAMESPACE}}}mRID") for one in outages] == [row["mRID"] for row in rows]
    assert {one.findtext(f"{{{NAMESPACE}}}utilityDisclaimer") for one in outages} == {"R&D <only>"}
    assert {one.findtext(f"{{{NAMESPACE}}}Names/{{{NAMESPACE}}}name") for one in outages} == {"Example & Co"}
    with (tmp_path / "areas.csv").open() as file:
        areas = list(csv.DictReader(file))
    by_kind = [int(area["metersAffected"]) for area in areas if area["outageAreaKind"] == "municipality"]
    assert sum(by_kind) == out


def test_hostile_words_stay_words() -> None:
    row = dict.fromkeys(("m_rid", "cause"), '=1+"2"')
    assert list(csv_table([row], ("m_rid", "cause")))[1] == ['\'=1+"2"'] * 2
    names = ("community_descriptor", "customers_restored", "meters_affected", "original_customers_served")
    more = ("original_meters_affected", "outage_kind", "reported_start_time", "status_kind", "utility_disclaimer")
    times = ("actual_end", "planned_start", "planned_end", "estimated_restoration_time")
    outage = dict.fromkeys((*names, *more, *times), None) | {"m_rid": "a\x00<b>", "cause": "]]>&", "areas": []}
    (read,) = ET.fromstring(write_xml([outage], "x"))  # noqa: S314 (our own)
    assert [element.text for element in read[:2]] == ["a\ufffd<b>", "]]>&"]


def test_what_is_no_replay_is_told(tmp_path: Path) -> None:
    done = faultline("export", "outages", tmp_path, "--output", tmp_path / "x")
    assert (done.returncode, done.stderr.count("no such file; give the output folder of a replay")) == (2, 2)
    assert not (tmp_path / "x").exists()


def test_what_cannot_be_exported_is_refused_with_words(replayed: Path, tmp_path: Path) -> None:
    policy, output = tmp_path / "partners.toml", tmp_path / "x"
    policy.write_text('area_kind = "kingdom"\n')
    given = "export", "outages", replayed, "--output", output
    refused = faultline(*given, "--policy", policy)
    assert refused.returncode == 2
    assert "area_kind kingdom: no area is of this kind; give one of " in refused.stderr
    early = faultline(*given, "--at", "2001-01-01T00:00:00Z")
    assert early.returncode == 2
    assert "lies before the replay's first instant, 2026-07-12T" in early.stderr
    assert not output.exists()
