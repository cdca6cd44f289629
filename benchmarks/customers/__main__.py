"""The flow `customers` on a real Kafka: a million customers out, restored and corrected, each at one instant.

Run it with `python -m benchmarks.customers [--points N] [--zones N] [--partitions N] [--kill keep|lose]`. Each zone is
an outage, and all of a partition's say the same at one instant: the worst that there is. What stands in the topic in
the end is held to the ledger, point by point.
"""

from __future__ import annotations

import os
import sys
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path
from shutil import rmtree
from subprocess import DEVNULL, Popen, run
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import orjson
from confluent_kafka import Consumer, Producer, TopicPartition

from adapters.kafka.clients.offset_range import RangeReader
from adapters.kafka.clients.producer import WRITING
from adapters.kafka.records.output_record import outgoing
from benchmarks.command import COMMAND
from benchmarks.kafka.flows import TICK
from models.contracts.outputs.membership import MOST_ENTRIES
from models.contracts.registry import output_of
from models.contracts.topics import OUTAGE_CLOCK, OUTAGE_LIFECYCLE, OUTAGE_MEMBERSHIP
from models.customers.output import CUSTOMER_POWER
from models.times.iso8601 import format_time
from scripts.kafka.broker import KafkaBroker

IDLE_SECONDS = 90.0
EPOCH_SECONDS = 2
START = 1_782_900_000_000
MODULE = "dataflows.customers.declaration"
PHASES = (("gained", 0), ("restored_inferred", 60_000), ("restored_confirmed", 50_000))
"""What is said of all, and when it was, after each went out."""


def name_of(zone: int) -> str:
    """Give an outage's id."""
    return "a" * 20 + np.base_repr(zone + 6 * 32**5, 32).lower().translate(str.maketrans("0189", "wxyz"))


def tables(folder: Path, points: int, zones: int) -> None:
    """Write a network of so many zones, each a breaker with its points."""
    devices = ["device_id,kind,parent_id,feeder_id,substation_id,longitude,latitude"]
    devices += [f"b{zone},breaker,,f{zone},z{zone},8.5,47.4" for zone in range(zones)]
    rows = ["usage_point_id,meter_id,device_id,load_kw,longitude,latitude"]
    rows += [f"UP{point:08d},M{point:08d},b{point * zones // points},1.0,8.5,47.4" for point in range(points)]
    folder.mkdir()
    (folder / "devices.csv").write_text("\n".join(devices) + "\n")
    (folder / "usage_points.csv").write_text("\n".join(rows) + "\n")


