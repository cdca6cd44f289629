"""Look-ups of the status API: single ones by clients that keep their connection, and batches of a hundred.

`python -m benchmarks.customers.lookups [--points N] [--clients N] [--requests N] [--rate N]`. Broker, clients and API
share the machine. The clock stands at the time of day, so that records go out as they stand.
"""

from __future__ import annotations

import os
import time
from argparse import ArgumentParser, Namespace
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from subprocess import Popen
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import orjson
from confluent_kafka import Producer

from adapters.connectors.clock import now_ms
from adapters.kafka.clients.producer import WRITING
from adapters.kafka.playing.embedded import EmbeddedBroker
from adapters.kafka.records.output_record import outgoing
from adapters.kafka.topics.table import layout
from benchmarks.command import COMMAND
from benchmarks.customers.__main__ import Watched, name_of, tables
from benchmarks.customers.asking import ask, told
from models.contracts.registry import output_of
from models.contracts.topics import OUTAGE_CLOCK
from models.customers.output import CUSTOMER_POWER
from models.times.iso8601 import format_time
from scripts.kafka.ports import free_ports

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

KEY = "benchmark"
BATCH = 100


def fill(bootstrap: str, names: Sequence[str], prefix: str = "", partitions: int = 1, *, clock: bool = True) -> None:
    """Write a record of each usage point, and the clock."""
    producer = Producer({**WRITING, "bootstrap.servers": bootstrap})
    at = format_time(now_ms() + 3_600_000)
    frame = {"schema_version": 1, "organisation": "benchmark", "updated_at": at}
    shared: dict[str, Any] = frame | {
        "zone_id": "z0", "power": "out", "as_of": at, "stale": False, "outage_id": name_of(0), "revision": 1,
        "since": at, "basis": "inferred", "planned": None, "etr_public": at, "etr_stage": "outage",
        "message_code": "estimate",
        "message_parameters": {"etr_public": at, "etr_stage": "outage", "since": at},
    }  # fmt: skip
    for number, name in enumerate(names):
        record = shared | {"usage_point_id": name, "sequence": number + 1, "event_id": f"{name}:{at}"}
        one = outgoing(CUSTOMER_POWER, record, "benchmark")
        _send(producer, one, prefix + CUSTOMER_POWER.topic, number % partitions)
    tick = frame | {"event_id": f"0:{at}", "sequence": 1, "evidence_partition": 0, "sequences": {}}
    if clock:
        _send(producer, outgoing(output_of(OUTAGE_CLOCK), tick, "benchmark"), prefix + OUTAGE_CLOCK, 0)
    producer.flush(120)


def _send(producer: Producer, one: Any, topic: str, partition: int) -> None:  # noqa: ANN401 (a record on its way)
    while True:
        try:
            producer.produce(topic, one.value, one.key, partition, headers=list(one.headers or ()))
        except BufferError:
            producer.poll(0.1)
        else:
            producer.poll(0)
            return


def single(name: str) -> bytes:
    path = f"/v1/usage-points/{name}/power"
    return f"GET {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {KEY}\r\n\r\n".encode()


def batch(names: Sequence[str]) -> bytes:
    body = orjson.dumps({"usage_point_ids": names})
    head = f"POST /v1/power/batch HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {KEY}\r\nContent-Length: {len(body)}"
    return f"{head}\r\n\r\n".encode() + body


def measure(port: int, watched: Watched, names: Sequence[str], options: Namespace) -> None:
    """Ask singly as fast as it goes, at a rate, and in batches."""
    asked = singles(names, options.requests)
    for rate in (None, options.rate):
        cpu = watched.cpu()
        took, seconds = ask(port, asked, options.clients, rate)
        each = (watched.cpu() - cpu) / len(asked) * 1e6
        print(f"single{f', {rate:,} a second' if rate else ''}: {told(took, seconds)}, {each:.0f} us of CPU each")
    firsts = range(0, min(len(names) - BATCH, options.requests * 2), BATCH)
    cpu, many = watched.cpu(), [batch(names[first : first + BATCH]) for first in firsts]
    took, seconds = ask(port, many, options.clients)
    each = (watched.cpu() - cpu) / len(many) / BATCH * 1e6
    print(f"batches of {BATCH}: {told(took, seconds)}, {each:.1f} us of CPU a state")
    print(f"{len(names):,} records: peak {watched.peak_memory()} MiB")


def singles(names: Sequence[str], count: int) -> list[bytes]:
    """Ask of so many usage points, spread over all."""
    step = max(len(names) // count, 1)
    return [single(names[number * step % len(names)]) for number in range(count)]


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--requests", type=int, default=50_000)
    parser.add_argument("--rate", type=int, default=5_000)
    options = parser.parse_args()
    with TemporaryDirectory() as name, EmbeddedBroker() as broker:
        folder = Path(name)
        for topic in layout(1, 1, played=True):
            broker.create(topic.name, topic.partitions)
        broker.create(CUSTOMER_POWER.topic, 1)
        names = [f"UP{number:08d}" for number in range(options.points)]
        fill(broker.bootstrap, names)
        tables(folder / "tables", options.points, 1)
        environment = os.environ | {"FAULTLINE_KAFKA": broker.bootstrap, "FAULTLINE_EMBEDDED": "true"}
        with status_api(folder, folder / "tables", environment) as (port, watched):
            measure(port, watched, names, options)


@contextmanager
def status_api(folder: Path, network: Path, environment: dict[str, str]) -> Iterator[tuple[int, Watched]]:
    """Run the status API until all is asked; gives its port once it has read all."""
    (port,) = free_ports(1)
    limits = "requests_per_second = 100000.0\nburst = 1000000\n"
    digest = sha256(KEY.encode()).hexdigest()
    (folder / "keys.toml").write_text(f'[[keys]]\nname = "a"\nscope = "everybody"\nsha256 = "{digest}"\n{limits}')
    arguments = ["--network", network, "--keys", folder / "keys.toml", "--listen", f"127.0.0.1:{port}"]
    process = Popen([*COMMAND, "serve", "status", *map(str, arguments)], env=environment)
    try:
        wait(port, process)
        yield port, Watched(process)
    finally:
        process.terminate()
        process.wait(60)


def wait(port: int, process: Popen[bytes]) -> None:
    """Wait until it has read all."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("the status API is not ready")


if __name__ == "__main__":
    main()
