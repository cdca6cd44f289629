"""A town and a storm to look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapters.tables.write import write_tables
from cli.simulate.run import Request, make
from simulator.utility.generate import draw_utility

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from simulator.utility.territory import Extent


@dataclass(frozen=True, slots=True)
class Plan:
    """What town, and how bad a storm."""

    seed: int
    usage_points: int = 72_000
    extent: Extent = (-97.56, 37.63, -97.18, 37.77)
    peak_customers: int = 50_000
    faults_per_hour: float = 70.0
    hours: float = 3.0

    def storm(self) -> dict[str, object]:
        """Options of the simulator: feeders fail within half an hour, smaller faults for some hours."""
        return {
            "peak_customers": self.peak_customers,
            "ramp_minutes": 30.0,
            "faults_per_hour": self.faults_per_hour,
            "duration_seconds": 3600 * self.hours,
        }


def make_town(town: Path, plan: Plan, console: Console) -> None:
    """Write the tables of an invented town."""
    town.mkdir(parents=True, exist_ok=True)
    parts = (part.tables for part in draw_utility(plan.usage_points, plan.seed, plan.extent))
    devices, points = write_tables(town, "csv", parts)
    print_line(console, f"{town}: a town of {points:,} usage points and {devices:,} devices")


def make_storm(network: Path, storm: Path, seed: int, options: dict[str, object], console: Console) -> None:
    """Write a storm over a network, with all that is heard of it."""
    counts = make(Request(network, storm, None, None, None), seed, "full", options).counts
    print_line(console, f"{storm}: a storm of {counts['faults']:,} faults and {counts['meter_events']:,} meter events")


def print_line(console: Console, line: str) -> None:
    """Print a line as it is."""
    console.print(line, soft_wrap=True, highlight=False)
