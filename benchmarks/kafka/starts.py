"""How long a flow takes from its start to `/readyz`, its code compiled: on empty topics, after a stop, a kill, a loss.

Run it with `python -m benchmarks.kafka.starts [--meters N] [--events N] [--rounds N]`. Each start but the first comes
after a blackout of so many last gasps has gone through both flows; without its state outages reads the whole log again.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import time
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.request import urlopen

from benchmarks.kafka.__main__ import METERS, PARTITIONS, answer, machine, network, run
from benchmarks.kafka.flows import PATIENCE, Flow, wait_until
from scripts.kafka.broker import KafkaBroker

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NAMES = ("ingest", "outages")
GLANCE = 0.02
"""Seconds between two looks."""


@dataclass
class Starts:
    """Starts of both flows, in rounds, each on topics of its own."""

    options: Namespace
    bootstrap: str
    folder: Path
    artefact: Path
    seconds: dict[str, dict[str, list[tuple[float, float]]]] = field(default_factory=dict)
    """By how it is started and by flow: on the clock, and of the processor."""

    def round(self, number: int) -> None:
        """Each kind of start once."""
        prefix, state = f"s{number}.", self.folder / str(number)
        state.mkdir()
        environment = os.environ | {"FAULTLINE_KAFKA": self.bootstrap, "FAULTLINE_TOPIC_PREFIX": prefix}
        run("topics", "create", "--replication", 1, "--prefix", prefix, environment=environment)
        flows = [self.start("the first, on empty topics", name, state, environment) for name in NAMES]
        sent = answer("blackout", self.artefact, self.bootstrap, prefix + METERS, self.options.events, 0)
        wait_until(flows, int(sent["records"]))
        for how in ("after a clean stop", "after kill -9", "its state lost"):
            for flow in flows:
                if how == "after a clean stop":
                    flow.stop()
                else:
                    flow.process.kill()
                    flow.process.wait()
                if how == "its state lost":
                    shutil.rmtree(state / flow.name)
            flows = [self.start(how, name, state, environment) for name in NAMES]
        for flow in flows:
            flow.stop()

    def start(self, how: str, name: str, state: Path, environment: dict[str, str]) -> Flow:
        """Start a flow and wait until it is ready."""
        begun = time.monotonic()
        flow = Flow.start(name, state, self.artefact, environment)
        while not ready(flow) and time.monotonic() < begun + PATIENCE:
            time.sleep(GLANCE)
        taken = (time.monotonic() - begun, flow.cpu())
        print(f"{name}, {how}: {taken[0]:.1f} s, of the processor {taken[1]:.1f}", file=sys.stderr)
        self.seconds.setdefault(how, {}).setdefault(name, []).append(taken)
        return flow


def ready(flow: Flow) -> bool:
    """Ask a flow whether it is ready. Raises where it has ended."""
    if flow.process.poll() is not None:
        raise RuntimeError(f"{flow.name} ended with code {flow.process.returncode}; see its log")
    try:
        with urlopen(f"http://127.0.0.1:{flow.port}/readyz", timeout=5):
            return True
    except OSError:  # it does not listen yet, or says why it is not ready
        return False


def columns(flows: Mapping[str, list[tuple[float, float]]]) -> Iterator[tuple[float, ...]]:
    """Give the seconds of each flow, on the clock and of the processor."""
    for taken in flows.values():
        yield from zip(*taken, strict=True)


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--meters", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=600_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with TemporaryDirectory() as folder, KafkaBroker(Path(folder) / "kafka") as broker:
        starts = Starts(options, broker.bootstrap, Path(folder), network(options.meters))
        for number in range(options.rounds):
            starts.round(number)
    print(f"{machine()}\n{options.events:,} last gasps of {options.meters:,} meters, {PARTITIONS} partitions\n")
    print(
        "| start | ingest, s, median (spread) | of the processor | outages | of the processor |\n|---|---|---|---|---|"
    )
    for how, flows in starts.seconds.items():
        cells = [f"{statistics.median(some):.1f} ({min(some):.1f} to {max(some):.1f})" for some in columns(flows)]
        print(f"| {how} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
