"""Learning a table of estimates: quantile regression by LightGBM, corrected by what came after (split conformal).

Each level has trees of its own, of the pinball loss (Koenker and Bassett 1978); they are learned from the earlier
outages. What the later ones, which they have not seen, came to says by how much each level has to be moved so that it
holds (conformalised quantile regression, Romano, Patterson and Candes 2019), apart for cases that differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from models.outages.estimate.apply import scores_of
from models.outages.estimate.calibration import corrections
from models.outages.estimate.history import Looks, first_looks, later_looks, situations
from models.outages.estimate.situation import FIELDS
from models.outages.estimate.table import Period, TableFile, Trees, digest_of, table_of
from models.refusal import FaultsError
from models.times.iso8601 import format_time
from models.times.logarithms import logarithms_of
from models.times.units import SECOND

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from models.outages.estimate.history import History
    from models.outages.estimate.table import EstimateTable

LEVELS: Final = (10, 50, 60, 75, 90)
FEWEST: Final = 200
"""Outages: from less nothing can be learned and corrected."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is learned; more is slower and fits better, up to a point."""

    trees: int = 60
    """A level."""
    leaves: int = 24
    rate: float = 0.15
    smallest_leaf: int = 60
    borders: tuple[float, ...] = (0.4, 0.6, 0.8)
    """Shares of the outages: what came after each is asked of trees that were learned from what came before."""


class LearningFaultsError(FaultsError):
    """There is nothing to learn from, or with."""


def learn(
    history: History, time_zone: str, offsets: list[tuple[int, int]], passed_over: int, effort: Effort | None = None
) -> EstimateTable:
    """Learn a table from outages that are over. Raises `LearningFaultsError`."""
    effort = effort or Effort()
    count = len(history.zone)
    if count < FEWEST:
        raise LearningFaultsError([f"the history has {count} usable outages; give at least {FEWEST}"])
    looks = _looks(history)
    asked, left = situations(history, looks, offsets), history.restored_at[looks.row] - looks.at
    about = _period(history, passed_over), time_zone, offsets
    seen, off = _afterwards(history, looks, (asked, left), effort)
    file = _file(_grow(asked, left, effort), *about)
    file.corrections = corrections(asked[seen], off, LEVELS)
    file.digest = digest_of(file)
    return table_of(file)


def _afterwards(
    history: History, looks: Looks, known: tuple[NDArray[np.int64], NDArray[np.int64]], effort: Effort
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Part after part of the history, as trees see it that were learned from all that was over before it.

    Returns which looks, and how far the truth lay above each level, n x levels, in logarithms.
    """
    asked, left = known
    borders = np.quantile(history.published_at, effort.borders).astype(np.int64)
    seen, off = [], []
    for border, end in zip(borders, [*borders[1:], history.restored_at.max()], strict=True):
        before = (history.restored_at <= border)[looks.row]
        after = np.flatnonzero(((history.published_at > border) & (history.published_at <= end))[looks.row])
        table = table_of(_file(_grow(asked[before], left[before], effort), Period("", "", 0, 0, 0), "", []))
        seen.append(after)
        off.append(logarithms_of(left[after])[:, None] - scores_of(table, asked[after]))
    return np.concatenate(seen), np.concatenate(off)


def _period(history: History, passed_over: int) -> Period:
    times = int(history.published_at.min()), int(history.restored_at.max())
    begins, ends = (format_time(at * SECOND) for at in times)
    return Period(begins, ends, len(history.zone), passed_over, len(np.unique(history.zone)))


def _looks(history: History) -> Looks:
    first, later = first_looks(history), later_looks(history)
    return Looks(np.concatenate([first.row, later.row]), np.concatenate([first.at, later.at]))


def _grow(asked: NDArray[np.int64], left: NDArray[np.int64], effort: Effort) -> list[dict[str, Any]]:
    """The trees of each level as LightGBM writes them."""
    settings = {
        "objective": "quantile",
        "num_leaves": effort.leaves,
        "learning_rate": effort.rate,
        "min_data_in_leaf": effort.smallest_leaf,
        "max_bin": 63,
        "num_threads": 1,
        "deterministic": True,
        "force_row_wise": True,
        "seed": 1,
        "verbose": -1,
    }
    data = _lightgbm().Dataset(asked, logarithms_of(left), feature_name=list(FIELDS), free_raw_data=False)
    return [_train({**settings, "alpha": level / 100}, data, effort.trees).dump_model() for level in LEVELS]


def _train(settings: dict[str, Any], data: Any, trees: int) -> Any:  # noqa: ANN401 (LightGBM's)
    lightgbm = _lightgbm()
    try:
        return lightgbm.train(settings, data, trees)
    except lightgbm.basic.LightGBMError as error:
        reason = f"the history's outages are too much alike to learn from ({error}); give a longer one"
        raise LearningFaultsError([reason]) from error


def _lightgbm() -> Any:  # noqa: ANN401 (a module that need not be there)
    try:
        return import_module("lightgbm")
    except ImportError as error:
        reason = "LightGBM is not installed, which learning needs; pip install --requirement requirements/estimate.txt"
        raise LearningFaultsError([reason]) from error


def _file(models: list[dict[str, Any]], period: Period, time_zone: str, offsets: list[tuple[int, int]]) -> TableFile:
    trees = Trees([], [], [], [], [], [], [])
    for level, model in enumerate(models):
        for tree in model["tree_info"]:
            trees.roots.append(len(trees.field))
            trees.level.append(level)
            for node in _nodes(tree["tree_structure"], len(trees.field)):
                for column, value in zip(
                    (trees.field, trees.threshold, trees.at_most, trees.above, trees.value), node, strict=True
                ):
                    column.append(value)
    base = [0] * len(models)  # LightGBM's first tree has it
    return TableFile(
        "faultline-estimates", 1, "", period, time_zone, offsets, list(FIELDS), list(LEVELS), base, trees, []
    )


def _nodes(tree: dict[str, Any], first: int) -> Iterator[tuple[int, int, int, int, int]]:
    """The nodes of a tree, each before those that it leads to: field, threshold, at_most, above, value.

    Fields are whole numbers, so that a threshold between two of them is the lower one.
    """
    waiting, place = [tree], first + 1
    while waiting:
        node = waiting.pop(0)
        here = place - 1 - len(waiting)
        if "split_feature" not in node:
            yield 0, 0, here, here, round(node["leaf_value"])
            continue
        yield node["split_feature"], int(np.floor(node["threshold"])), place, place + 1, 0
        waiting += [node["left_child"], node["right_child"]]
        place += 2