class Ledger:
    """What the outages flow would have written, phase by phase."""

    def __init__(self, bootstrap: str, options: Namespace) -> None:
        self.options = options
        self.producer = Producer({**WRITING, "bootstrap.servers": bootstrap})
        self.sequences = [
            dict.fromkeys((OUTAGE_LIFECYCLE, OUTAGE_MEMBERSHIP, OUTAGE_CLOCK), 0) for _ in range(options.partitions)
        ]
        self.out_at = START - np.random.default_rng(1).integers(0, 30_000, options.points)

    def write(self, phase: int) -> None:
        """Write a phase into all partitions."""
        points, zones, partitions = self.options.points, self.options.zones, self.options.partitions
        instant, (change, after) = START + 60_000 * phase, PHASES[phase]
        for zone in range(zones):
            first, last = -(-zone * points // zones), -(-(zone + 1) * points // zones)
            record = lifecycle(zone, phase + 1, instant, last - first)
            self._send(OUTAGE_LIFECYCLE, zone % partitions, record)
            starts = range(first, last, MOST_ENTRIES)
            for part, start in enumerate(starts, start=1):
                cut = slice(start, min(start + MOST_ENTRIES, last))
                self._send(OUTAGE_MEMBERSHIP, zone % partitions, {
                    **{name: record[name] for name in ("schema_version", "organisation", "outage_id", "revision")},
                    **{name: record[name] for name in ("zone_id", "updated_at", "network_version")},
                    "event_id": record["event_id"] if part == 1 else f"{record['event_id']}:{part}",
                    "part": part, "parts": len(starts), "usage_points": np.arange(cut.start, cut.stop),
                    "changes": [change] * (cut.stop - start), "out_at": self.out_at[cut],
                    "at": self.out_at[cut] + after, "others": [None] * (cut.stop - start),
                })  # fmt: skip
        self.tick(instant)

    def tick(self, instant: int) -> None:
        """Say that an instant is complete."""
        for partition in range(self.options.partitions):
            at = format_time(instant)
            self._send(OUTAGE_CLOCK, partition, {
                "event_id": f"{partition}:{at}", "schema_version": 1, "organisation": "benchmark",
                "evidence_partition": partition, "updated_at": at, "sequences": dict(self.sequences[partition]),
            })  # fmt: skip
        left = self.producer.flush(120)
        if left:
            raise RuntimeError(f"{left} records are not kept")

    def _send(self, topic: str, partition: int, record: dict[str, Any]) -> None:
        self.sequences[partition][topic] += 1
        one = outgoing(output_of(topic), record | {"sequence": self.sequences[partition][topic]}, "benchmark")
        self.producer.produce(topic, one.value, one.key, partition, headers=list(one.headers or ()))
        self.producer.poll(0)


def lifecycle(zone: int, revision: int, instant: int, customers: int) -> dict[str, Any]:
    """Make a revision of a zone's outage."""
    outage, at = name_of(zone), format_time(instant)
    unknown = (
        *(
            "substation_id",
            "feeder_id",
            "found_device_id",
            "supply_device_id",
            "phases_out",
            "restored_at",
            "nested_in",
        ),
        "merged_into",
        *("transferred_to", "parent_id", "follows", "planned", "cause", "operators", "place", "customers_served"),
        *("estimate_from", "estimate_to", "estimate_probability", "estimate_source", "etr_public", "etr_stage"),
    )
    return dict.fromkeys(unknown) | {
        "event_id": f"{outage}:{revision}", "schema_version": 1, "organisation": "benchmark", "outage_id": outage,
        "revision": revision, "change": ["status"], "status": "detected", "zone_id": f"z{zone}",
        "device_id": f"b{zone}", "device_kind": "breaker", "equivalent_device_ids": [], "evidence": "inferred",
        "confidence": 0.9, "alternatives": [], "crews": [], "started_at": format_time(START),
        "out_since": format_time(START), "detected_at": format_time(START), "sustained_at": at, "updated_at": at,
        "customers_affected": customers, "customers_restored": 0, "customers_transferred": 0, "degraded": False,
        "network_version": "benchmark", "priority_customers": {"critical": 0, "key": 0}, "customers_by_class": [],
        "areas": [], "restoration_steps": [], "customers_out": customers,
        "priority_out": {"life_support": None, "critical": 0, "key": 0},
    }  # fmt: skip


class Watched:
    """The flow as a process."""

    def __init__(self, process: Popen[bytes]) -> None:
        self.process = process

    def cpu(self) -> float:
        """Give its processor seconds, client threads included."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def peak_memory(self) -> int:
        """Give its largest resident size so far, MiB."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) // 1024


class Topic:
    """What the flow has written, read from outside."""

    def __init__(self, bootstrap: str, partitions: int) -> None:
        settings = {"bootstrap.servers": bootstrap, "group.id": "benchmark", "isolation.level": "read_committed"}
        self.bootstrap, self.consumer = bootstrap, Consumer(settings)
        self.places = [TopicPartition(CUSTOMER_POWER.topic, part, 0) for part in range(partitions)]

    def written(self) -> int:
        """Count the offsets that were given, marks of transactions among them."""
        with RangeReader({"bootstrap.servers": self.bootstrap}) as reader:
            return sum(reader.locate(place.topic, place.partition).end for place in self.places)

    def read(self, records: int) -> tuple[dict[str, dict[str, Any]], int, int]:
        """Read all: the last record of each key, how many there are, and how many ids come twice."""
        self.consumer.assign(self.places)
        last: dict[str, dict[str, Any]] = {}
        ids: set[int] = set()
        seen = 0
        heard_at = time.monotonic()
        while seen < records and time.monotonic() < heard_at + IDLE_SECONDS:
            messages = self.consumer.consume(10_000, 1.0)
            heard_at = time.monotonic() if messages else heard_at
            for message in messages:
                record = orjson.loads(message.value() or b"")
                last[record["usage_point_id"]] = {name: record[name] for name in ("power", "since", "basis")}
                ids.add(hash(record["event_id"]))
                seen += 1
        return last, seen, seen - len(ids)


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--zones", type=int, default=200)
    parser.add_argument("--partitions", type=int, default=8)
    parser.add_argument(
        "--kill", choices=("keep", "lose"), help="Kill the flow amid each phase; keep or lose its state."
    )
    options = parser.parse_args()
    with TemporaryDirectory() as name, KafkaBroker(Path(name) / "kafka") as broker:
        measure(Path(name), broker.bootstrap, options)


def measure(folder: Path, bootstrap: str, options: Namespace) -> None:
    """Write the phases one after the other, each when the last has been answered, or the flow was killed amid it."""
    tables(folder / "tables", options.points, options.zones)
    own = {"FAULTLINE_KAFKA": bootstrap, "FAULTLINE_FLOWS": MODULE, "FAULTLINE_ORGANISATION": "benchmark"}
    environment = os.environ | own | {"FAULTLINE_STALL_SECONDS": "600", "FAULTLINE_EPOCH_SECONDS": str(EPOCH_SECONDS)}
    make = ["network", "compile", "--network", folder / "tables", "--evidence-partitions", options.partitions]
    for command in (
        [*make, "--output", folder / "network"],
        ["topics", "create", "--replication", 1, "--evidence-partitions", options.partitions],
    ):
        run([*COMMAND, *map(str, command)], check=True, env=environment, stdout=DEVNULL)
    ledger, topic = Ledger(bootstrap, options), Topic(bootstrap, options.partitions)
    watched = start(folder, environment)
    try:
        for phase, (change, _) in enumerate(PHASES):
            before = topic.written()
            ledger.write(phase)
            begun, cpu = wait(topic, watched, before + 1, folder / "log")
            if options.kill:
                if options.kill == "lose" or phase:
                    wait(topic, watched, before + options.points // 2, folder / "log")
                    watched = kill(watched, folder, environment, lose=options.kill == "lose")
                if options.kill == "keep":
                    topic.read((phase + 1) * options.points)
                    time.sleep(3 * EPOCH_SECONDS)  # there is a state before the next kill
                continue
            ended, spent = wait(topic, watched, before + options.points, folder / "log")
            speed = options.points / (ended - begun)
            print(f"{change}: {speed:,.0f} records/s, {(spent - cpu) / options.points * 1e6:.1f} us of CPU a record, "
                  f"peak {watched.peak_memory()} MiB")  # fmt: skip
        ledger.tick(START + 60_000 * len(PHASES))  # time goes on: what a lost state left untold is told then
        check(topic, ledger, options)
    finally:
        watched.process.terminate()
        watched.process.wait(120)


def start(folder: Path, environment: dict[str, str]) -> Watched:
    """Start the flow, or start it again."""
    arguments = ["--network", folder / "network", "--state", folder / "state", "--listen", "127.0.0.1:0"]
    with (folder / "log").open("ab") as log:
        return Watched(Popen([*COMMAND, "run", "customers", *map(str, arguments)], env=environment, stderr=log))


def kill(watched: Watched, folder: Path, environment: dict[str, str], *, lose: bool) -> Watched:
    """Kill the flow, and start it again with its state or without."""
    watched.process.kill()
    watched.process.wait()
    if lose:
        rmtree(folder / "state")
    return start(folder, environment)


def wait(topic: Topic, watched: Watched, records: int, log: Path) -> tuple[float, float]:
    """Wait until so many offsets were given; returns when, and the processor time until then."""
    deadline = time.monotonic() + 600
    while topic.written() < max(records, 1):
        if watched.process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(log.read_text()[-2000:])
        time.sleep(0.02)
    return time.monotonic(), watched.cpu()


def check(topic: Topic, ledger: Ledger, options: Namespace) -> None:
    """Hold what stands in the topic to the ledger."""
    last, seen, twice = topic.read(len(PHASES) * options.points)
    wrong = sum(
        last.get(f"UP{point:08d}") != {"power": "on", "since": format_time(int(at) + 50_000), "basis": "confirmed"}
        for point, at in enumerate(ledger.out_at)
    )
    print(f"{seen:,} records of {len(last):,} usage points; {wrong} do not stand as the ledger says, {twice} ids twice")
    lost = options.kill == "lose" and len(last) == options.points  # what was not told before is told once, as it stands
    sys.exit(1 if wrong or twice or not (lost or seen == len(PHASES) * options.points) else 0)


if __name__ == "__main__":
    main()
