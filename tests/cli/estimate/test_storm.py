"""`faultline estimate storm` of a replay: the last estimate by an instant, and why there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from models.contracts.outputs.storm import StormEstimateRecord
from models.outages.estimate.table import write_table
from tests.worlds.estimates import by_stage
from tests.worlds.storms import HOME, faultline

GOLDEN = HOME / "tests" / "data" / "golden"
POLICY = "open_outages = 2\nopen_customers = 20\narea_customers = 20\nend_customers = 1\n"


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("storm")
    table, output = home / "estimates.json", home / "out"
    table.write_bytes(write_table(by_stage().file))
    (home / "storms.toml").write_text(POLICY)
    storm = "--network", GOLDEN / "network", "--input", GOLDEN / "storm", "--output", output
    done = faultline("replay", *storm, "--estimates", table)
    assert done.returncode in {0, 3}, done.stderr
    return home


def records(home: Path, *options: object) -> list[dict[str, Any]]:
    done = faultline("estimate", "storm", home / "out", "--policy", home / "storms.toml", "--json", *options)
    assert done.returncode == 0, done.stderr
    return [orjson.loads(line) for line in done.stdout.splitlines()]


def test_a_storm_is_estimated_as_of_an_instant(replayed: Path) -> None:
    last = records(replayed)[0]
    early = records(replayed, "--at", "2026-07-12T17:45:00Z")[0]
    for record in (early, last):
        name = record.pop("name")
        assert name == "storm of 2026-07-12"
        StormEstimateRecord.model_validate(record)
    assert early["updated_at"] < "2026-07-12T17:45:00.001Z" < last["updated_at"]
    assert early["restored_from"] < early["restored_by"] <= early["restored_to"]
    told = faultline("estimate", "storm", replayed / "out", "--policy", replayed / "storms.toml").stdout
    assert told.startswith(f"storm of 2026-07-12, by {last['updated_at']}: ")


def test_what_is_no_storm_or_no_replay_is_said(replayed: Path, tmp_path: Path) -> None:
    calm = faultline("estimate", "storm", replayed / "out", "--at", "2026-07-12T00:00:00Z")
    assert (calm.returncode, calm.stdout) == (0, "")
    assert "no storm opened by then; write a policy" in calm.stderr
    policy = replayed / "unknown.toml"
    policy.write_text(POLICY + 'area_kind = "kingdom"\n')
    refused = faultline("estimate", "storm", replayed / "out", "--policy", policy)
    assert refused.returncode == 2
    assert "area_kind kingdom: no area is of this kind; give one of " in refused.stderr
    storm = "--network", GOLDEN / "network", "--input", GOLDEN / "storm", "--output", tmp_path / "plain"
    assert faultline("replay", *storm).returncode in {0, 3}
    plain = faultline("estimate", "storm", tmp_path / "plain", "--policy", replayed / "storms.toml")
    assert (plain.returncode, plain.stdout) == (0, "")
    assert "Zeus: its outages have no estimates; replay the storm with --estimates" in plain.stderr
    empty = faultline("estimate", "storm", tmp_path)
    assert empty.returncode == 2
    assert empty.stderr.count("no such file; give the output folder of a replay") == 3
    assert "--at noon: " in faultline("estimate", "storm", tmp_path, "--at", "noon").stderr
