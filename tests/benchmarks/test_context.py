"""PG&E's storm of October 2019, in a cut with its crews and planned incidents: records have what the input has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adapters.network.load import load_network
from benchmarks.context.judge import judge
from tests.worlds.storms import CKT5, HOME, faultline

CUT = HOME / "tests" / "data" / "storms" / "pge-2019-10-27-crews" / "incidents.csv"


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The storm, and what a replay makes of it."""
    folder = tmp_path_factory.mktemp("pge")
    storm, output = folder / "storm", folder / "output"
    made = faultline("simulate", "--network", CKT5, "--output", storm, "--seed", 1, "--keep", 1, "--incidents", CUT)
    assert made.returncode == 0, made.stderr
    answered = faultline("replay", "--network", storm / "network", "--input", storm, "--output", output)
    assert answered.returncode == 0, answered.stderr
    return storm, output


def test_every_record_has_the_crews_the_plan_and_the_place_that_the_input_has(replayed: tuple[Path, Path]) -> None:
    storm, output = replayed
    found = judge(load_network(storm / "network"), storm, output)
    assert found.wrong == {}
    assert found.counts["records with crews"] > 100
    assert found.counts["outages with an assessing and a repairing crew at once"] > 10
    assert found.counts["warnings"] > 20
    scored = faultline("score", "--truth", storm, "--output", output, "--json")
    planned = json.loads(scored.stdout)["planned"]
    assert planned["said_planned"] == planned["found"] == found.counts["planned outages"] > 5
    assert planned["faults_said_planned"] == 0


def test_what_is_wrong_is_found(replayed: tuple[Path, Path], tmp_path: Path) -> None:
    storm, output = replayed
    lines = (output / "outage.lifecycle.events.v1.jsonl").read_bytes().splitlines()
    records = [json.loads(line) for line in lines]
    next(record for record in records if record["crews"])["crews"].clear()
    records[0]["place"] = None
    (tmp_path / "outage.lifecycle.events.v1.jsonl").write_text("\n".join(map(json.dumps, records)))
    found = judge(load_network(storm / "network"), storm, tmp_path)
    assert {"other crews", "no place, or none within its box"} <= found.wrong.keys()
