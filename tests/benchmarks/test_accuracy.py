"""The short form of `python -m benchmarks.accuracy`."""

from pathlib import Path

import pytest

from benchmarks.accuracy.case import read_utility
from benchmarks.accuracy.figures import MODELS, measure

NETWORKS = Path(__file__).parents[1] / "data" / "networks"
LEAST = {("ckt5", 0.8): 0.7, ("ckt5", 0.99): 0.85, ("epri_m1", 0.8): 0.7, ("epri_m1", 0.99): 0.85}


@pytest.mark.parametrize("name", ["ckt5", "epri_m1"])
@pytest.mark.parametrize("model", list(MODELS))
def test_snapshots_are_explained(name: str, model: str) -> None:
    utility = read_utility(NETWORKS / name)
    for delivery in (0.8, 0.99):
        figures = measure(utility, MODELS[model](utility, delivery, 20), [1, 2, 3], 20)
        assert figures.cases == 3
        assert figures.f1_settled >= LEAST[name, delivery]
