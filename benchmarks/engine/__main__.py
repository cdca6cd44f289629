"""The outage engine alone: columns of evidence in memory go in, outages and restorations come out, on one core.

Run it with `python benchmarks/engine [--network DIR ...] [--batch ROWS] [--rounds N] [--copies N]`; without a network
it takes the real feeder of the tests. Whole zones and feeders lose power within ten seconds, up to 1.2 million usage
points; meters speak by hold-off and delay, each message arrives `--copies` times, and twenty minutes later power comes
back. CPU time, machine code already there, the median of the rounds; the stages are of one more, watched round.
"""

from __future__ import annotations

import platform
import resource
import statistics
import sys
import time
from argparse import ArgumentParser, Namespace
from collections import defaultdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numba.core.dispatcher import Dispatcher
from rich.console import Console
from rich.table import Table

from adapters.network.load import load_network
from models.evidence.batch import END_OF_LOG, EvidenceBatch, PointRows
from models.evidence.kinds import EVIDENCE_KINDS
from models.evidence.sources import source_number
from models.network.network import DEVICE_KINDS
from models.outages.engine import Engine
from models.outages.state.shared_tables import Shared
from models.outages.weights.delivery import lay_delivery
from models.outages.weights.parameters import Parameters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from models.network.network import Network

ORIGIN: Final = "ami.meter.events.v1/0"
START: Final = 1_782_900_000_000
OUTAGE_SECONDS: Final = 1_200
HEARD: Final = 0.85
HEARD_BACK: Final = 0.98
LARGEST: Final = 1_200_000
SMALL: Final = Path(__file__).parents[2] / "tests" / "data" / "networks" / "ckt5"
STAGES: Final = {"evidence_join": "join", "inference": "inference", "incumbency": "inference"}
"""Where compiled loops called from Python belong, by module; all others own, release and restore."""


def openings(network: Network, chance: np.random.Generator) -> NDArray[np.int64]:
    """Devices that open: of every other zone its roots, of the others half of the feeders."""
    breaker = DEVICE_KINDS.index("breaker")
    chosen: list[int] = []
    points = 0
    for turn, zone in enumerate(chance.permutation(len(network.zone_ids))):
        first, last = network.zone_device_start[zone], network.zone_device_start[zone + 1]
        below = np.arange(first, last)
        tops = below[network.parent[below] < 0] if turn % 2 == 0 else below[network.device_kind[below] == breaker][::2]
        chosen += tops.tolist()
        points += int((network.point_end[tops] - network.point_start[tops]).sum())
        if points >= LARGEST:
            break
    return np.array(chosen)


