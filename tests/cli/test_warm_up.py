"""Compiling is a step of its own: it says so once, is over at once where it has been done, and leaves nothing out."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.machine_code import VARIABLE
from cli.run.service import LOADED_LATE
from cli.warm_up import DONE, compile_loops
from tests.worlds.storms import HOME


def test_it_is_told_once_and_done_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    said: list[str] = []
    compile_loops(said.append)
    assert said[0].startswith("compiling the loops of this version, once on this machine")
    assert all(" of " in line and "loops so far" in line for line in said[1:-1])
    assert said[-1].startswith("compiled in ")
    assert (tmp_path / DONE).exists()
    compile_loops(said.append)
    assert said[-1].startswith("compiled in ")
    assert sum(line.startswith("compiling the loops") for line in said) == 1
    monkeypatch.setattr("cli.warm_up.HOME", "another checkout of the same version, of which numba has nothing")
    compile_loops(said.append)
    assert sum(line.startswith("compiling the loops") for line in said) == 2


def test_what_fails_on_the_way_is_not_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))

    def fail() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dataflows.service.warm_up.warm_up", fail)
    with pytest.raises(KeyboardInterrupt):
        compile_loops(lambda _: None)
    assert not (tmp_path / DONE).exists()


NOTHING_ELSE = """
import sys
from pathlib import Path
from cli.machine_code import keep_machine_code
keep_machine_code()
from cli.warm_up import live_through
live_through()
from models.columns.compiled import loaded_loops
known = loaded_loops()
assert len(known) > 20

from rich.console import Console
from cli.demo.run import run_demo
from cli.live.town import Plan
from cli.replay.command import ReplaySettings, replay_files
from tests.worlds.storms import spoil
folder = Path(sys.argv[1])
plan = Plan(seed=4, usage_points=2_400, extent=(-97.3, 37.7, -97.26, 37.73), peak_customers=1_500)
run_demo(folder, plan, Console(stderr=True))
spoil(folder / "storm", folder / "spoiled")
replay_files(ReplaySettings(folder / "storm" / "network", folder / "spoiled", folder / "again"), folder / "again-state")

print(sorted(loaded_loops() - known))
"""


def test_after_it_a_demo_a_replay_and_both_flows_load_nothing_else(tmp_path: Path) -> None:
    """A loop is compiled once for each kind of array: what a command needs besides would be compiled in its midst."""
    environment = {**os.environ, "FAULTLINE_LOG_LEVEL": "debug"}
    command = [sys.executable, "-c", NOTHING_ELSE, str(tmp_path)]
    ended = subprocess.run(command, cwd=HOME, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == "[]\n"
    for flow in ("ingest", "outages"):
        assert LOADED_LATE % (flow, []) in (tmp_path / f"{flow}.log").read_text()
