"""Compiling is a step of its own: it says so once, and is over at once where it has been done."""

from pathlib import Path

import pytest

from cli.machine_code import VARIABLE
from cli.warm_up import DONE, compile_loops
from models.columns.compiled import LOOPS


def test_it_is_told_once_and_done_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    said: list[str] = []
    compile_loops(said.append)
    assert said[0].startswith("compiling the loops of this version, once on this machine")
    assert all(" of " in line and "loops so far" in line for line in said[1:-1])
    assert said[-1].startswith("compiled in ")
    assert (tmp_path / DONE).exists()
    assert sum(bool(loop.signatures) for loop in LOOPS) > len(LOOPS) // 3
    compile_loops(said.append)
    assert said[-1].startswith("compiled in ")
    assert sum(line.startswith("compiling the loops") for line in said) == 1


def test_what_fails_on_the_way_is_not_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))

    def fail() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dataflows.service.warm_up.warm_up", fail)
    with pytest.raises(KeyboardInterrupt):
        compile_loops(lambda _: None)
    assert not (tmp_path / DONE).exists()
