"""One storm: simulated, replayed and scored, in folders that are gone afterwards or are kept."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from cli.machine_code import keep_machine_code

keep_machine_code()  # before anything imports numba

from adapters.network.load import load_network  # noqa: E402
from dataflows.replay.flow import Replay  # noqa: E402
from dataflows.replay.settings import ReplaySettings, prepare  # noqa: E402
from dataflows.service.run import run_flow  # noqa: E402
from models.outages.rules_version import RULES  # noqa: E402
from simulator.files.folder import write_storm  # noqa: E402
from simulator.options import storm_options  # noqa: E402
from simulator.scoring.calibration import Judgements  # noqa: E402
from simulator.scoring.figures import figures  # noqa: E402
from simulator.scoring.score import score  # noqa: E402
from simulator.storm import simulate  # noqa: E402

if TYPE_CHECKING:
    from models.network.network import Network


@dataclass(frozen=True)
class Task:
    """Which storm to play."""

    utility: str
    tables: Path
    preset: str
    seed: int
    options: dict[str, Any] = field(hash=False)
    kept: Path | None = None
    """Where storms and outputs stay, and are scored again if they are there already."""

    @property
    def name(self) -> str:
        """What it is called."""
        return f"{self.preset} over {self.utility}, seed {self.seed}"

    def folder(self, kept: Path) -> Path:
        """Return where storm and output stay: each state of the rules and each set of options has its own."""
        options = blake2b(repr(sorted(self.options.items())).encode(), digest_size=4).hexdigest()
        return kept / f"rules-{RULES}" / self.utility / f"{self.preset}-{options}" / str(self.seed)


@dataclass(frozen=True)
class Outcome:
    """How it went."""

    utility: str
    preset: str
    seed: int
    shown: dict[str, Any]
    """The score's figures; none of a storm that did not come to its end."""
    judgements: Judgements
    spoken: list[float]
    """Seconds to the detection of each fault that meters or SCADA spoke of; infinite where it was not found."""
    covered: list[float]
    """Seconds until half of the customers of each fault were covered."""
    seconds: tuple[float, float, float]
    """What simulation, replay and score took."""
    unfinished: str = ""
    """Why it did not come to its end."""


def unfinished(task: Task, why: str) -> Outcome:
    """Return the outcome of a storm that failed or took too long: nothing was right in it."""
    nothing = Judgements(np.empty(0), np.empty(0, np.bool_), np.empty(0, np.bool_))
    return Outcome(task.utility, task.preset, task.seed, {}, nothing, [], [], (0.0, 0.0, 0.0), why)


def play(task: Task, home: Path | None = None) -> Outcome:
    """Play one storm, in a folder of its own within `home`, or in the one where it is kept."""
    if task.kept is not None:
        return _play_in(task, task.folder(task.kept))
    with TemporaryDirectory(prefix="faultline-storm-", dir=home) as folder:
        return _play_in(task, Path(folder))


def _play_in(task: Task, folder: Path) -> Outcome:
    network, storm, out, played = load_network(task.tables), folder / "storm", folder / "out", folder / "played.json"
    if not played.exists():
        rmtree(storm, ignore_errors=True)
        storm.mkdir(parents=True)
        played.write_text(json.dumps(_simulate_and_replay(task, network, storm, out)), "utf-8")
    simulated, replayed = json.loads(played.read_text("utf-8"))
    began = perf_counter()
    found = score(network, storm, out)
    shown = figures(found)
    return Outcome(
        task.utility,
        task.preset,
        task.seed,
        shown,
        found.judgements,
        list(found.spoken.values()),
        list(found.coverage.values()),
        (simulated, replayed, perf_counter() - began),
    )


def _simulate_and_replay(task: Task, network: Network, storm: Path, out: Path) -> tuple[float, float]:
    """Return the seconds that each took."""
    began = perf_counter()
    write_storm(storm, network, simulate(network, storm_options(task.seed, task.preset, task.options)))
    simulated = perf_counter()
    replay = Replay(prepare(ReplaySettings(task.tables, storm, out)))
    replay.clear_output()
    run_flow(replay.flow)
    return simulated - began, perf_counter() - simulated
