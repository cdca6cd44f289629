"""`faultline network generate` writes what `faultline network check` accepts."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.network.command import app
from models.refusal import FaultsError

RUN = CliRunner()


def test_check_accepts_a_generated_network(tmp_path: Path) -> None:
    extent = ["--extent", "-97.5,37.5,-97.4,37.6"]
    made = RUN.invoke(app, ["generate", "--usage-points", "50", "--seed", "1", "--output", str(tmp_path), *extent])
    assert made.exit_code == 0, made.output
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "areas.csv",
        "devices.csv",
        "restricted",
        "usage_points.csv",
    ]
    checked = RUN.invoke(app, ["check", "--network", str(tmp_path)])
    assert (checked.exit_code, "no faults" in checked.output) == (0, True)


def test_an_extent_is_four_numbers(tmp_path: Path) -> None:
    with pytest.raises(FaultsError, match="four numbers"):
        RUN.invoke(
            app,
            ["generate", "--usage-points", "5", "--seed", "1", "--output", str(tmp_path), "--extent", "1,2,3"],
            catch_exceptions=False,
        )