def delays(chance: np.random.Generator, mesh: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Seconds from sending to the log: lognormal by head-end, one in a hundred with a long tail."""
    noise = chance.normal(0, 1.0, mesh.size)
    usual: NDArray[np.float64] = np.exp(np.where(mesh, np.log(6) + noise, np.log(3) + 0.7 * noise))
    tail = np.minimum(30 * (1 + chance.pareto(1.2, mesh.size)), 1_800)
    return usual + np.where(chance.random(mesh.size) < 0.01, tail, 0)


def blackout(network: Network, chance: np.random.Generator, start: int, copies: int) -> list[PointRows]:
    """Last gasps and restoration messages of one blackout that begins at `start` (ms), each as often as told."""
    tops = openings(network, chance)
    sizes = network.point_end[tops] - network.point_start[tops]
    points = np.concatenate([np.arange(network.point_start[top], network.point_end[top]) for top in tops])
    lost = np.repeat(start + (chance.random(len(tops)) * 10_000).astype(np.int64), sizes)
    metered = network.meter_ids.lengths()[points] > 0
    points, lost = points[metered], lost[metered]
    mesh = chance.random(points.size) < 0.7
    hold_off = np.where(mesh, chance.uniform(20, 45, points.size), chance.uniform(0.2, 1.0, points.size))
    clock = (np.clip(chance.normal(0, 1, points.size), -4, 4) * 1000).astype(np.int64)
    back = lost + OUTAGE_SECONDS * 1000
    spoken = chance.uniform(5, 30, points.size)
    number = network.point_number[points]
    source = np.where(mesh, source_number("mesh"), source_number("cellular")).astype(np.uint32)
    gasp, restored = EVIDENCE_KINDS.index("last_gasp"), EVIDENCE_KINDS.index("power_restored")
    said = (
        (HEARD, gasp, lost, hold_off, np.zeros_like(lost)),
        (HEARD_BACK, restored, back, spoken, lost + clock),
    )
    waves = []
    for share, kind, at, wait, began in said:
        row = np.repeat(np.flatnonzero(chance.random(points.size) < share), copies)
        log_time = at[row] + ((wait[row] + delays(chance, mesh[row])) * 1000).astype(np.int64)
        order = np.argsort(log_time, kind="stable")
        row = row[order]
        kinds, offset = np.full(row.size, kind, np.uint8), np.zeros(row.size, np.int64)
        waves.append(
            PointRows(
                log_time[order], offset, number[row], kinds, (at + clock)[row], began[row], log_time[order], source[row]
            )
        )
    return waves


def joined(parts: list[PointRows]) -> PointRows:
    """All waves as one log in the order of log time."""
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in PointRows.__slots__}
    order = np.argsort(columns["log_time"], kind="stable")
    columns = {name: column[order] for name, column in columns.items()}
    return PointRows(**columns | {"offset": np.arange(len(order))})


def batches(rows: PointRows, size: int) -> Iterator[EvidenceBatch]:
    """The log cut as ingest hands it over."""
    for first in range(0, len(rows.log_time), size):
        cut = PointRows(**{name: getattr(rows, name)[first : first + size] for name in PointRows.__slots__})
        last = int(cut.log_time[-1])
        yield EvidenceBatch(ORIGIN, last, cut, read=len(cut.log_time), last_log_time=last)
    yield EvidenceBatch(ORIGIN, END_OF_LOG, last_log_time=int(rows.log_time[-1]))


def run(network: Network, rows: PointRows, size: int) -> tuple[float, dict[str, int]]:
    """CPU seconds of an engine over the log, and what it published."""
    parameters = Parameters()
    engine = Engine(Shared(network, parameters, lay_delivery(network, parameters)), [ORIGIN])
    handed_over = list(batches(rows, size))
    said = {"revisions": 0, "restorations": 0}
    start = time.process_time()
    for batch in handed_over:
        published = engine.advance(batch)
        said["revisions"] += len(published.lifecycle)
        said["restorations"] += len(published.restorations)
    return time.process_time() - start, said | {"outages": len(engine.state.partition.known)}


def watched(spent: dict[str, float]) -> None:
    """From now on add the time of each compiled loop that Python calls to its stage."""
    for name, module in list(sys.modules.items()):
        if name.startswith("models."):
            for key, value in list(vars(module).items()):
                if isinstance(value, Dispatcher):
                    stage = STAGES.get(value.__module__.removeprefix("models."), "ownership")
                    setattr(module, key, _timed(value, stage, spent))


def _timed(loop: Callable[..., Any], stage: str, spent: dict[str, float]) -> Callable[..., Any]:
    def call(*arguments: object) -> object:
        start = time.perf_counter()
        result = loop(*arguments)
        spent[stage] += time.perf_counter() - start
        return result

    return call


def measure(folder: Path, given: Namespace) -> tuple[str, ...]:
    """One line of the table."""
    network = load_network(folder)
    chance = np.random.default_rng(1)
    rows = joined(blackout(network, chance, START, given.copies))
    run(network, rows, given.batch)
    rounds = [run(network, rows, given.batch)[0] for _ in range(given.rounds)]
    spent: dict[str, float] = defaultdict(float)
    watched(spent)
    whole, said = run(network, rows, given.batch)
    spent["python"] = whole - sum(spent.values())
    stages = ", ".join(f"{stage} {100 * seconds / whole:.0f} %" for stage, seconds in spent.items())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    median = statistics.median(rounds)
    rate = f"{len(rows.log_time) / median:,.0f}"
    return folder.name, f"{len(rows.log_time):,}", f"{median:.2f}", rate, stages, f"{said['outages']:,}", f"{peak:.1f}"


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--network", type=Path, action="append")
    parser.add_argument("--batch", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--copies", type=int, default=3)
    given = parser.parse_args()
    title = f"the engine alone: {platform.processor() or platform.machine()}, Python {platform.python_version()}"
    table = Table(title=f"{title}, numpy {version('numpy')}, numba {version('numba')}, {given.rounds} rounds")
    for heading in ("network", "rows", "CPU s", "rows/s a core", "stages", "outages", "peak GiB"):
        table.add_column(heading)
    for folder in given.network or [SMALL]:
        table.add_row(*measure(folder, given))
    Console().print(table)


if __name__ == "__main__":
    main()
