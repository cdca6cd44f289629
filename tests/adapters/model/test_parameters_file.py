from pathlib import Path

import pytest

from adapters.model.parameters_file import ModelFaultsError, read_model
from models.outages.weights.parameters import Parameters


def test_an_entry_replaces_its_default_and_no_other(tmp_path: Path) -> None:
    file = tmp_path / "model.toml"
    file.write_text("persistence = 2.5\n[opening]\nfuse = 0.01\n")
    parameters = read_model(file)
    default = Parameters()
    assert (parameters.persistence, parameters.opening.fuse) == (2.5, 0.01)
    assert parameters.opening.breaker == default.opening.breaker
    file.write_text("")
    assert read_model(file) == default


def test_every_wrong_entry_is_told(tmp_path: Path) -> None:
    file = tmp_path / "model.toml"
    file.write_text("clear_laed = 2\nfalse_on = 2\n[opening]\nfuse = 'often'\n")
    with pytest.raises(ModelFaultsError) as refusal:
        read_model(file)
    assert sorted(fault.split(": ")[1] for fault in refusal.value.faults) == ["clear_laed", "false_on", "opening.fuse"]


def test_what_is_no_model_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("a,b\n")
    for path, reason in {
        tmp_path: "is a directory",
        tmp_path / "no": "no such file",
        tmp_path / "table.csv": "no TOML",
    }.items():
        with pytest.raises(ModelFaultsError, match=reason):
            read_model(path)
