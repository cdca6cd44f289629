"""The rules of a forest against their plain definition."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.columns.packed_text import PackedText
from models.network.topology_check import DEEPEST, across_substations, cycles, repeated, too_deep

parents = st.integers(1, 12).flatmap(lambda n: st.lists(st.integers(-1, n - 1), min_size=n, max_size=n))


@given(parents)
def test_each_cycle_is_found_once(parent: list[int]) -> None:
    found = cycles(np.array(parent, np.int32))
    on_cycle = {row for row in range(len(parent)) if returns(parent, row)}
    assert sorted(row for cycle in found for row in cycle) == sorted(on_cycle)
    for cycle in found:
        assert cycle[0] == min(cycle)
        assert [parent[row] for row in cycle] == [*cycle[1:], cycle[0]]


def returns(parent: list[int], row: int) -> bool:
    above = parent[row]
    for _ in parent:
        if above in {row, -1}:
            break
        above = parent[above]
    return above == row


@given(parents, st.data())
def test_trees_across_substations(parent: list[int], data: st.DataObject) -> None:
    count = len(parent)
    substation = data.draw(st.lists(st.integers(-1, 2), min_size=count, max_size=count))
    found = across_substations(np.array(parent, np.int32), np.array(substation, np.int32))
    assert found.tolist() == [
        row
        for row, above in enumerate(parent)
        if above >= 0 and substation[row] >= 0 and substation[above] >= 0 and substation[row] != substation[above]
    ]


@given(st.lists(st.sampled_from(["", "a", "b", "ä", "aa"])))
def test_repeated_ids(texts: list[str]) -> None:
    rows, firsts = repeated(PackedText.of(texts))
    expected = [(row, texts.index(text)) for row, text in enumerate(texts) if text and text in texts[:row]]
    assert list(zip(rows.tolist(), firsts.tolist(), strict=True)) == expected


def test_only_the_first_device_that_is_too_deep_is_named() -> None:
    chain = np.arange(-1, DEEPEST + 3, dtype=np.int32)
    assert too_deep(chain).tolist() == [DEEPEST + 1]
    assert not len(too_deep(chain[: DEEPEST + 1]))
