"""Chatter: what goes back within the time has not been left, and what lasts is told, whatever comes between."""

from hypothesis import given
from hypothesis import strategies as st

from models.telemetry.debounce import Debounce

CHANGES = st.lists(st.tuples(st.integers(1, 30), st.booleans()), max_size=30)


def plain(changes: list[tuple[int, bool]], hold: int) -> list[bool]:
    """The states that lasted so long, one after the other, and the first."""
    kept: list[bool] = []
    for place, (at, state) in enumerate(changes):
        until = changes[place + 1][0] if place + 1 < len(changes) else at + hold
        if not kept or (state != kept[-1] and until - at >= hold):
            kept.append(state)
    return kept


@given(CHANGES, st.integers(1, 20))
def test_only_what_lasts_is_passed_on(steps: list[tuple[int, bool]], hold: int) -> None:
    at = 0
    changes: list[tuple[int, bool]] = []
    for wait, state in steps:
        at += wait
        if not changes or state != changes[-1][1]:
            changes.append((at, state))
    debounce: Debounce[bool] = Debounce()
    passed: list[bool] = []
    for moment, state in changes:
        passed += debounce.take("p", state, state, moment, hold)
    passed += debounce.flush()
    assert passed == plain(changes, hold)
    assert debounce.suppressed + len(passed) == len(changes)


def test_without_a_debounce_all_is_passed_on_at_once() -> None:
    debounce: Debounce[int] = Debounce()
    assert [debounce.take("p", n % 2, n, n, 0) for n in range(4)] == [[0], [1], [2], [3]]


def test_what_waits_comes_when_it_is_due_and_not_before() -> None:
    debounce: Debounce[str] = Debounce()
    assert debounce.take("p", "closed", "first", 0, 10) == ["first"]
    assert debounce.take("p", "open", "trip", 5, 10) == []
    assert debounce.due(14) == []
    assert debounce.due(15) == ["trip"]
    assert debounce.due(99) == []
