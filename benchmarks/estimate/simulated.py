"""Simulated storms with kinds of devices and crews as a history, and what estimates come to in other such storms.

`python -m benchmarks.estimate.simulated`. Storms of 20,000 usage points, each with a strength and a pool of crews of
its own: the first ones are learned from, the others asked about, at publication and when a crew has come.
"""

from __future__ import annotations

import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from adapters.estimates.history_csv import history_of
from adapters.estimates.learning import learn
from adapters.network.load import load_network
from benchmarks.estimate.ending import Storm, looks_at, middles
from benchmarks.storms.networks import UTILITIES
from models.network.network import DEVICE_KINDS
from models.outages.estimate.apply import remaining
from models.outages.estimate.history import History, Looks, first_looks, later_looks, situations
from models.times.iso8601 import format_time
from simulator.chance import chance
from simulator.course import NEVER, NONE
from simulator.options import SUMMER_AFTERNOON, StormOptions
from simulator.storms.summer import full_storm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from benchmarks.estimate.ending import Step
    from models.network.network import Network
    from simulator.course import Course

HOUR: Final = 3600
WEEK_MS: Final = 7 * 86_400_000
PUBLISHED_MS: Final = 300_000
"""An outage is published when it has proved to be none of moments."""
CREWS: Final = {"assigned": "crew_assigned_at", "on_site": "crew_on_site_at", "repairing": "crew_repairing_at"}
LOW, HIGH = 10, 90


class Held(NamedTuple):
    """Of some looks: the share of which the 80 % range holds, its mean width in hours, and that of the kind alone."""

    looks: int
    held: float
    hours: float
    hours_by_kind: float


def main() -> None:
    parser = ArgumentParser(prog="python -m benchmarks.estimate.simulated", description=__doc__)
    parser.add_argument("--learned", type=int, default=120, help="storms that are learned from")
    parser.add_argument("--asked", type=int, default=30, help="later storms that are asked about")
    given = parser.parse_args()
    history, border, steps = simulated(given.learned, given.asked)
    for name, held in measure(history, border).items():
        share = held.hours / held.hours_by_kind
        print(
            f"{name}: {held.looks:,} looks, range holds {held.held:.3f}, {held.hours:.2f} h, {share:.2f} of the kind's"
        )
    looks = [look for storm in _later(history, border, steps) for look in looks_at(*storm)]
    off, line = (np.array([abs(at - look.truth) for look, at in pairs]) for pairs in middles(looks))
    shares = [look.low <= look.truth <= look.high for look in looks]
    width = np.mean([look.high - look.low for look in looks])
    print(f"ends of storms: {len(looks)} looks, range holds {np.mean(shares):.3f}, {width:.2f} h")
    print(f"middle {off.mean():.2f} h off, a straight line {line[np.isfinite(line)].mean():.2f} h")


def simulated(learned: int, asked: int) -> tuple[History, int, list[list[Step]]]:
    """Play storms, one a week.

    Also returns when those begin that are to be asked about (seconds), and of each outage what its crews do.
    """
    with tempfile.TemporaryDirectory() as home:
        network = load_network(UTILITIES["town"].tables(Path(home) / "town"))
        played = [row for seed in range(learned + asked) for row in _rows(network, seed)]
    read = history_of([row for row, _ in played])
    steps = [played[row][1] for row in read.row.tolist()]
    return read.history, (SUMMER_AFTERNOON + learned * WEEK_MS) // 1000, steps


