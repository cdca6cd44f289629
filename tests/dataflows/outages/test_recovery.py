"""A replay that is killed at any moment and started again with the same state ends with the same bytes."""

import random
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from time import sleep
from typing import Any

import orjson
import pytest

from tests.worlds.storms import CKT5, COMMAND, HOME, contents, faultline

KILLS = 6


def arguments(storm: Path, output: Path, state: Path, batch_size: int = 50) -> list[str]:
    options = {"network": CKT5, "input": storm, "output": output, "state": state, "batch-size": batch_size}
    return [
        "replay",
        "--json",
        "--epoch-seconds",
        "0",
        *(str(part) for name in options for part in (f"--{name}", options[name])),
    ]


def kill(command: list[str], reached: Callable[[], bool]) -> int:
    """Start a replay, kill it as soon as something is reached, and give its exit code (0 if it was over before)."""
    process = subprocess.Popen([*COMMAND, *command], cwd=HOME, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and not reached():
        sleep(0.001)  # a moment is hit closely, and the core is left to the replay
    process.send_signal(signal.SIGKILL)
    return process.wait()


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir()) if folder.exists() else 0


def figures(summary: str) -> dict[str, Any]:
    """Give a summary without the time that the run has taken."""
    figures: dict[str, Any] = orjson.loads(summary)
    return figures | {"wall_seconds": 0}


@pytest.fixture(scope="module")
def whole(spoiled_storm: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The output of a replay that nobody disturbs, and its figures."""
    folder = tmp_path_factory.mktemp("whole")
    ended = faultline(*arguments(spoiled_storm, folder / "output", folder / "state"))
    assert ended.returncode == 0, ended.stderr
    return folder / "output", figures(ended.stdout)


def test_kills_do_not_show(spoiled_storm: Path, whole: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    draw = random.Random(5)
    output, state = tmp_path / "output", tmp_path / "state"

    def moment(number: int) -> Callable[[], bool]:
        """The first two are while the state is made; the others are somewhere in a part of what is left to write."""
        if number < 2:
            return (state / ("recovery", "manifest.json")[number]).exists
        enough = size(output) + draw.random() / 4 * (size(whole[0]) - size(output))
        return lambda: size(output) > enough

    for number in range(KILLS):
        command = arguments(spoiled_storm, output, state, draw.choice([1, 7, 30]))
        assert kill(command, moment(number)) == -signal.SIGKILL
    ended = faultline(*arguments(spoiled_storm, output, state, 33))
    assert ended.returncode == 0, ended.stderr
    assert contents(output) == contents(whole[0])
    assert figures(ended.stdout) == whole[1]


def test_a_finished_replay_changes_nothing(spoiled_storm: Path, whole: tuple[Path, dict[str, Any]]) -> None:
    output, figures_then = whole
    state = output.with_name("state")
    then = {path: path.stat().st_mtime_ns for path in (*output.iterdir(), *state.rglob("*"))}
    again = faultline(*arguments(spoiled_storm, output, state, 3))
    assert again.returncode == 0, again.stderr
    assert figures(again.stdout) == figures_then
    assert {path: path.stat().st_mtime_ns for path in (*output.iterdir(), *state.rglob("*"))} == then


def test_output_that_a_state_has_lost_is_refused(spoiled_storm: Path, tmp_path: Path) -> None:
    output, state = tmp_path / "output", tmp_path / "state"
    command = arguments(spoiled_storm, output, state, 7)
    assert kill(command, lambda: size(output) > 100_000) == -signal.SIGKILL
    for path in output.iterdir():
        path.write_bytes(b"")
    refused = faultline(*command)
    assert refused.returncode == 2
    assert "it does not hold what the state has written; give another --state" in refused.stderr
