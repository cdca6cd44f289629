"""Looking ids up by the batch against a dictionary."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.columns.hash_index import HashIndex, index_names
from models.columns.packed_text import PackedText

proper = st.text(max_size=4) | st.sampled_from(["", "\n", "a\n", "\r", "\0", "ä", "x" * 300])
texts = proper | st.sampled_from(["\ud800", "a\udfff"])


@given(st.lists(proper, max_size=60), st.lists(texts))
def test_answers_are_those_of_a_dictionary(stored: list[str], others: list[str]) -> None:
    names = PackedText.of(stored)
    wanted = others + stored
    first = {text: place for place, text in reversed(list(enumerate(stored))) if text}
    assert index_names(names).find(names, wanted).tolist() == [first.get(text, -1) for text in wanted]


def test_ids_of_equal_hash_are_told_apart_by_their_text() -> None:
    alone = index_names(PackedText.of(["c"]))
    crowded = HashIndex(
        bucket_start=alone.bucket_start * np.int32(3),
        entries=alone.entries[0] | np.arange(3, dtype=np.uint64),
    )
    assert crowded.find(PackedText.of(["a", "b", "c"]), ["c"]).tolist() == [2]
    assert crowded.find(PackedText.of(["a", "b", "d"]), ["c"]).tolist() == [-1]


@given(st.lists(proper))
def test_names_are_a_sequence_of_their_texts(stored: list[str]) -> None:
    names = PackedText.of(stored)
    assert list(names) == stored
    assert [names[place] for place in range(-len(stored), len(stored))] == stored + stored
    assert names[1:] == stored[1:]
    backwards = np.arange(len(stored))[::-1]
    assert list(names.gather(backwards)) == stored[::-1]
    with pytest.raises(IndexError):
        names[len(stored)]
