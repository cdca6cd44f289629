"""Ingest alone: JSON lines in memory to columns of evidence, on a network of a million meters, on one core.

Run it with `python benchmarks/ingest [--meters N] [--events N] [--batch N] [--rounds N]`. All rows work on the same
lines (but for the poisoned, the exchanged and the captured ones), in turns, and the median of the rounds is printed.
"""

from __future__ import annotations

import json
import platform
import random
import re
import statistics
import time
from argparse import ArgumentParser
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from models.contracts.inputs.meter import MeterEvent
from models.contracts.topics import METER_EVENTS
from models.decoding.wire_types import fast_decoder
from models.ingest.mounting.laid import Laid
from models.ingest.mounting.mountings import Mounting, Mountings
from models.ingest.origin_reader import OriginReader
from models.network.compiler import compile_network
from models.network.tables import DeviceColumns, PointColumns
from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from models.network.network import Network

START = 1_782_900_000_000
METERS_A_TRANSFORMER = 8


def million_meters(meters: int) -> Network:
    """One breaker above transformers of eight meters each: ingest looks at nothing but ids."""
    transformers = -(-meters // METERS_A_TRANSFORMER)
    devices = transformers + 1
    names = ["breaker", *(f"transformer-{number}" for number in range(transformers))]
    kinds, parents = [3] + [9] * transformers, [-1] + [0] * transformers
    ids = [f"usage-point-{number:07d}" for number in range(meters)]
    meter_ids = [f"meter-{number:07d}" for number in range(meters)]
    fed_by = (np.arange(meters) // METERS_A_TRANSFORMER + 1).astype(np.int32)
    return compile_network(
        DeviceColumns.bare(names, kinds, parents, ["substation"] * devices), PointColumns.bare(ids, meter_ids, fed_by)
    )


def storm(meters: int, events: int) -> list[bytes]:
    """Last gasps of meters all over the network, and restorations of a third of them."""
    chance = random.Random(1)
    lines = []
    for number in range(events):
        received = START + number // 100 + chance.randrange(500)
        event = {
            "event_id": f"mesh-{number:09d}",
            "meter_id": f"meter-{chance.randrange(meters):07d}",
            "kind": "last_gasp",
            "observed_at": format_time(received - chance.randrange(20_000)),
            "received_at": format_time(received),
            "source": "mesh",
        }
        if number % 3 == 0:
            event |= {"kind": "power_restored", "outage_started_at": format_time(received - 900_000)}
        lines.append(json.dumps(event, separators=(",", ":")).encode())
    return lines


def poison(lines: list[bytes]) -> list[bytes]:
    """One line in a hundred that is refused, each for another reason in turn."""
    ruin: list[Callable[[bytes], bytes]] = [
        lambda line: line[:80],
        lambda _: b"\x1f\x8b\x08\x00",
        lambda line: line.replace(b"meter-", b"mater-"),
        lambda line: line.replace(b'Z",', b'",'),
        lambda line: line.replace(b'"mesh"', b"7"),
    ]
    return [ruin[n // 100 % len(ruin)](line) if n % 100 == 0 else line for n, line in enumerate(lines)]


def exchanged(network: Network, lines: list[bytes], every: int) -> tuple[OriginReader, list[bytes]]:
    """One meter in so many was exchanged since the tables were drawn, and the new one speaks."""
    points = list(range(0, len(network.point_ids), every))
    known = Mountings(
        Mounting(meter.replace("meter-", "newer-"), point, START - 1, START - 1, 0, place - len(points))
        for place, (meter, point) in enumerate(
            zip(network.meter_ids.take(points), network.point_ids.take(points), strict=True)
        )
    )

    def renamed(found: re.Match[bytes]) -> bytes:
        return found[0] if int(found[1]) % every else b"newer-" + found[1]

    spoken = [re.sub(rb"meter-(\d+)", renamed, line) for line in lines]
    return OriginReader(network, METER_EVENTS, laid=Laid(known, network)), spoken


def captured(lines: list[bytes]) -> list[bytes]:
    """The lines as `kcat -C -J` writes them."""
    around = {"topic": METER_EVENTS, "partition": 0, "offset": 0, "tstype": "create", "ts": START, "key": None}
    return [json.dumps({**around, "payload": line.decode()}).encode() for line in lines]


def decode_each(decode: Callable[[bytes], object]) -> Callable[[list[bytes], int], None]:
    """Decode line by line and keep a batch's events, as ingest does, and nothing else."""

    def run(lines: list[bytes], batch: int) -> None:
        for start in range(0, len(lines), batch):
            [decode(line) for line in lines[start : start + batch]]

    return run


def ingest_all(ingest: OriginReader) -> Callable[[list[bytes], int], None]:
    """Do all of ingest: decode, check, times, look-up, columns, dead letters."""

    def run(lines: list[bytes], batch: int) -> None:
        log_time = 0
        for start in range(0, len(lines), batch):
            read = ingest.read(lines[start : start + batch], start, log_time)
            log_time = read.batch.last_log_time

    return run


def needed_fields() -> type[msgspec.Struct]:
    """The least that any decoder must give: what ingest uses, without a check of the rest."""
    fields = [("meter_id", str), ("kind", str), ("observed_at", str), ("received_at", str)]
    return msgspec.defstruct("Needed", [*fields, ("outage_started_at", str | None, None)], gc=False)


def machine() -> str:
    names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    versions = ", ".join(f"{package} {version(package)}" for package in ("msgspec", "numpy", "numba", "pydantic"))
    return f"{names[0].split(':')[1].strip()}, {len(names)} cores; Python {platform.python_version()}, {versions}"


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--meters", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=400_000)
    parser.add_argument("--batch", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    network = million_meters(options.meters)
    lines = storm(options.meters, options.events)
    ingest = ingest_all(OriginReader(network, METER_EVENTS))
    hundredth, tenth = exchanged(network, lines, 100), exchanged(network, lines, 10)
    contenders = {
        "bare typed decode, needed fields": (decode_each(msgspec.json.Decoder(needed_fields()).decode), lines),
        "bare typed decode, all fields": (decode_each(fast_decoder(MeterEvent)), lines),
        "ingest": (ingest, lines),
        "ingest, 1 % of the lines poisoned": (ingest, poison(lines)),
        "ingest, 1 % of the meters exchanged": (ingest_all(hundredth[0]), hundredth[1]),
        "ingest, 10 % of the meters exchanged": (ingest_all(tenth[0]), tenth[1]),
        "ingest, records of kcat -C -J": (ingest, captured(lines)),
    }
    spent: dict[str, list[float]] = {name: [] for name in contenders}
    ingest(lines[: options.batch], options.batch)  # compiled loops are loaded before the clock runs
    for _ in range(options.rounds):
        for name, (run, these) in contenders.items():
            start = time.process_time()
            run(these, options.batch)
            spent[name].append((time.process_time() - start) / len(these) * 1e6)
    floor = statistics.median(spent["bare typed decode, all fields"])
    print(machine())
    print(f"{options.meters:,} meters, {options.events:,} events of {len(lines[0])} bytes, {options.batch:,} a batch")
    print(f"\n| {'what':36} | CPU us an event | events/s a core | against bare decode |\n|---|---|---|---|")
    for name, rounds in spent.items():
        cost = statistics.median(rounds)
        print(f"| {name:36} | {cost:15.2f} | {1e6 / cost:15,.0f} | {cost / floor:19.2f} |")


if __name__ == "__main__":
    main()
