"""Both flows on a real Kafka: a million-meter blackout, preloaded and live, on two cores shared with the broker.

Run it with `python -m benchmarks.kafka [--meters N] [--events N] [--rounds N] [--rates R,R] [--json]`. Rows of a round
are interleaved; a round has topics of its own. CPU is the whole process's, client threads included.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from adapters.network.compiled_file import FORMAT_VERSION
from adapters.process.user_cache import user_cache
from benchmarks.command import COMMAND
from benchmarks.kafka.delays import percentiles, published
from benchmarks.kafka.flows import Flow, rate, wait_until
from scripts.kafka.broker import KafkaBroker

METERS = "ami.meter.events.v1"
PARTITIONS = 8


def network(meters: int) -> Path:
    """Give a compiled network of so many usage points, made once."""
    folder = user_cache() / "benchmarks" / f"network-{meters}-{PARTITIONS}-{FORMAT_VERSION}"
    artefact = folder / "network"
    if not artefact.exists():
        folder.mkdir(parents=True, exist_ok=True)
        run("network", "generate", "--usage-points", meters, "--seed", 1, "--output", folder / "tables")
        run(
            "network", "compile", "--network", folder / "tables",
            "--evidence-partitions", PARTITIONS, "--output", artefact,
        )  # fmt: skip
    return artefact


def run(*arguments: object, environment: dict[str, str] | None = None) -> None:
    subprocess.run([*COMMAND, *map(str, arguments)], check=True, env=environment, stdout=sys.stderr)


def answer(module: str, *arguments: object) -> dict[str, float]:
    """Run a part of this benchmark and read its JSON line."""
    command = [sys.executable, "-m", f"benchmarks.kafka.{module}", *map(str, arguments)]
    figures: dict[str, float] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return figures


@dataclass
class Bench:
    """One run of the benchmark."""

    options: Namespace
    bootstrap: str
    folder: Path
    artefact: Path
    rows: dict[str, list[dict[str, float]]] = field(default_factory=dict)
    extra: dict[str, str] = field(default_factory=dict)
    """What processes are told besides, as environment."""

    def round(self, number: int) -> None:
        """Each row once: the floor, both flows over a loaded topic one after the other, both at once, live."""
        prefix = f"r{number}."
        environment, folder = self.topics(prefix)
        events = self.load(prefix)
        floor = answer("bare", self.bootstrap, prefix + METERS, events)
        self.note("consume and decode, no work", {
            "rate": floor["records"] / floor["seconds"], "cpu": floor["cpu"] / floor["records"] * 1e6,
        })  # fmt: skip
        self.alone("ingest", "ingest alone", events, folder, environment)
        self.alone("outages", "outages alone", events, folder, environment)
        prefix = f"p{number}."
        environment, folder = self.topics(prefix)
        self.alone("ingest", "ingest alone, 1 % poison", self.load(prefix, "poison"), folder, environment)
        prefix = f"b{number}."
        environment, folder = self.topics(prefix)
        self.together(self.load(prefix), folder, environment)
        for live in self.options.rates:
            self.live(f"l{number}x{live}.", live)

    def load(self, prefix: str, *poison: str) -> int:
        """Fill the raw topic; returns the number of records (some usage points have no meter)."""
        sent = answer("blackout", self.artefact, self.bootstrap, prefix + METERS, self.options.events, 0, *poison)
        return int(sent["records"])

    def topics(self, prefix: str) -> tuple[dict[str, str], Path]:
        """Make the topics of a prefix and an empty folder."""
        folder = self.folder / prefix
        folder.mkdir()
        environment = os.environ | {"FAULTLINE_KAFKA": self.bootstrap, "FAULTLINE_TOPIC_PREFIX": prefix}
        environment |= {"FAULTLINE_ORGANISATION": "benchmark", "FAULTLINE_STALL_SECONDS": "600"} | self.extra
        run("topics", "create", "--replication", 1, "--prefix", prefix, environment=environment)
        return environment, folder

    def alone(self, name: str, row: str, events: int, folder: Path, environment: dict[str, str]) -> None:
        """One flow, the other one not running."""
        flow = Flow.start(name, folder, self.artefact, environment)
        try:
            wait_until([flow], events)
            self.note_flow(row, flow)
        finally:
            flow.stop()

    def together(self, events: int, folder: Path, environment: dict[str, str]) -> None:
        """Both flows at once over a loaded topic: from the first record read to the last that the engine took."""
        flows = [Flow.start(name, folder, self.artefact, environment) for name in ("ingest", "outages")]
        try:
            wait_until(flows, events)
            ingest, outages = flows
            begun = next(sample.at for sample in ingest.samples if sample.done > 0)
            ended = next(sample.at for sample in outages.samples if sample.done >= events)
            spent = sum(rate(flow)[1] for flow in flows)
            memory = max(flow.peak_memory() for flow in flows)
            self.note("both at once", {"rate": events / (ended - begun), "cpu": spent, "memory": memory})
        finally:
            for flow in flows:
                flow.stop()

    def live(self, prefix: str, live: int) -> None:
        """Both flows while the blackout comes in at a steady rate."""
        environment, folder = self.topics(prefix)
        flows = [Flow.start(name, folder, self.artefact, environment) for name in ("ingest", "outages")]
        try:
            wait_until(flows, 0)
            sent = answer("blackout", self.artefact, self.bootstrap, prefix + METERS, self.options.events, live)
            wait_until(flows, int(sent["records"]))
            rows = published(self.bootstrap, prefix + "outage.lifecycle.events.v1")
            figures = {"rate": sent["records"] / sent["seconds"], "memory": max(flow.peak_memory() for flow in flows)}
            self.note(f"live, {live:,} a second", figures | percentiles(rows) | {"outage_records": len(rows)})
            if not len(rows):
                print(f"no outage was published in {sent['seconds']:.0f} s: give more --events", file=sys.stderr)
        finally:
            for flow in flows:
                flow.stop()

    def note_flow(self, row: str, flow: Flow) -> None:
        """Keep a flow's figures."""
        speed, cpu = rate(flow)
        self.note(row, {"rate": speed, "cpu": cpu, "memory": flow.peak_memory()})

    def note(self, row: str, figures: dict[str, float]) -> None:
        """Keep figures of a row."""
        self.rows.setdefault(row, []).append(figures)
        print(f"{row}: " + ", ".join(f"{name} {value:,.2f}" for name, value in figures.items()), file=sys.stderr)


