"""The network at its real size: read, check, compile, write, load, look up; each stage with its time and peak memory.

Run it with `python benchmarks/network [--usage-points N] [--form csv|parquet]`; the tables are those of `faultline
network generate`. Compiling and loading run in processes of their own, machine code already there. Peak memory includes
what is mapped from files and was touched.
"""

from __future__ import annotations

import platform
import resource
import subprocess
import sys
import time
from argparse import ArgumentParser
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from adapters.network.compiled_file import load_artefact, write_artefact
from adapters.tables.read import read_tables
from models.columns.hash_index import index_names
from models.network.compiler import compile_network

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.columns.packed_text import PackedText

BATCH = 10_000
ROUNDS = 50
MILLION = 1_000_000


@contextmanager
def stage(name: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{name:<44}{seconds:>10.3f} s{peak:>10,.0f} MiB", flush=True)


def compile_stages(folder: Path, path: Path) -> None:
    with stage("read and check the tables"):
        tables = read_tables(folder)
    with stage("compile"):
        network = compile_network(tables.devices, tables.points)
    with stage("write the artefact"):
        write_artefact(network, path)
    with stage("compile as the next version"):
        compile_network(tables.devices, tables.points, network)


def load_stages(path: Path) -> None:
    with stage("load the artefact"):
        network = load_artefact(path)
    with stage("touch every byte of it"):
        total = _sum(network)
    print(f"{'':<44}{path.stat().st_size / 2**20:>23,.0f} MiB in the file (checksum {total & 0xFFFF})")
    for meters in sorted({min(MILLION, len(network.meter_ids)), len(network.meter_ids)}):
        names = network.meter_ids.gather(np.arange(meters))
        print(f"look up {BATCH:,} of {meters:,} meters at once{_median_lookup(names):>20.3f} us an id")


def _sum(part: object) -> int:
    if isinstance(part, np.ndarray):
        return int(part.view(np.uint8).sum(dtype=np.uint64))
    return sum(_sum(getattr(part, field.name)) for field in fields(part)) if is_dataclass(part) else 0


def _median_lookup(names: PackedText) -> float:
    """Return the microseconds an id, each batch drawn anew from all meters that have an id."""
    index = index_names(names)
    known = np.flatnonzero(names.lengths())
    chance = np.random.default_rng(1)
    seconds = []
    for _ in range(ROUNDS):
        wanted = names.take(known[chance.integers(0, len(known), BATCH)])
        start = time.perf_counter()
        index.find(names, wanted)
        seconds.append(time.perf_counter() - start)
    return float(np.median(seconds)) / BATCH * 1e6


def machine() -> str:
    models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    versions = ", ".join(f"{package} {version(package)}" for package in ("numpy", "numba", "pyarrow"))
    return f"{models[0].split(':')[1].strip()}, {len(models)} cores; Python {platform.python_version()}, {versions}"


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--usage-points", type=int, default=5_500_000)
    parser.add_argument("--form", choices=("csv", "parquet"), default="parquet")
    parser.add_argument("--stage", choices=("compile", "load"), help="run only this, on --folder and --file")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--file", type=Path)
    given = parser.parse_args()
    if given.stage == "compile":
        compile_stages(given.folder, given.file)
    elif given.stage == "load":
        load_stages(given.file)
    else:
        run_all(given.usage_points, given.form)


def run_all(usage_points: int, form: str) -> None:
    print(machine())
    with TemporaryDirectory() as scratch:
        folder, path = Path(scratch) / "tables", Path(scratch) / "network"
        _generate(1_000, form, folder)
        for name in ("compile", "load"):  # once on little, so that the machine code is there
            _run(name, folder, path, quiet=True)
        print(_generate(usage_points, form, folder))
        for name in ("compile", "load"):
            _run(name, folder, path, quiet=False)


def _generate(usage_points: int, form: str, folder: Path) -> str:
    options = ["--usage-points", str(usage_points), "--seed", "1", "--format", form, "--output", str(folder)]
    command = [sys.executable, "-c", "from cli.main import main; main()", "network", "generate", *options]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout.partition(": ")[2].strip()


def _run(name: str, folder: Path, path: Path, *, quiet: bool) -> None:
    command = [sys.executable, __file__, "--stage", name, "--folder", str(folder), "--file", str(path)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL if quiet else None)


if __name__ == "__main__":
    main()
