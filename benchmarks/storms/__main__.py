"""Storms of every preset over four networks, ten seeds each: how right the engine is, on average and at worst.

Run it with `python -m benchmarks.storms [--preset P ...] [--network N ...] [--seeds N] [--first-seed N]`. The engine is
given nothing but network and messages. A storm that takes longer than `--limit` seconds of processor time, or fails, is
shown as not finished, with nothing right in it. `--without-crews` plays the same storms without crews' messages,
`--slow-laws 1.5` with meters and messages half as slow again. `--keep FOLDER` leaves storms and outputs there (for
`faultline explain`, and to score them again by another score). `--quick` plays two seeds over the two small feeders and
fails where a figure is worse than `quick.json` by more than the spread that stands there; `--store` writes that file
anew. `--json` writes all figures, by preset and by network.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING

from rich.console import Console

from benchmarks.storms.floor import fallen, full_text, store
from benchmarks.storms.networks import SMALL, UTILITIES
from benchmarks.storms.storm import Task
from benchmarks.storms.table import tables
from benchmarks.storms.workers import play_all
from simulator.options import PRESETS

if TYPE_CHECKING:
    from benchmarks.storms.storm import Outcome


def main() -> None:
    given = arguments()
    began = perf_counter()
    with TemporaryDirectory(prefix="faultline-storms-") as home:
        runs = play_and_tell(given, Path(home))
    for table in tables(runs):
        Console(width=220).print(table)
    minutes = (perf_counter() - began) / 60
    simulated, replayed, scored = (sum(part) for part in zip(*(run.seconds for run in runs), strict=True))
    print(f"{minutes:.1f} minutes; simulation {simulated:.0f} s, replay {replayed:.0f} s, score {scored:.0f} s")
    for run in runs:
        if run.unfinished:
            print(f"not finished: {run.preset} over {run.utility}, seed {run.seed}: {run.unfinished}")
    if given.json:
        given.json.write_text(full_text(runs), encoding="utf-8")
    if given.store:
        store(runs)
    elif given.quick and (faults := fallen(runs)):
        sys.exit("\n".join(faults))


def arguments() -> Namespace:
    """Read what is asked for."""
    parser = ArgumentParser(prog="python -m benchmarks.storms", description=__doc__)
    parser.add_argument("--preset", nargs="+", choices=PRESETS, default=list(PRESETS))
    parser.add_argument("--network", nargs="+", choices=list(UTILITIES), help="by default all, of --quick the feeders")
    parser.add_argument("--seeds", type=int, help="storms of each preset and network; 10, of --quick 2")
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--without-crews", action="store_true", help="no message of any crew")
    parser.add_argument("--slow-laws", type=float, default=1.0, help="how much slower meters and messages are")
    parser.add_argument("--quick", action="store_true", help="two small feeders, held against the stored figures")
    parser.add_argument("--store", action="store_true", help="with --quick: store the figures instead")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--limit", type=int, default=300, help="seconds of processor time that a storm may take")
    parser.add_argument("--keep", type=Path, help="folder for storms and outputs; what is there is scored again")
    parser.add_argument("--json", type=Path, help="file for figures and spreads")
    given = parser.parse_args()
    if given.store and not given.quick:
        parser.error("--store goes with --quick; add it")
    given.network = given.network or list(SMALL if given.quick else UTILITIES)
    given.seeds = given.seeds or (2 if given.quick else 10)
    return given


def tasks(given: Namespace, home: Path) -> list[Task]:
    """List the storms, the longest first, so that no process waits for the other in the end."""
    besides = {"slow_laws": given.slow_laws} | ({"crews": False} if given.without_crews else {})
    tables = {name: UTILITIES[name].tables(home / name) for name in given.network}
    return [
        Task(name, tables[name], preset, seed, {**UTILITIES[name].chosen(preset), **besides}, given.keep)
        for name in reversed([name for name in UTILITIES if name in given.network])
        for preset in given.preset
        for seed in range(given.first_seed, given.first_seed + given.seeds)
    ]


def play_and_tell(given: Namespace, home: Path) -> list[Outcome]:
    """Play all storms, and say of each how it went; the last, a small one, first: machine code is compiled once."""
    *storms, small = tasks(given, home)
    runs: list[Outcome] = []
    began = perf_counter()
    for first in ([small], storms):
        for run in play_all(first, given.processes, given.limit, home):
            runs.append(run)
            went = run.unfinished or f"device F1 {run.shown['devices']['f1'] or 0:.3f}, {sum(run.seconds):.1f} s"
            so_far = f"{len(runs)}/{len(storms) + 1}, {(perf_counter() - began) / 60:.1f} min"
            print(f"[{so_far}] {run.preset} over {run.utility}, seed {run.seed}: {went}", file=sys.stderr, flush=True)
    order = list(UTILITIES), PRESETS
    return sorted(runs, key=lambda run: (order[1].index(run.preset), order[0].index(run.utility), run.seed))


if __name__ == "__main__":
    main()
