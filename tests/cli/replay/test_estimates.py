"""A replay with a table of estimates: its outages say when power will be back."""

from __future__ import annotations

from pathlib import Path

import orjson

from models.outages.estimate.table import write_table
from tests.worlds.estimates import by_stage
from tests.worlds.storms import HOME, faultline

GOLDEN = HOME / "tests" / "data" / "golden"


def replay(output: Path, *options: object) -> tuple[int, str]:
    storm = "--network", GOLDEN / "network", "--input", GOLDEN / "storm", "--output", output
    done = faultline("replay", *storm, *options)
    return done.returncode, done.stderr


def test_outages_are_estimated_by_the_table_that_is_named(tmp_path: Path) -> None:
    table, policy = tmp_path / "estimates.json", tmp_path / "promises.toml"
    table.write_bytes(write_table(by_stage().file))
    policy.write_text("round_minutes = 5\nassess_minutes = 0\n")
    assert replay(tmp_path / "out", "--estimates", table, "--promises", policy)[0] == 0
    lines = (tmp_path / "out" / "outage.lifecycle.events.v1.jsonl").read_bytes().splitlines()
    records = [orjson.loads(line) for line in lines]
    assert {record["estimate_source"] for record in records} >= {"table"}
    promised = [record["etr_public"] for record in records if record["etr_public"]]
    assert promised
    assert all(at.endswith(("0:00.000Z", "5:00.000Z")) for at in promised)


def test_what_cannot_be_used_is_told_at_once(tmp_path: Path) -> None:
    table, policy = tmp_path / "estimates.json", tmp_path / "promises.toml"
    table.write_text("{}")
    code, told = replay(tmp_path / "out", "--estimates", table)
    assert (code, "is no table of estimates" in told) == (2, True)
    policy.write_text("level = 10\n")
    code, told = replay(tmp_path / "out", "--promises", policy)
    assert (code, "needs estimates to promise; give --estimates too" in told) == (2, True)