def machine() -> str:
    names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    versions = ", ".join(
        f"{package} {version(package)}" for package in ("bytewax", "confluent-kafka", "msgspec", "numba")
    )
    return f"{names[0].split(':')[1].strip()}, {len(names)} cores; Python {platform.python_version()}, {versions}"


def table(rows: dict[str, list[dict[str, float]]]) -> str:
    """Lay medians, with the spread of the rates."""
    lines = [
        "| what | k/s, median (spread) | CPU us an event | peak MiB | seconds p50 / p99 | after the instant p50 / p99 |"
    ]
    lines.append("|---|---|---|---|---|---|")
    for name, rounds in rows.items():

        def middle(figure: str, rounds: list[dict[str, float]] = rounds) -> float | None:
            values = [each[figure] for each in rounds if figure in each]
            return statistics.median(values) if values else None

        def told(*figures: str, form: str = ".2f") -> str:
            values = [middle(figure) for figure in figures]
            return " / ".join("" if value is None else f"{value:{form}}" for value in values) if any(values) else ""

        rates = [each["rate"] / 1000 for each in rounds]
        speed = f"{statistics.median(rates):.0f} ({min(rates):.0f} to {max(rates):.0f})"
        delays = told("from_record_p50", "from_record_p99"), told("after_instant_p50", "after_instant_p99")
        lines.append(f"| {name} | {speed} | {told('cpu')} | {told('memory', form='.0f')} | {' | '.join(delays)} |")
    return "\n".join(lines)


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--meters", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=3_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--rates", type=lambda text: [int(rate) for rate in text.split(",") if rate], default=[50_000, 110_000]
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with TemporaryDirectory() as folder, KafkaBroker(Path(folder) / "kafka") as broker:
        bench = Bench(options, broker.bootstrap, Path(folder), network(options.meters))
        for number in range(options.rounds):
            bench.round(number)
    if options.json:
        print(json.dumps(bench.rows, indent=2))
        return
    print(f"{machine()}\n{options.events:,} last gasps of {options.meters:,} meters, {PARTITIONS} partitions\n")
    print(table(bench.rows))


if __name__ == "__main__":
    main()
