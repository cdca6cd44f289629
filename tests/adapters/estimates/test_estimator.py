"""A table of estimates knows hours and weekdays of one time zone, which has to be the utility's."""

from pathlib import Path

import pytest

from adapters.estimates.estimator import load_estimator
from models.outages.estimate.table import write_table
from models.refusal import FaultsError
from tests.worlds.estimates import by_stage


def test_a_table_of_another_zone_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "estimates.json"
    path.write_bytes(write_table(by_stage().file))
    assert load_estimator(path, None, "Europe/Berlin") is not None
    assert load_estimator(path, None) is not None
    with pytest.raises(FaultsError, match="learned in time zone"):
        load_estimator(path, None, "Asia/Tokyo")
