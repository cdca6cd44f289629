"""Learning from a small real history: trees are carried over as they are, and what was learned holds afterwards."""

from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pytest

from adapters.estimates import learning
from adapters.estimates.history_csv import Read, read_history
from adapters.estimates.learning import LEVELS, Effort, LearningFaultsError, learn
from adapters.process.time_zone import offsets_of
from models.outages.estimate.apply import remaining, scores_of
from models.outages.estimate.history import Looks, first_looks, situations
from models.outages.estimate.table import EstimateTable, write_table

HISTORY = Path(__file__).parents[2] / "data" / "estimates" / "history.csv"
ZONE = "America/Los_Angeles"
QUICK = Effort(trees=40, leaves=12, borders=(0.5,))


@pytest.fixture(scope="module")
def read() -> Read:
    return read_history(HISTORY)


def offsets(read: Read) -> list[tuple[int, int]]:
    return offsets_of(ZONE, int(read.history.published_at[0]), int(read.history.published_at[-1]))


@pytest.fixture(scope="module")
def border(read: Read) -> int:
    return int(np.quantile(read.history.published_at, 0.8))


@pytest.fixture(scope="module")
def table(read: Read, border: int) -> EstimateTable:
    return learn(read.history.take(read.history.restored_at <= border), ZONE, offsets(read), 0, QUICK)


def test_what_was_learned_holds_for_what_came_after(read: Read, border: int, table: EstimateTable) -> None:
    history = read.history
    after = np.flatnonzero(history.published_at > border)
    at, truth = history.published_at[after], (history.restored_at - history.published_at)[after]
    left = remaining(table, situations(history, Looks(after, at), offsets(read)))
    held = (left[:, LEVELS.index(10)] <= truth) & (truth <= left[:, LEVELS.index(90)])
    assert 0.7 < held.mean() < 0.9
    known = history.restored_at <= border
    usual = np.median((history.restored_at - history.published_at)[known])
    assert np.median(np.abs(truth - left[:, LEVELS.index(50)])) < 0.95 * np.median(np.abs(truth - usual))


def test_the_same_history_gives_the_same_table(read: Read, border: int, table: EstimateTable) -> None:
    again = learn(read.history.take(read.history.restored_at <= border), ZONE, offsets(read), 0, QUICK)
    assert write_table(again.file) == write_table(table.file)
    assert table.file.history.outages == int((read.history.restored_at <= border).sum())


def test_trees_say_what_lightgbm_says(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    grown: list[Any] = []

    def train(*given: Any) -> Any:
        grown.append(lightgbm.train(*given))
        return grown[-1]

    monkeypatch.setattr(learning, "_train", train)
    table = learn(read.history, ZONE, offsets(read), 0, QUICK)
    asked = situations(read.history, first_looks(read.history), offsets(read))
    scores = scores_of(table, asked)
    for level, model in enumerate(grown[-len(LEVELS) :]):
        off = np.abs(scores[:, level] - model.predict(asked))
        assert off.max() <= QUICK.trees / 2  # a half is the most that rounding takes from a tree


def test_too_small_a_history_is_refused(read: Read) -> None:
    with pytest.raises(LearningFaultsError, match="has 10 usable outages; give at least 200"):
        learn(read.history.take(np.arange(10)), ZONE, offsets(read), 0)
