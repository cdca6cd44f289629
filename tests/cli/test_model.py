from pathlib import Path

from typer.testing import CliRunner

from adapters.model.parameters_file import read_model
from cli.model import app
from models.outages.weights.parameters import Parameters


def test_what_is_shown_is_a_model_file_with_the_same_values(tmp_path: Path) -> None:
    shown = CliRunner().invoke(app, ["show"])
    assert shown.exit_code == 0
    (tmp_path / "model.toml").write_text(shown.stdout)
    assert read_model(tmp_path / "model.toml") == Parameters()
