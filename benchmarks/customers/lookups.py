"""Look-ups of the status API: single ones by clients that keep their connection, and batches of a hundred.

`python -m benchmarks.customers.lookups [--points N] [--clients N] [--requests N]`. Broker, clients and API share the
machine. The clock stands at the time of day, so that records go out as they stand.
"""

from __future__ import annotations

import asyncio
import os
import time
from argparse import ArgumentParser, Namespace
from hashlib import sha256
from pathlib import Path
from subprocess import Popen
from tempfile import TemporaryDirectory
from typing import Any
from urllib.request import urlopen

import orjson
from confluent_kafka import Producer

from adapters.connectors.clock import now_ms
from adapters.kafka.clients.producer import WRITING
from adapters.kafka.playing.embedded import EmbeddedBroker
from adapters.kafka.records.output_record import outgoing
from adapters.kafka.topics.table import layout
from benchmarks.customers.__main__ import Watched, name_of, tables
from benchmarks.kafka.flows import COMMAND
from models.contracts.registry import output_of
from models.contracts.topics import OUTAGE_CLOCK
from models.customers.output import CUSTOMER_POWER
from models.times.iso8601 import format_time
from scripts.kafka.ports import free_ports

KEY = "benchmark"
BATCH = 100


def fill(bootstrap: str, points: int) -> None:
    """Write a record of each point, and the clock."""
    producer = Producer({**WRITING, "bootstrap.servers": bootstrap})
    at = format_time(now_ms() + 3_600_000)
    frame = {"schema_version": 1, "organisation": "benchmark", "updated_at": at}
    shared: dict[str, Any] = frame | {
        "zone_id": "z0", "power": "out", "as_of": at, "stale": False, "outage_id": name_of(0), "revision": 1,
        "since": at, "basis": "inferred", "planned": None, "etr_public": at, "etr_stage": "outage",
        "message_code": "estimate",
        "message_parameters": {"etr_public": at, "etr_stage": "outage", "since": at},
    }  # fmt: skip
    for number in range(points):
        name = f"UP{number:08d}"
        record = shared | {"usage_point_id": name, "sequence": number + 1, "event_id": f"{name}:{at}"}
        _send(producer, outgoing(CUSTOMER_POWER, record, "benchmark"), CUSTOMER_POWER.topic)
    tick = frame | {"event_id": f"0:{at}", "sequence": 1, "evidence_partition": 0, "sequences": {}}
    _send(producer, outgoing(output_of(OUTAGE_CLOCK), tick, "benchmark"), OUTAGE_CLOCK)
    producer.flush(120)


def _send(producer: Producer, one: Any, topic: str) -> None:  # noqa: ANN401 (a record on its way)
    while True:
        try:
            producer.produce(topic, one.value, one.key, 0, headers=list(one.headers or ()))
        except BufferError:
            producer.poll(0.1)
        else:
            producer.poll(0)
            return


async def client(port: int, requests: list[bytes], seconds: list[float]) -> None:
    """Ask one after the other on one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in requests:
        begun = time.perf_counter()
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        if b" 200 " not in head:
            raise RuntimeError(head.decode())
        await reader.readexactly(int(head.split(b"content-length: ")[1].split(b"\r\n")[0]))
        seconds.append(time.perf_counter() - begun)
    writer.close()


def single(number: int) -> bytes:
    path = f"/v1/usage-points/UP{number:08d}/power"
    return f"GET {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {KEY}\r\n\r\n".encode()


def batch(first: int) -> bytes:
    body = orjson.dumps({"usage_point_ids": [f"UP{number:08d}" for number in range(first, first + BATCH)]})
    head = f"POST /v1/power/batch HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {KEY}\r\nContent-Length: {len(body)}"
    return f"{head}\r\n\r\n".encode() + body


async def measure(port: int, watched: Watched, options: Namespace) -> None:
    seconds: list[float] = []
    step = max(options.points // (options.clients * options.requests), 1)
    numbers = range(options.clients * options.requests)
    asked = [single(number * step % options.points) for number in numbers]
    begun, cpu = time.perf_counter(), watched.cpu()
    await asyncio.gather(*(client(port, asked[first :: options.clients], seconds) for first in range(options.clients)))
    took, spent = time.perf_counter() - begun, watched.cpu() - cpu
    seconds.sort()
    middle, tail = (seconds[len(seconds) * share // 100] * 1000 for share in (50, 99))
    each = f"{spent / len(seconds) * 1e6:.0f} us of CPU each, p50 {middle:.1f} ms, p99 {tail:.1f} ms"
    print(f"single: {len(seconds) / took:,.0f} look-ups/s, {each}")
    begun, many = time.perf_counter(), [batch(0)] * 100
    await asyncio.gather(*(client(port, many, []) for _ in range(4)))
    print(f"batches of {BATCH}: {4 * len(many) * BATCH / (time.perf_counter() - begun):,.0f} states/s")
    print(f"{options.points:,} records: peak {watched.peak_memory()} MiB")


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--requests", type=int, default=500)
    options = parser.parse_args()
    with TemporaryDirectory() as name, EmbeddedBroker() as broker:
        folder, (port,) = Path(name), free_ports(1)
        for topic in layout(1, 1, played=True):
            broker.create(topic.name, topic.partitions)
        broker.create(CUSTOMER_POWER.topic, 1)
        fill(broker.bootstrap, options.points)
        tables(folder / "tables", options.points, 1)
        limits = "requests_per_second = 100000.0\nburst = 1000000\n"
        digest = sha256(KEY.encode()).hexdigest()
        (folder / "keys.toml").write_text(f'[[keys]]\nname = "a"\nscope = "everybody"\nsha256 = "{digest}"\n{limits}')
        arguments = ["--network", folder / "tables", "--keys", folder / "keys.toml", "--listen", f"127.0.0.1:{port}"]
        environment = os.environ | {"FAULTLINE_KAFKA": broker.bootstrap, "FAULTLINE_EMBEDDED": "true"}
        process = Popen([*COMMAND, "serve", "status", *map(str, arguments)], env=environment)
        try:
            wait(port, process)
            asyncio.run(measure(port, Watched(process), options))
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
