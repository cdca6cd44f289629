"""Both flows as child processes, watched from outside: their metrics, processor time and memory."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self
from urllib.request import urlopen

from adapters.metrics.tables import evidence, service
from benchmarks.command import COMMAND
from scripts.kafka.ports import free_ports

if TYPE_CHECKING:
    from pathlib import Path

    from adapters.metrics.declaration import Row

TICK = os.sysconf("SC_CLK_TCK")
PATIENCE = 600.0
ENOUGH_LOOKS = 8


@dataclass(slots=True)
class Sample:
    """One look at a process: monotonic seconds, records done, processor seconds."""

    at: float
    done: float
    cpu: float


@dataclass
class Flow:
    """A flow that runs; `row` is the metric by which its records are counted."""

    name: str
    row: Row
    process: subprocess.Popen[bytes]
    port: int
    samples: list[Sample] = field(default_factory=list)

    @classmethod
    def start(cls, name: str, folder: Path, network: Path, environment: dict[str, str]) -> Self:
        """Start a flow with an empty state."""
        (port,) = free_ports(1)
        options = ("--network", str(network), "--state", str(folder / name), "--listen", f"127.0.0.1:{port}")
        with (folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen([*COMMAND, "run", name, *options], env=environment, stderr=log)
        row = service.MESSAGES_READ if name == "ingest" else evidence.EVIDENCE_ROWS
        return cls(name, row, process, port)

    def look(self) -> Sample | None:
        """Look at it now; None while it does not answer yet. Raises where it has ended."""
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.name} ended with code {self.process.returncode}; see its log")
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as answer:
                text = answer.read().decode()
        except OSError:
            return None
        counted = re.findall(rf'^{self.row.name}{{[^}}]*topic="ami\.[^}}]*}} ([0-9.e+]+)$', text, re.MULTILINE)
        sample = Sample(time.monotonic(), sum(map(float, counted)), self.cpu())
        self.samples.append(sample)
        return sample

    def cpu(self) -> float:
        """Give the processor seconds of the whole process, client threads included."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:  # noqa: PTH123 (one line of the kernel)
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def peak_memory(self) -> int:
        """Give the largest resident size so far, MiB."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:  # noqa: PTH123
            return int(re.findall(r"VmHWM:\s+(\d+)", file.read())[0]) >> 10

    def stop(self) -> None:
        """Stop it cleanly."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)


def wait_until(flows: list[Flow], records: int) -> None:
    """Look at flows until each has done so many records."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        samples = [flow.look() for flow in flows]
        if all(sample is not None and sample.done >= records for sample in samples):
            return
        time.sleep(0.25)  # a look costs the flow some milliseconds
    raise TimeoutError(f"{', '.join(flow.name for flow in flows)}: not at {records:,} after {PATIENCE:.0f} s")


def rate(flow: Flow) -> tuple[float, float]:
    """Give records a second, and processor microseconds a record, between the first record seen and the last.

    From the first look that sees records, or where these are too few from the last one before, which has some of the
    start in it.
    """
    done = [sample for sample in flow.samples if sample.done > 0]
    last = next(sample for sample in done if sample.done == done[-1].done)
    before = [sample for sample in flow.samples if sample.done == 0]
    moving = [sample for sample in done if sample.at <= last.at]
    first = moving[0] if len(moving) >= ENOUGH_LOOKS or not before else before[-1]
    records = last.done - first.done
    return records / (last.at - first.at), (last.cpu - first.cpu) / records * 1e6
