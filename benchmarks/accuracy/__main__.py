"""Accuracy of the inference: 20 devices open at one moment, 0.1 % false gasps, independent loss, rates given.

Run it with `python -m benchmarks.accuracy [--seeds N] [--network FOLDER ...] [--faults N] [--json]`. Each storm is
heard in one instant, and as it comes in.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from cli.machine_code import keep_machine_code

keep_machine_code()  # before anything imports numba

from benchmarks.accuracy.case import read_utility  # noqa: E402
from benchmarks.accuracy.figures import MODELS, Figures, measure  # noqa: E402

NETWORKS = Path(__file__).parents[2] / "tests" / "data" / "networks"
RATES = (0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.99)
DESIGN = {
    ("ckt5", 20): {0.1: 0.330, 0.2: 0.532, 0.3: 0.664, 0.5: 0.819, 0.7: 0.909, 0.9: 0.969},
    ("epri_m1", 10): {0.1: 0.682, 0.2: 0.846, 0.3: 0.902, 0.5: 0.969, 0.7: 0.989, 0.9: 0.996},
}
"""F1 of the exact picture in the design's own simulator, whose prior is even; by network and number of faults."""


def main() -> None:
    parser = ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="storms a row")
    parser.add_argument("--network", type=Path, nargs="+", default=[NETWORKS / "ckt5", NETWORKS / "epri_m1"])
    parser.add_argument("--faults", type=int, default=20, help="devices that open")
    parser.add_argument("--json", action="store_true", help="print figures for machines")
    given = parser.parse_args()
    rows = {folder.name: run(folder, given.seeds, given.faults, quiet=given.json) for folder in given.network}
    if given.json:
        about = {"machine": machine(), "seeds": given.seeds, "faults": given.faults}
        plain = {
            name: [{"model": m, "delivery": rate, **asdict(of)} for (m, rate), of in found.items()]
            for name, found in rows.items()
        }
        print(json.dumps(about | {"networks": plain}))
        return
    print(f"{machine()}; seeds 1 to {given.seeds}")
    for name, found in rows.items():
        Console(width=118).print(table(name, given.faults, found))


def run(folder: Path, seeds: int, faults: int, *, quiet: bool) -> dict[tuple[str, float], Figures]:
    """Measure one network with each model file at each rate."""
    utility, found = read_utility(folder), {}
    for model, of in MODELS.items():
        for rate in RATES:
            found[model, rate] = measure(utility, of(utility, rate, faults), range(1, seeds + 1), faults)
            if not quiet:
                print(f"{folder.name}, {model} model file, delivery {rate}: done", file=sys.stderr)
    return found


def table(name: str, faults: int, found: dict[tuple[str, float], Figures]) -> Table:
    """Lay the figures out."""
    laid = Table(
        title=f"{name}: {faults} devices open at one moment",
        caption="Settled: when all waves are over. Last line: when that has come, in the middle of a wave or not.",
    )
    for column in (
        "model file",
        "delivery",
        "storms",
        *(f"F1\n{at}" for at in ("at once", "settled", "at last\nline")),
    ):
        laid.add_column(column, justify="right")
    laid.add_column("F1\ndesign", justify="right")
    for (model, rate), of in found.items():
        design = DESIGN.get((name, faults), {}).get(rate) if model == "fitted" else None
        f1s = (of.f1_at_once, of.f1_settled, of.f1_at_last_line)
        laid.add_row(
            model,
            f"{rate:.2f}",
            f"{of.cases}",
            *(f"{f1:.3f}" for f1 in f1s),
            "" if design is None else f"{design:.3f}",
            end_section=rate == RATES[-1],
        )
    return laid


def machine() -> str:
    """Name processor and versions."""
    names = [line for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if "model name" in line]
    versions = ", ".join(f"{package} {version(package)}" for package in ("faultline", "numba", "numpy"))
    return f"{names[0].split(':')[1].strip()}, {os.cpu_count()} cores; Python {platform.python_version()}, {versions}"


if __name__ == "__main__":
    main()
