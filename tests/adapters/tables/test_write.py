"""A table appears whole or not at all, and in one form."""

from pathlib import Path

import numpy as np
import pytest

from adapters.tables.layout import DEVICES
from adapters.tables.write import TableWriter

ROW = {"device_id": np.array(["a"]), "kind": np.array(["source"]), "longitude": np.array([1.25])}


def test_the_columns_stand_in_the_order_of_the_layout(tmp_path: Path) -> None:
    with TableWriter(tmp_path, DEVICES, "csv") as table:
        table.write(dict(reversed(ROW.items())))
        table.write(ROW)
    assert (tmp_path / "devices.csv").read_text() == "device_id,kind,longitude\na,source,1.25\na,source,1.25\n"


def test_another_form_is_replaced(tmp_path: Path) -> None:
    for form in ("csv", "parquet"):
        with TableWriter(tmp_path, DEVICES, form) as table:
            table.write(ROW)
    assert [path.name for path in tmp_path.iterdir()] == ["devices.parquet"]


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "devices.csv").write_text("before")
    with pytest.raises(ValueError, match="length"), TableWriter(tmp_path, DEVICES, "parquet") as table:
        table.write({**ROW, "latitude": np.zeros(2)})
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("devices.csv", "before")]
