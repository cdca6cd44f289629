from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.outages.estimate.apply import at_level, remaining, scores_of
from models.outages.estimate.situation import FIELDS, Situation
from models.outages.estimate.table import (
    Correction,
    TableFaultsError,
    TableFile,
    digest_of,
    read_table,
    table_of,
    write_table,
)
from tests.worlds.estimates import LEVELS, QUIET, by_stage

TABLE = by_stage()


@st.composite
def tables(draw: st.DrawFn) -> TableFile:
    """Tables with trees of any shape."""
    file = msgspec.structs.replace(TABLE.file, base=draw(st.lists(st.integers(0, 5000), min_size=5, max_size=5)))
    trees = file.trees = type(file.trees)([], [], [], [], [], [], [])
    for level in sorted(draw(st.lists(st.integers(0, 4), max_size=6))):
        trees.roots.append(len(trees.field))
        trees.level.append(level)
        grow(draw, trees, 3)
    return file


def grow(draw: st.DrawFn, trees: object, depth: int) -> None:
    columns = [getattr(trees, name) for name in ("field", "threshold", "at_most", "above", "value")]
    here = len(columns[0])
    ends = depth == 0 or draw(st.booleans())
    node = (
        (0, 0, here, here, draw(st.integers(-500, 500)))
        if ends
        else (
            draw(st.integers(0, len(FIELDS) - 1)),
            draw(st.integers(-2, 30)),
            here + 1,
            0,
            0,
        )
    )
    for column, value in zip(columns, node, strict=True):
        column.append(value)
    if not ends:
        grow(draw, trees, depth - 1)
        columns[3][here] = len(columns[0])
        grow(draw, trees, depth - 1)


def walked(file: TableFile, situation: tuple[int, ...]) -> list[int]:
    """The sums, a node after the other."""
    sums, trees = list(file.base), file.trees
    for root, level in zip(trees.roots, trees.level, strict=True):
        node = root
        while trees.at_most[node] != node:
            yes = situation[trees.field[node]] <= trees.threshold[node]
            node = trees.at_most[node] if yes else trees.above[node]
        sums[level] += trees.value[node]
    return sums


SITUATIONS = st.lists(st.tuples(*[st.integers(-1, 30)] * len(FIELDS)), min_size=1, max_size=5)


@given(tables(), SITUATIONS)
def test_all_trees_at_once_add_what_they_add_one_by_one(file: TableFile, asked: list[tuple[int, ...]]) -> None:
    assert scores_of(table_of(file), np.array(asked)).tolist() == [walked(file, one) for one in asked]


@given(tables(), SITUATIONS)
def test_levels_ascend_and_the_file_brings_the_table_back(file: TableFile, asked: list[tuple[int, ...]]) -> None:
    left = remaining(table_of(file), np.array(asked))
    assert np.all(np.diff(left, axis=1) >= 0)
    assert np.array_equal(remaining(read_table(write_table(file), "t"), np.array(asked)), left)


def test_the_first_correction_that_fits_counts() -> None:
    twice = Correction({"customers": 100}, 500, [256] * 5)
    four_times = Correction({"crew_stage": 0}, 500, [512] * 5)
    table = by_stage(corrections=[twice, four_times])
    asked = np.array([QUIET, QUIET._replace(customers=100)])
    plain, minutes = remaining(TABLE, asked), (4, 2)
    for row, factor in enumerate(minutes):
        assert np.allclose(remaining(table, asked)[row], plain[row] * factor, rtol=0.01)


def test_a_level_between_two_lies_on_the_line_between_them() -> None:
    left = np.array([[10, 50, 60, 75, 90]])
    assert [int(at_level(TABLE, left, level)[0]) for level in (10, 55, 60, 80, 90)] == [10, 55, 60, 80, 90]
    assert LEVELS == [10, 50, 60, 75, 90]


@given(st.datetimes(datetime(2020, 1, 1), datetime(2020, 12, 31)))  # noqa: DTZ001 (hypothesis wants it so)
def test_hours_and_weekdays_are_the_utilitys(at: datetime) -> None:
    here = at.replace(tzinfo=UTC).astimezone(ZoneInfo("Europe/Berlin"))
    assert TABLE.local(int(at.replace(tzinfo=UTC).timestamp())) == (here.hour, here.weekday())


def spoil(change: Callable[[TableFile], None]) -> bytes:
    file: TableFile = msgspec.convert(msgspec.to_builtins(TABLE.file), TableFile)
    change(file)
    file.digest = digest_of(file)
    return write_table(file)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda file: file.fields.reverse(), "its fields are"),
        (lambda file: file.levels.reverse(), "its levels are not ascending"),
        (lambda file: file.trees.value.append(1), "differ in length"),
        (lambda file: file.trees.roots.append(99), "do not name their roots"),
        (lambda file: file.trees.above.__setitem__(0, 0), "a question leads back"),
        (lambda file: file.trees.field.__setitem__(0, len(Situation._fields)), "about no field"),
        (lambda file: file.base.append(1), "lacks its base"),
        (lambda file: file.corrections.append(Correction({"hope": 1}, 1, [0] * 5)), "correction is about no field"),
        (lambda file: file.offsets.clear(), "its time zone has no offset"),
    ],
)
def test_a_table_that_cannot_be_applied_is_refused(change: Callable[[TableFile], None], fault: str) -> None:
    with pytest.raises(TableFaultsError, match=fault):
        read_table(spoil(change), "table")


def test_what_was_changed_by_hand_is_refused() -> None:
    data = write_table(TABLE.file)
    with pytest.raises(TableFaultsError, match="something in it was changed"):
        read_table(data.replace(b'"outages":1000', b'"outages":1001'), "table")
    for broken in (b"{}", data[:-20], b"\xff", data.replace(b'"version":1', b'"version":2')):
        with pytest.raises(TableFaultsError, match="is no table of estimates"):
            read_table(broken, "table")
