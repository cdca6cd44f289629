"""A day of switchings, cuts, jumpers and generators over an invented town, with complete SCADA and exact clocks.

`python -m benchmarks.switching [--usage-points N] [--schemes N] [--seeds N]`: of each whole minute of the day, the
customers who are out by the ledger in the end, against those who were, by the positions alone. Nobody has a meter: all
that is said follows from positions.
"""

from __future__ import annotations

import json
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

import numpy as np

from adapters.network.load import load_network
from adapters.tables.write import write_tables
from benchmarks.switching.day import DAY_SECONDS, START, Day
from models.ledger.interruptions import InterruptionLedger
from simulator.utility.generate import draw_utility

MINUTES: Final = np.arange(0, DAY_SECONDS + 3600, 60)


class Figures(NamedTuple):
    """Of one day."""

    orders: int
    out_at_most: int
    minutes_wrong: int
    largest_error: int
    error_share: float
    """Customer-minutes that differ over those of the truth."""
    never_out: int
    """Customers of whom it was told for a while that they were out, and who never were."""


def main() -> None:
    """Play the days and print a line each."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--usage-points", type=int, default=2_000)
    parser.add_argument("--schemes", type=int, default=150)
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    for seed in range(1, given.seeds + 1):
        with TemporaryDirectory() as home:
            sys.stdout.write(f"seed {seed}: {play(Path(home), given.usage_points, given.schemes, seed)}\n")


def play(home: Path, usage_points: int, schemes: int, seed: int) -> Figures:
    """Make a town and a day, replay it, and compare."""
    network_folder, lines, said = home / "network", home / "input", home / "output"
    for folder in (network_folder, lines):
        folder.mkdir()
    parts = list(draw_utility(usage_points, seed))
    for part in parts:
        part.devices["telemetered"] = np.full(len(part.devices["device_id"]), "true")
        part.usage_points["meter_id"] = np.full(len(part.usage_points["usage_point_id"]), "")
    write_tables(network_folder, "csv", (part.tables for part in parts))
    network = load_network(network_folder)
    day = Day(network, Random(seed))
    day.plan(schemes)
    day.live()
    for topic, events in (("scada.device.events.v1", day.scada), ("outage.operator.commands.v1", day.commands)):
        (lines / f"{topic}.jsonl").write_text("".join(f"{json.dumps(event)}\n" for event in events))
    options = ["--network", str(network_folder), "--input", str(lines), "--output", str(said)]
    faultline = Path(sys.executable).parent / "faultline"
    subprocess.run([faultline, "replay", *options], check=True, stdout=subprocess.DEVNULL)
    return compare(day, said)


def compare(day: Day, said: Path) -> Figures:
    """Hold the ledger to the truth."""
    network, ledger, lost = day.network, InterruptionLedger(), 0
    for line in (said / "outage.membership.events.v1.jsonl").read_text().splitlines():
        record = json.loads(line)
        ledger.take(record)
        lost += record["changes"].count("lost")
    customers = network.customers
    told = np.zeros(len(MINUTES), np.int64)
    for point, number in enumerate(network.point_number.tolist()):
        for one in ledger.interruptions(number):
            since = (one.out_at - START) / 1000
            until = np.inf if one.back_at is None else (one.back_at - START) / 1000
            told[(since <= MINUTES) & (until > MINUTES)] += customers[point]
    truth = np.zeros(len(MINUTES), np.int64)
    for point, since, until in day.intervals:
        truth[(since <= MINUTES) & (until > MINUTES)] += customers[point]
    error = np.abs(told - truth)
    share = float(error.sum()) / max(int(truth.sum()), 1)
    wrong = int(np.count_nonzero(error))
    return Figures(len(day.orders), int(truth.max()), wrong, int(error.max()), round(share, 6), lost)


if __name__ == "__main__":
    main()
