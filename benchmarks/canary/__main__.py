"""A canary under load, live on a real Kafka: how late it is found, beside how late the faults of a storm are.

`python -m benchmarks.canary [--points N] [--minutes M] [--faults-per-hour F] [--load R]`: a storm over an invented town
begins now and is written as it happens, into topics with the broker's time, as meters write; besides, `--load` messages
a second that say nothing new. Meanwhile `faultline canary` makes outages in each of 32 evidence partitions. Then the
evidence log is played again into files, these are scored, and the score's detection stands beside the canary's.
"""

from __future__ import annotations

import csv
import json
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import orjson
from confluent_kafka import Producer

from adapters.files.play import Playback
from adapters.files.topics import find_topic_files
from adapters.network.load import load_network
from benchmarks.command import COMMAND
from benchmarks.kafka.delays import percentiles, published
from benchmarks.kafka.flows import PATIENCE, Flow
from models.contracts.topics import CANARY_LIFECYCLE, METER_EVENTS, OUTAGE_LIFECYCLE, RAW_TOPICS
from models.ingest.record_keys import RecordKey, partition_for
from models.times.iso8601 import format_time
from scripts.kafka.broker import KafkaBroker
from scripts.kafka.ports import free_ports

if TYPE_CHECKING:
    from collections.abc import Iterator

RAW, EVIDENCE = 8, 32
EVERY, LASTING = 240, 100
LEAD_MS = 75_000
"""From the making of the storm to its beginning: all has to run by then."""
Line = tuple[int, str, bytes | None, bytes]


def run(*arguments: object, environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)], env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def lines_of(storm: Path) -> Iterator[Line]:
    """The lines of all topics in the order in which they arrived, whatever a wrong clock says of it."""
    with Playback(find_topic_files(storm, RAW_TOPICS), load_network(storm / "network")) as playback:
        keys = {topic: RecordKey(topic) for topic in RAW_TOPICS}
        for at, place, _, line in playback.lines():
            if line and line.strip():
                topic = playback.topics[place]
                yield at, topic, keys[topic].read(line), line


def lit_meters(storm: Path) -> list[str]:
    """Meters that have power all the time: a sag of any other would be a lie."""
    with (storm / "truth" / "interruptions.csv").open(encoding="utf-8") as file:
        dark = {row["usage_point_id"] for row in csv.DictReader(file)}
    network = load_network(storm / "network")
    pairs = zip(network.point_ids, network.meter_ids, strict=True)
    return [meter for point, meter in pairs if meter and point not in dark]


class Player:
    """Writes a storm as it happens, and a load besides."""

    def __init__(self, bootstrap: str, storm: Path, until: int, load: int) -> None:
        self._producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 5, "acks": "all"})
        self._storm, self._until, self._load = storm, until, load
        self._meters = lit_meters(storm)
        self.stop, self.written, self.loaded = Event(), 0, 0
        self.latest = 0
        """At the most, how late a line of the storm was written (ms)."""
        self.thread = Thread(target=self._play, daemon=True)

    def _play(self) -> None:
        load = Thread(target=self._load_up, daemon=True)
        load.start()
        for at, topic, key, line in lines_of(self._storm):
            if at > self._until or self.stop.is_set():
                break
            while (left := at - now_ms()) > 0:
                self._producer.poll(min(left / 1000, 0.1))
            self.latest = max(self.latest, now_ms() - at)
            self._producer.produce(topic, line, key, partition_for(key, line, RAW))
            self.written += 1
        self.stop.wait(max(self._until - now_ms(), 0) / 1000)
        self.stop.set()
        load.join()
        self._producer.flush(60)

    def _load_up(self) -> None:
        """Messages of meters that have had a sag: they are read, looked up, kept, and move nothing."""
        producer = Producer({"bootstrap.servers": self._producer_address(), "linger.ms": 20, "acks": "all"})
        begun = time.monotonic()
        draw = random.Random(1)
        while not self.stop.is_set() and self._load:
            wanted = int((time.monotonic() - begun) * self._load)
            for number in range(self.loaded, wanted):
                meter, at = draw.choice(self._meters), format_time(now_ms())
                event = {
                    "event_id": f"load-{number}", "meter_id": meter, "kind": "voltage_sag", "source": "mesh",
                    "observed_at": at, "received_at": at,
                }  # fmt: skip
                value = orjson.dumps(event)
                producer.produce(METER_EVENTS, value, meter, partition_for(meter.encode(), value, RAW))
            self.loaded = max(wanted, self.loaded)
            producer.poll(0.02)
        producer.flush(60)

    def _producer_address(self) -> str:
        return os.environ["FAULTLINE_KAFKA"]


