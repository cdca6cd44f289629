"""`faultline network rehearse` over files: what the second version of a small town makes of the same storm."""

from __future__ import annotations

import csv
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from adapters.network.compiled_file import write_artefact
from cli.network.command import app
from models.refusal import FaultsError
from tests.worlds.networks import Device, Point, network_of
from tests.worlds.town_releases import compile_versions, write_town_storm


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("town")
    compile_versions(folder)
    write_town_storm(folder / "storm")
    return folder


def rehearse(town: Path, *options: object) -> str:
    files = (town / "town-2.network", "--running", town / "town-1.network", "--input", town / "storm")
    answered = CliRunner().invoke(app, ["rehearse", *map(str, (*files, *options))], catch_exceptions=False)
    assert answered.exit_code == 0, answered.output
    return answered.stdout


def test_it_says_which_outages_would_have_been_others(town: Path, tmp_path: Path) -> None:
    found = orjson.loads(rehearse(town, "--json", "--output", tmp_path / "all.csv"))
    assert found["counts"] == {"same": 0, "changed": 3, "renamed": 0, "only_before": 0, "only_after": 1}
    customers = {
        one["after"]["device_id"]: ((one["before"] or {}).get("customers"), one["after"]["customers"])
        for one in found["outages"]
    }
    assert customers == {"tx0": (6, 5), "tx1": (6, 5), "tx3": (None, 2), "brk2": (18, 21)}
    with (tmp_path / "all.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["verdict"] for row in rows] == [one["verdict"] for one in found["outages"]]
    assert rows[0]["before_device_id"] == rows[0]["after_device_id"] == "tx0"


def test_people_read_what_differs(town: Path) -> None:
    said = rehearse(town).splitlines()
    assert said[0].startswith("outages: 3 with the version in force, 4 with the other: 0 same, 3 changed")
    assert [line.split("\t")[0] for line in said[1:]] == ["changed", "only after", "changed", "changed"]
    assert len(rehearse(town, "--last", "10m").splitlines()) == 2  # the feeder is the last of them


def test_what_cannot_be_rehearsed_is_refused(town: Path, tmp_path: Path) -> None:
    with pytest.raises(FaultsError, match="is in force already"):
        rehearse(town, "--running", town / "town-2.network")
    with pytest.raises(FaultsError, match="--last 30 is no length of time"):
        rehearse(town, "--last", "30")
    write_artefact(network_of([Device("b", substation="s")], [Point("p", "b")]), tmp_path / "other.network")
    with pytest.raises(FaultsError, match="cannot follow the one in force"):
        rehearse(town, "--running", tmp_path / "other.network")
