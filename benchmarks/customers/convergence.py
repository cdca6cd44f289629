"""Whether customers' states come to what the ledger says: storms of presets and seeds, replayed with the flow.

`python -m benchmarks.customers.convergence --network TABLES [--presets full,bad] [--seeds 10]`: a line a storm, code 1
if any point does not stand as the ledger has it, or a record says what the one before said.
"""

from __future__ import annotations

import os
import sys
import time
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from subprocess import DEVNULL, run
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import orjson

from adapters.network.load import load_network
from benchmarks.command import COMMAND
from models.contracts.topics import OUTAGE_LIFECYCLE, OUTAGE_MEMBERSHIP
from models.customers.output import CUSTOMER_POWER
from models.ledger.interruptions import Interruption, InterruptionLedger
from models.timeline.life import ADDED
from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from collections.abc import Iterator

MODULE = "dataflows.customers.declaration"
FIELDS = ("outage_id", "power", "since", "basis")
MISTAKES = {"never_out", "cancelled"}


def read(folder: Path, topic: str) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in (folder / f"{topic}.jsonl").read_bytes().splitlines()]


def differences(folder: Path, names: dict[int, str]) -> Iterator[str]:
    """Name what does not stand as the ledger of a replay says; `names` are ids by stable number."""
    ledger = InterruptionLedger()
    for record in read(folder, OUTAGE_MEMBERSHIP):
        ledger.take(record)
    evidence = {record["outage_id"]: record["evidence"] for record in read(folder, OUTAGE_LIFECYCLE)}
    last: dict[str, dict[str, Any]] = {}
    for record in read(folder, CUSTOMER_POWER.topic):
        said = {name: value for name, value in record.items() if name not in ADDED}
        if last.get(record["usage_point_id"]) == said:
            yield f"{record['event_id']} says what was said"
        last[record["usage_point_id"]] = said
    if strangers := last.keys() - set(names.values()):
        yield f"{sorted(strangers)} are nobody's"
    for number, name in names.items():
        stands, interruptions = last.get(name), ledger.interruptions(number)
        if not interruptions:
            if stands is not None and stands["message_code"] not in MISTAKES:
                yield f"{name} was never out and is said to be {stands['power']}"
            continue
        latest = max(interruptions, key=_end)  # one within another says nothing of how it stands
        # Who was out once more because a return had been told wrongly came back by what was told last.
        others = interruptions if latest.back_at is not None else []
        found = None if stands is None else {field: stands[field] for field in FIELDS}
        mistaken = stands is not None and stands["message_code"] in MISTAKES
        if not mistaken and found not in [_standing(one, evidence) for one in (latest, *others)]:
            yield f"{name}: {found} is not {_standing(latest, evidence)}"


def _standing(interruption: Interruption, evidence: dict[str, str]) -> dict[str, str]:
    """How a point stands of which this is the last interruption."""
    out = interruption.back_at is None
    return {
        "outage_id": interruption.outage_id,
        "power": "out" if out else "on",
        "since": format_time(interruption.out_at if interruption.back_at is None else interruption.back_at),
        "basis": interruption.basis or evidence[interruption.outage_id],
    }


def _end(interruption: Interruption) -> tuple[float, int]:
    return (float("inf") if interruption.back_at is None else interruption.back_at), interruption.out_at


def names_of(network: Path) -> dict[int, str]:
    """Give ids by stable number."""
    loaded = load_network(network)
    return dict(zip(loaded.point_number.tolist(), loaded.point_ids, strict=True))


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--network", type=Path, required=True)
    parser.add_argument("--presets", default="full,bad")
    parser.add_argument("--seeds", type=int, default=10)
    options = parser.parse_args()
    wrong = 0
    for preset in options.presets.split(","):
        for seed in range(1, options.seeds + 1):
            with TemporaryDirectory() as name:
                wrong += play(options.network, preset, seed, Path(name))
    sys.exit(1 if wrong else 0)


def play(tables: Path, preset: str, seed: int, folder: Path) -> int:
    """Play a storm; returns how much does not agree."""
    begun = time.monotonic()
    environment = {name: value for name, value in os.environ.items() if name != "FAULTLINE_KAFKA"}
    environment["FAULTLINE_FLOWS"] = MODULE
    storm, out = folder / "storm", folder / "out"
    for command in (
        ["simulate", "--network", tables, "--output", storm, "--seed", seed, "--preset", preset],
        ["replay", "--network", storm / "network", "--input", storm, "--output", out],
    ):
        ended = run([*COMMAND, *map(str, command)], env=environment, stdout=DEVNULL, check=False)
        if ended.returncode not in {0, 3}:
            raise RuntimeError(f"{command[0]} ended with code {ended.returncode}")
    found = list(differences(out, names_of(storm / "network")))
    states = read(out, CUSTOMER_POWER.topic)
    codes = Counter(record.get("message_code") for record in states)
    points = len({record["usage_point_id"] for record in states})
    print(f"{preset} {seed}: {len(states):,} records of {points:,} points, {len(found)} differences "
          f"({time.monotonic() - begun:.0f} s) {dict(codes)}")  # fmt: skip
    for one in found[:5]:
        print(f"    {one}")
    return len(found)


if __name__ == "__main__":
    main()
