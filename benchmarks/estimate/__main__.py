"""Estimates of restoration on a utility's history: learned from what came before, asked about what came after.

Run it with `python -m benchmarks.estimate FOLDER [--policy FILE]`; the folder holds the history of PG&E's outage map
(`pge-2019-06-to-2020-12.csv.gz`, see benchmarks/README.md). It takes some minutes.
"""

from __future__ import annotations

import platform
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from adapters.estimates.learning import learn
from adapters.estimates.policy_file import read_policy
from adapters.process.time_zone import offsets_of
from benchmarks.estimate.figures import Estimates, Kept, first_estimates, kept
from benchmarks.estimate.pge import TIME_ZONE, Outages, read_outages
from benchmarks.estimate.promises import Promised, promises
from models.outages.estimate.policy import PromisePolicy
from models.times.iso8601 import parse_time

if TYPE_CHECKING:
    from numpy.typing import NDArray

SPANS = {
    "storm, 17 to 31 October 2019": ("2019-10-17T07:00Z", "2019-11-01T07:00Z"),
    "October to December 2020": ("2020-10-01T07:00Z", "2021-01-01T08:00Z"),
}
"""Local midnights. A table is learned from what was over before the first, and asked about what was published then."""


class Row(NamedTuple):
    """What one span came to."""

    estimates: Estimates
    ours: Kept
    utilitys: Kept
    seconds: float


def main() -> None:
    parser = ArgumentParser(prog="python -m benchmarks.estimate", description=__doc__)
    parser.add_argument("folder", type=Path, help="holds the history")
    parser.add_argument("--policy", type=Path, help="TOML file with what is promised")
    given = parser.parse_args()
    policy = read_policy(given.policy) if given.policy else PromisePolicy()
    outages = read_outages(given.folder)
    passed_over = f"{outages.passed_over.total()} rows passed over"
    print(f"Python {platform.python_version()}; {len(outages.history.zone):,} outages, {passed_over}")
    for name, (begins, ends) in SPANS.items():
        row = measure(outages, policy, parse_time(begins) // 1000, parse_time(ends) // 1000)
        print_row(name, row)


def measure(outages: Outages, policy: PromisePolicy, begins: int, ends: int) -> Row:
    """Learn from what was over before a span, and ask about what was published in it."""
    history, started = outages.history, time.perf_counter()
    times = history.published_at
    table = learn(history.take(history.restored_at <= begins), TIME_ZONE, offsets_of(TIME_ZONE, int(times[0]), ends), 0)
    print(f"learned in {time.perf_counter() - started:.0f} s", file=sys.stderr)
    rows = np.flatnonzero((times >= begins) & (times < ends))
    figures, _ = first_estimates(table, outages, rows)
    made = promises(table, policy, history, rows)
    return Row(
        figures, kept(outages, rows, made), kept(outages, rows, utility(outages, rows)), time.perf_counter() - started
    )


def utility(outages: Outages, rows: NDArray[np.int64]) -> Promised:
    """What the utility promised: -1 where it said nothing."""
    return Promised(outages.first_estimate[rows], outages.last_estimate[rows], outages.estimate_changes[rows])


def print_row(name: str, row: Row) -> None:
    """Print a span's figures."""
    laid = Table(title=f"{name}: {row.estimates.outages:,} outages, {row.seconds:.0f} s")
    for column in ("figure", "Faultline", "the utility"):
        laid.add_column(column)
    estimates, ours, utilitys = row.estimates, row.ours, row.utilitys
    cells = [
        ("first estimate off, median h", f"{estimates.median_hours:.2f}", f"{estimates.utility_median_hours:.2f}"),
        ("the same, mean h", f"{estimates.mean_hours:.2f}", ""),
        ("80 % range holds", f"{estimates.held:.3f}", ""),
        (f"the same, {estimates.large:,} of 100 customers and more", f"{estimates.held_large:.3f}", ""),
        ("its width, median h", f"{estimates.width_hours:.2f}", ""),
        ("outages with a promise", f"{ours.outages:,}", f"{utilitys.outages:,}"),
        ("back by the last promise", f"{ours.kept:.3f}", f"{utilitys.kept:.3f}"),
        ("back by the first promise", f"{ours.kept_first:.3f}", f"{utilitys.kept_first:.3f}"),
        ("slack of the last, median h", f"{ours.slack_hours:.2f}", f"{utilitys.slack_hours:.2f}"),
        ("changes an outage", f"{ours.changes:.2f}", f"{utilitys.changes:.2f}"),
    ]
    for cell in cells:
        laid.add_row(*cell)
    Console(width=100).print(laid)


if __name__ == "__main__":
    main()
