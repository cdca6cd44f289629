"""Flows that FAULTLINE_FLOWS names live through a storm too: its public warnings are those of a replay."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import orjson

from models.alerts.issuing.output import ALERTS
from tests.worlds.storms import COMMAND, HOME, faultline

GOLDEN = HOME / "tests" / "data" / "golden"
POLICY = 'sender = "out@power.example"\nsender_name = "Power"\nleast_customers = 60\n'


def warnings(file: Path) -> list[tuple[str, str]]:
    records = map(orjson.loads, file.read_bytes().splitlines())
    return [(record["identifier"], record["xml"]) for record in records]


def test_warnings_of_a_storm_lived_through_are_those_of_a_replay(tmp_path: Path) -> None:
    policy = tmp_path / "alerts.toml"
    policy.write_text(POLICY)
    own = {name: value for name, value in os.environ.items() if name != "FAULTLINE_KAFKA"}
    own |= {"FAULTLINE_FLOWS": "dataflows.alerts.declaration", "FAULTLINE_ALERTS_POLICY": str(policy)}
    storm = ["--network", str(GOLDEN / "network"), "--input", str(GOLDEN / "storm")]
    command = [*COMMAND, "up", *storm, "--output", str(tmp_path / "live"), "--speed", "0"]
    done = subprocess.run(command, cwd=HOME, env=own, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    faultline("replay", *storm, "--output", tmp_path / "replayed")
    given = "--network", GOLDEN / "network", "--policy", policy, "--input", tmp_path / "replayed"
    assert faultline("cap", "build", *given, "--output", tmp_path / "built").returncode == 0
    name = f"{ALERTS.topic}.jsonl"
    expected = warnings(tmp_path / "built" / name)
    assert expected
    assert warnings(tmp_path / "live" / "outages" / name) == expected
