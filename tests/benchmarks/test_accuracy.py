"""The short form of `python -m benchmarks.accuracy`."""

from pathlib import Path

import pytest

from benchmarks.accuracy.case import read_utility
from benchmarks.accuracy.figures import MODELS, measure
from models.outages.weights.parameters import Parameters

NETWORKS = Path(__file__).parents[1] / "data" / "networks"


@pytest.mark.parametrize("name", ["ckt5", "epri_m1"])
@pytest.mark.parametrize("model", list(MODELS))
def test_snapshots_are_explained_by_the_best_picture(name: str, model: str) -> None:
    utility = read_utility(NETWORKS / name)
    for delivery in (0.1, 0.3, 0.8, 0.99):
        figures = measure(utility, MODELS[model](utility, delivery, 20), [1, 2, 3], 20)
        assert figures.same_at_once == figures.cases == 3
        assert figures.short_at_once == 0
        assert figures.short_settled <= Parameters().clear_lead
