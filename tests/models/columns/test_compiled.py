"""Whoever asks hears of each loop that is compiled, and of no other call."""

import pytest
from numba import njit

from models.columns import compiled
from models.columns.compiled import loaded_loops, on_compiling


def test_compiling_is_told_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "njit", lambda **_: njit())  # kept, it would not be compiled in the next run
    told: list[str] = []
    on_compiling(lambda name: told.append(f"begun {name}"), lambda name: told.append(f"done {name}"))
    before = loaded_loops()

    def twice(number: int) -> int:
        return 2 * number

    loops = compiled.LOOPS  # what is made here is no loop of the engine
    kept = list(loops)
    fast = compiled.compiled(twice)
    try:
        assert told == []
        assert (fast(3), fast(4)) == (6, 8)
        assert told == ["begun twice", "done twice"]
        assert loaded_loops() - before == {"twice(int64,)"}
    finally:
        loops[:] = kept
