"""What is done is what was noted, however the spans came."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from adapters.kafka.records.dead_letters.replay_ledger import Done

OFFSETS = st.integers(0, 30)


@given(st.lists(st.tuples(st.sampled_from("ab"), OFFSETS, OFFSETS)))
def test_spans_hold_the_offsets_that_were_noted(noted: list[tuple[str, int, int]]) -> None:
    done = Done()
    for name, first, end in noted:
        done.add(name, (first, end))
    for name in "ab":
        offsets = {offset for which, first, end in noted if which == name for offset in range(first, end)}
        assert {offset for offset in range(31) if done.has(name, offset)} == offsets
        spans = done.spans.get(name, [])
        assert all(one[1] < other[0] for one, other in pairwise(spans))
