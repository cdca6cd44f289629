"""One storm: simulated, replayed and scored, in folders that are gone afterwards."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING, Any

from cli.machine_code import keep_machine_code

keep_machine_code()  # before anything imports numba

from adapters.network.load import load_network  # noqa: E402
from dataflows.replay.flow import Replay  # noqa: E402
from dataflows.replay.settings import ReplaySettings, prepare  # noqa: E402
from dataflows.service.run import run_flow  # noqa: E402
from simulator.files.folder import write_storm  # noqa: E402
from simulator.options import storm_options  # noqa: E402
from simulator.scoring.figures import figures  # noqa: E402
from simulator.scoring.score import score  # noqa: E402
from simulator.storm import simulate  # noqa: E402

if TYPE_CHECKING:
    from simulator.scoring.calibration import Judgements


@dataclass(frozen=True)
class Task:
    """Which storm to play."""

    utility: str
    tables: Path
    preset: str
    seed: int
    options: dict[str, Any] = field(hash=False)


@dataclass(frozen=True)
class Outcome:
    """How it went."""

    utility: str
    preset: str
    seed: int
    shown: dict[str, Any]
    """The score's figures."""
    judgements: Judgements
    spoken: list[float]
    """Seconds to the detection of each fault that meters or SCADA spoke of; infinite where it was not found."""
    covered: list[float]
    """Seconds until half of the customers of each fault were covered."""
    seconds: tuple[float, float, float]
    """What simulation, replay and score took."""


def play(task: Task) -> Outcome:
    """Play one storm."""
    network = load_network(task.tables)
    with TemporaryDirectory(prefix="faultline-storm-") as name:
        storm, out = Path(name) / "storm", Path(name) / "out"
        storm.mkdir()
        began = perf_counter()
        write_storm(storm, network, simulate(network, storm_options(task.seed, task.preset, task.options)))
        simulated = perf_counter()
        replay = Replay(prepare(ReplaySettings(task.tables, storm, out)))
        replay.clear_output()
        run_flow(replay.flow)
        replayed = perf_counter()
        found = score(network, storm, out)
        shown = figures(found)
        scored = perf_counter()
    print(f"{task.preset} over {task.utility}, seed {task.seed}: {scored - began:.1f} s", file=sys.stderr)
    return Outcome(
        task.utility,
        task.preset,
        task.seed,
        shown,
        found.judgements,
        list(found.spoken.values()),
        list(found.coverage.values()),
        (simulated - began, replayed - simulated, scored - replayed),
    )