def _later(history: History, border: int, steps: list[list[Step]]) -> Iterator[tuple[Storm, int, int]]:
    """The storms that are asked about, with the ranges of their outages at publication."""
    table = learn(history.take(history.published_at < border), "UTC", [(0, 0)], 0)
    left = remaining(table, situations(history, first_looks(history), [(0, 0)]))
    low, high = (left[:, table.file.levels.index(level)].tolist() for level in (LOW, HIGH))
    for begins in range(border, int(history.published_at.max()), WEEK_MS // 1000):
        ends = begins + WEEK_MS // 1000
        rows = np.flatnonzero((history.published_at >= begins) & (history.published_at < ends)).tolist()
        ranges = [low[row] for row in rows], [high[row] for row in rows]
        yield Storm(history.take(np.array(rows)), *ranges, [steps[row] for row in rows]), begins, ends


def _rows(network: Network, seed: int) -> Iterator[tuple[dict[str, str], list[Step]]]:
    """One storm's outages as rows of a history, and what their crews do."""
    lots = chance(seed, "strength")
    options = StormOptions(
        seed=seed,
        start_at=SUMMER_AFTERNOON + seed * WEEK_MS,
        faults_per_hour=float(lots.uniform(10, 60)),
        momentary=0.3,
        crew_count=int(lots.integers(12, 40)),
    )
    course = full_storm(network, options)
    crews = _crews(course)
    for number, fault in enumerate(course.faults):
        if fault.kind != "fault" or fault.momentary or fault.closed_at >= NEVER:
            continue
        alone = fault.device == NONE
        device = int(network.point_device[fault.usage_point]) if alone else fault.device
        below = slice(int(network.point_start[device]), int(network.point_end[device]))
        times = {"started_at": fault.opened_at, "published_at": fault.opened_at + PUBLISHED_MS}
        times |= {"restored_at": fault.closed_at, **crews.get(number, {})}
        row = {
            "zone_id": str(network.device_zone[device]),
            "customers": str(1 if alone else int(network.customers[below].sum())),
            "device_kind": "service" if alone else DEVICE_KINDS[network.device_kind[device]],
            **{name: format_time(at) for name, at in times.items()},
        }
        mine = [step for step in course.crew_steps if step.fault == number]
        yield row, sorted((step.at // 1000, f"{seed}-{step.crew}", step.status) for step in mine)


def _crews(course: Course) -> dict[int, dict[str, int]]:
    """When a crew first took up each status, by fault."""
    found: dict[int, dict[str, int]] = {}
    for step in sorted(course.crew_steps, key=lambda step: step.at):
        if step.status in CREWS:
            found.setdefault(step.fault, {}).setdefault(CREWS[step.status], step.at)
    return found


def measure(history: History, border: int) -> dict[str, Held]:
    """Learn from what was published before the border, and ask about what came after."""
    table = learn(history.take(history.published_at < border), "UTC", [(0, 0)], 0)
    first, later = first_looks(history), later_looks(history)
    by_crew = history.crew_on_site_at[later.row] == later.at
    crew = Looks(later.row[by_crew], later.at[by_crew])
    found = {}
    for name, looks in (("at publication", first), ("crew on site", crew)):
        asked, left = situations(history, looks, [(0, 0)]), history.restored_at[looks.row] - looks.at
        after = looks.at >= border
        said = remaining(table, asked[after])
        low, high = said[:, table.file.levels.index(LOW)], said[:, table.file.levels.index(HIGH)]
        truth = left[after]
        kind = history.device_kind[looks.row]
        found[name] = Held(
            int(after.sum()),
            float(((low <= truth) & (truth <= high)).mean()),
            float((high - low).mean() / HOUR),
            _width_by_kind(kind, left, after) / HOUR,
        )
    return found


def _width_by_kind(kind: NDArray[np.int64], left: NDArray[np.int64], after: NDArray[np.bool_]) -> float:
    """The mean width of the range that the device kind alone gives, as looks before the border have it."""
    widths = np.zeros(len(kind))
    for code in np.unique(kind[after]):
        mine = kind == code
        known = left[mine & ~after] if (mine & ~after).any() else left[~after]
        widths[mine] = np.quantile(known, HIGH / 100) - np.quantile(known, LOW / 100)
    return float(widths[after].mean())


if __name__ == "__main__":
    main()
