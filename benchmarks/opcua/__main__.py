"""The OPC UA connector at its size: many points, a steady pace of changes, then a burst.

Run it with `python -m benchmarks.opcua [--points N] [--rate N] [--seconds N] [--burst N]`. The server is asyncua's,
beside the connector on the same cores; reports are taken from the connector's queue, so Kafka is not in the figures. A
delay is from the moment at which the server has written a value to its arrival at the connector, publishing interval
included.
"""

from __future__ import annotations

import asyncio
import json
import platform
import random
import subprocess
import sys
import threading
import time
from argparse import ArgumentParser
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapters.connectors.report_queue import ReportQueue
from adapters.opcua.connection import Identity
from adapters.opcua.connector import OpcUaConnector
from adapters.opcua.settings import OpcUaSettings
from benchmarks.opcua.server import NAMESPACE, node_name
from models.telemetry.points import Point

if TYPE_CHECKING:
    from collections.abc import Callable

SETTLE_SECONDS = 120.0


@dataclass
class Figures:
    """What a run came to; delays in milliseconds."""

    connect_seconds: float
    written: int = 0
    reported: int = 0
    gaps: int = 0
    p50: float = 0.0
    p99: float = 0.0
    connector_cpu: float = 0.0
    server_cpu: float = 0.0
    burst_written: int = 0
    burst_reported: int = 0
    burst_seconds: float = 0.0
    burst_p99: float = 0.0
    resident_mib_connected: float = 0.0
    resident_mib_after: float = 0.0
    resident_mib_after_burst: float = 0.0
    """Of both benchmark and connector; the delays that the benchmark keeps, some bytes a change, are in it."""


class Run:
    """A connector in a thread of this process, a server in another process."""

    def __init__(self, points: int) -> None:
        command = [sys.executable, "-m", "benchmarks.opcua.server", json.dumps({"nodes": points})]
        self._server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        endpoint: dict[str, Any] = {"name": "bench", "urls": [self._answer()["url"]], "security_policy": "None"}
        endpoint |= {"security_mode": "None", "timeout_seconds": 60.0}
        given = {"connector": "b", "network": "n", "mapping": "m", "state": "s", "stale_seconds": 60.0}
        settings = OpcUaSettings.model_validate(given | {"endpoints": [endpoint]})
        mapped = [
            Point("bench", f"nsu={NAMESPACE};s={node_name(number)}", f"device-{number}", "position")
            for number in range(points)
        ]
        self.queue = ReportQueue(1_000_000)
        identity = Identity(settings.application_uri)
        self.connector = OpcUaConnector(settings, identity, mapped, self.queue, {}, random.random)
        self.delays: list[int] = []
        self.gaps = 0
        self._loop, self._stop = asyncio.new_event_loop(), asyncio.Event()
        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(self.connector.run(self._stop)))

    def start(self, points: int) -> float:
        """Connect, and give the seconds until all has been read."""
        begun = time.perf_counter()
        self._thread.start()
        self._until(lambda: len(self.delays) >= points and self.connector.links()[0].state == "connected")
        self.delays.clear()
        return time.perf_counter() - begun

    def change(self, **how: float) -> dict[str, Any]:
        """Let the server write, and wait until all has come."""
        print(json.dumps(how), file=self._server.stdin, flush=True)
        done: list[dict[str, Any]] = []
        waiter = threading.Thread(target=lambda: done.append(self._answer()))
        waiter.start()
        while waiter.is_alive():
            self._drain()
            time.sleep(0.05)
        self._until(lambda: len(self.delays) >= done[0]["written"])
        return done[0]

    def close(self) -> None:
        """End both."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._loop.close()
        self._server.kill()
        self._server.communicate()

    def _until(self, what: Callable[[], bool]) -> None:
        deadline = time.monotonic() + SETTLE_SECONDS
        while not what() and time.monotonic() < deadline:
            self._drain()
            time.sleep(0.02)

    def _drain(self) -> None:
        for report in self.queue.take(100_000, 0):
            event = json.loads(report.value)
            if event["kind"] == "gap":
                self.gaps += 1
            else:
                self.delays.append(event["received_at"] - event["observed_at"])

    def _answer(self) -> dict[str, Any]:
        line = next(iter(self._server.stdout or ()), "")
        answer: dict[str, Any] = json.loads(line)
        return answer


def measure(points: int, rate: float, seconds: float, burst: int) -> Figures:
    """Follow so many points, at a steady pace and then through a burst."""
    run = Run(points)
    try:
        figures = Figures(connect_seconds=round(run.start(points), 1))
        figures.resident_mib_connected = resident_mib()
        cpu = time.process_time()
        done = run.change(rate=rate, seconds=seconds)
        figures.written, figures.server_cpu = done["written"], done["cpu"]
        figures.connector_cpu = round(time.process_time() - cpu, 1)
        figures.reported, figures.gaps = len(run.delays), run.gaps
        figures.p50, figures.p99 = share(run.delays, 0.5), share(run.delays, 0.99)
        figures.resident_mib_after = resident_mib()
        run.delays.clear()
        begun = time.perf_counter()
        figures.burst_written = run.change(burst=burst)["written"]
        figures.burst_reported, figures.gaps = len(run.delays), run.gaps
        figures.burst_seconds, figures.burst_p99 = round(time.perf_counter() - begun, 1), share(run.delays, 0.99)
        figures.resident_mib_after_burst = resident_mib()
    finally:
        run.close()
    return figures


def share(delays: list[int], part: float) -> float:
    ordered = sorted(delays)
    return float(ordered[min(int(part * len(ordered)), len(ordered) - 1)]) if ordered else 0.0


def resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * 4096 / (1 << 20))


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=50_000)
    parser.add_argument("--rate", type=float, default=2_000)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--burst", type=int, default=20_000)
    options = parser.parse_args()
    versions = ", ".join(f"{name} {version(name)}" for name in ("asyncua", "confluent-kafka"))
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, {versions}")
    pace = f"{options.rate:,.0f} changes/s for {options.seconds:.0f} s"
    print(f"{options.points:,} points, {pace}, then {options.burst:,} at once")
    for name, value in vars(measure(options.points, options.rate, options.seconds, options.burst)).items():
        print(f"{name.replace('_', ' '):<24}{value:>12,}")


if __name__ == "__main__":
    main()
