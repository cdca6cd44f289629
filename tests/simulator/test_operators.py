"""Operators in a simulated storm: what they see is what a replay says, so that all orders are answered once."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from adapters.network.load import load_network
from models.contracts.topics import OPERATOR_COMMANDS
from simulator.operators.laws import ERRORS, ORDERS
from simulator.scoring.operators import operator_figures
from simulator.scoring.reading.output import read_output
from tests.worlds.storms import CKT5, contents, faultline, run_apart

OPTIONS = "--seed 3 --preset long --duration 1 --faults-per-hour 60 --calls 0.2 --crews on --operators 0.9"


@pytest.fixture(scope="module")
def storm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("operators") / "storm"
    made = faultline("simulate", "--network", CKT5, "--output", folder, *OPTIONS.split())
    assert made.returncode == 0, made.stderr
    return folder


def test_every_order_that_can_be_read_has_one_answer_and_who_errs_is_told(storm: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert faultline("replay", "--network", CKT5, "--input", storm, "--output", out).returncode == 0
    found = operator_figures(storm, out, read_output(out, load_network(CKT5)).revisions.lines)
    assert found is not None
    assert found["lines"] > found["commands"] > 40
    assert found["done"] + found["refused"] == found["commands"]
    assert (found["unanswered"], found["answered_twice"], found["strange_answers"]) == (0, 0, 0)
    assert found["done"] > found["refused"] > 0
    rows = list(csv.DictReader((storm / "truth" / "operator_commands.csv").read_text("utf-8").splitlines()))
    assert set(found["by_error"]) == {row["error"] for row in rows} <= {*ERRORS, "none"}
    assert len({row["kind"] for row in rows}) > len(ORDERS) // 2
    assert found["by_error"].get("unknown_outage", {"done": 0})["done"] == 0
    garbage = sum(row["error"] == "garbage" for row in rows)
    assert len((out / f"{OPERATOR_COMMANDS}.dlq.jsonl").read_bytes().splitlines()) == garbage
    copies = Counter(row["command_id"] for row in rows)
    assert {row["error"] for row in rows if copies[row["command_id"]] > 1} <= {"duplicate"}


def test_the_same_seed_gives_the_same_orders_and_the_others_files_are_as_without(storm: Path, tmp_path: Path) -> None:
    run_apart("simulate", "--network", CKT5, "--output", tmp_path / "again", *OPTIONS.split())  # with other hashes
    without_them = OPTIONS.partition(" --operators")[0].split()
    faultline("simulate", "--network", CKT5, "--output", tmp_path / "without", *without_them)
    files, again, without = (
        {name: data for name, data in contents_of(folder).items() if name != "simulation.json"}
        for folder in (storm, tmp_path / "again", tmp_path / "without")
    )
    assert files == again
    new = {f"{OPERATOR_COMMANDS}.jsonl", "operator_commands.csv"}
    assert {name: data for name, data in files.items() if name not in new} == without


def contents_of(folder: Path) -> dict[str, bytes]:
    """The files of a storm and of its truth."""
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    return files | contents(folder / "truth")