def score(folder: Path, storm: Path, network: Path, environment: dict[str, str]) -> dict[str, Any]:
    """Play the log again into files, put them together as a replay has them, and score them."""
    offline, files = folder / "offline", folder / "files"
    run("run", "outages", "--offline", "--network", network, "--output", offline, environment=environment)
    files.mkdir()
    by_stem: dict[str, list[bytes]] = {}
    for path in sorted(offline.iterdir()):
        by_stem.setdefault(re.sub(r"\.\d{5}\.jsonl$", ".jsonl", path.name), []).extend(path.read_bytes().splitlines())
    for name, some in by_stem.items():
        order = sorted(some, key=lambda line: orjson.loads(line)["updated_at"])
        (files / name).write_bytes(b"".join(line + b"\n" for line in order))
    details = folder / "details.json"
    found = json.loads(run("score", "--truth", storm, "--output", files, "--json", "--details", details))
    return {"score": found, "details": json.loads(details.read_bytes())}


def figures(seconds: list[float]) -> dict[str, float]:
    if not seconds:
        return {"outages": 0}
    return {
        "outages": len(seconds),
        "median": round(statistics.median(seconds), 1),
        "mean": round(statistics.mean(seconds), 1),
    }


def sizes_of(storm: Path) -> dict[str, int]:
    lines = (storm / "truth" / "faults.jsonl").read_bytes().splitlines()
    return {fault["fault_id"]: fault["customers"] for fault in map(orjson.loads, lines)}


def bench(options: Namespace, folder: Path, broker: KafkaBroker) -> dict[str, Any]:
    environment = os.environ | {"FAULTLINE_KAFKA": broker.bootstrap}
    os.environ["FAULTLINE_KAFKA"] = broker.bootstrap
    town, storm, network = folder / "town", folder / "storm", folder / "network"
    run("network", "generate", "--usage-points", options.points, "--seed", 1, "--output", town)
    run("network", "compile", "--network", town, "--evidence-partitions", EVIDENCE, "--canary", "--output", network)
    topics = ("--replication", 1, "--raw-partitions", RAW, "--evidence-partitions", EVIDENCE)
    run("topics", "create", *topics, environment=environment)
    begin = now_ms() + LEAD_MS
    hours = options.minutes / 60
    run(
        "simulate", "--network", town, "--output", storm, "--seed", options.seed, "--preset", "good",
        "--start", format_time(begin), "--duration", hours, "--faults-per-hour", options.faults_per_hour,
    )  # fmt: skip
    until = begin + round((options.minutes + options.more) * 60_000)
    flows = [Flow.start(name, folder, network, environment) for name in ("ingest", "outages")]
    (port,) = free_ports(1)
    deadline = time.monotonic() + PATIENCE
    while any(flow.look() is None for flow in flows):
        if time.monotonic() > deadline:
            raise TimeoutError("the flows do not start")
        time.sleep(0.5)
    player = Player(broker.bootstrap, storm, until, options.load)
    log = folder / "canary.log"
    with log.open("wb") as file:
        own = ("--every", EVERY, "--lasting", LASTING, "--network", network, "--listen", f"127.0.0.1:{port}")
        canary = subprocess.Popen([*COMMAND, "canary", *map(str, own)], env=environment, stderr=file)
    try:
        player.thread.start()
        cpu = [flow.cpu() for flow in flows]
        while player.thread.is_alive():
            player.thread.join(5)
            if canary.poll() is not None:
                raise RuntimeError(f"the canary has ended: {log.read_text()}")
        used = [flow.cpu() - before for flow, before in zip(flows, cpu, strict=True)]
        metrics = urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30).read().decode()
    finally:
        player.stop.set()
        canary.send_signal(signal.SIGTERM)
        canary.wait(60)
        for flow in flows:
            flow.stop()
    sys.stderr.write(log.read_text())
    found = re.findall(r"was found ([0-9.]+) s", log.read_text())
    scored = score(folder, storm, network, environment)
    sizes = sizes_of(storm)
    right = [one for one in scored["details"]["right"] if one["detection_seconds"] is not None]
    alike = [one["detection_seconds"] for one in right if 5 <= sizes[one["fault_id"]] <= 60]
    return {
        "canary": figures([float(one) for one in found]),
        "score": figures([one["detection_seconds"] for one in right]),
        "score, faults of 5 to 60 customers": figures(alike),
        "score as it says": scored["score"].get("detection_seconds"),
        "canary, published": percentiles(published(broker.bootstrap, CANARY_LIFECYCLE)),
        "real, published": percentiles(published(broker.bootstrap, OUTAGE_LIFECYCLE)),
        "metrics": [line for line in metrics.splitlines() if re.match(r"faultline_canary.*(_total|_count|_sum)", line)],
        "not right": [line for line in log.read_text().splitlines() if "WARNING" in line or ": found at" in line][:20],
        "written": {"storm": player.written, "load": player.loaded, "latest_ms": player.latest},
        "processor seconds": dict(zip(("ingest", "outages"), used, strict=True)),
        "load average": os.getloadavg(),
    }


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--minutes", type=float, default=12)
    parser.add_argument("--more", type=float, default=4, help="minutes after the last fault")
    parser.add_argument("--faults-per-hour", type=float, default=800)
    parser.add_argument("--load", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with TemporaryDirectory() as folder, KafkaBroker(Path(folder) / "kafka") as broker:
        sys.stdout.write(json.dumps(bench(options, Path(folder), broker), indent=2) + "\n")


if __name__ == "__main__":
    main()
