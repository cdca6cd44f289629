"""Storms as files, for tests: a simulated one, the same with garbage in it, and the command that replays them."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from itertools import cycle
from pathlib import Path

import orjson

from models.contracts.topics import RAW_TOPICS

HOME = Path(__file__).parents[2]
CKT5 = HOME / "tests" / "data" / "networks" / "ckt5"
OUTAGE_FILES = (
    "outage.lifecycle.events.v1.jsonl",
    "outage.restoration.events.v1.jsonl",
    "outage.current.state.v1.jsonl",
    "outage.membership.events.v1.jsonl",
)
COMMAND = (sys.executable, "-c", "from cli.main import main; main()")


def faultline(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], cwd=HOME, env=os.environ, capture_output=True, text=True, check=False
    )


def with_flows(flows: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a command that knows flows of one's own, and no other setting, to its end."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("FAULTLINE_")}
    command = [*COMMAND, *map(str, arguments)]
    environment = own | ({"FAULTLINE_FLOWS": flows} if flows else {})
    return subprocess.run(command, cwd=HOME, env=environment, capture_output=True, text=True, check=False)


def simulate_storm(folder: Path) -> None:
    """Make half a day's worth of trouble on ckt5 in an hour, with everything that a head-end adds to it."""
    options = "--seed 7 --preset long --duration 1 --faults-per-hour 24 --copies 0.3 --false-gasps 0.002 --calls 0.2"
    options += " --planned-works on"
    made = faultline("simulate", "--network", CKT5, "--output", folder, "--crews", "on", *options.split())
    assert made.returncode == 0, made.stderr


def spoil(storm: Path, folder: Path) -> None:
    """Write the files of a storm with garbage between their lines, the same each time; one topic is all garbage."""
    draw = random.Random(11)
    folder.mkdir()
    for topic in RAW_TOPICS:
        path = storm / f"{topic}.jsonl"
        lines = (path.read_bytes().splitlines() if path.exists() else []) or [b"{}"] * 40
        share = 0.5 if len(lines) < 500 else 0.1
        kinds = cycle(range(len(_spoil(lines[0], draw))))
        spoiled = []
        for good in lines:
            if draw.random() < share:
                spoiled.append(_spoil(good, draw)[next(kinds)])
            spoiled.append(good + draw.choice([b"", b"", b"\r", b" "]))
        # The first line is good: what is received first is beyond nothing.
        (folder / f"{topic}.jsonl").write_bytes(b"\n".join([lines[0], *spoiled]))


def _spoil(good: bytes, draw: random.Random) -> list[bytes]:
    """Give each kind of garbage that may stand before a good line."""
    return [
        b"",
        b" \t\r",
        good[: draw.randrange(len(good))],
        bytes(draw.choice([*range(10), *range(11, 256)]) for _ in range(draw.randrange(200))),
        _with(good, meter_id="nobody", device_id="nothing", usage_point_id="nowhere"),
        _with(good, outage_id="a" * 26, crew_id="nobody"),
        _with(good, meter_id=7, kind=7),
        _with(good, received_at="2999-01-01T00:00:00Z", observed_at="2999-01-01T00:00:00Z"),
        _with(good, received_at="2001-01-01T00:00:00Z"),
        _with(good, received_at="2026-07-12T10:00:00"),
        b"[" * 5000,
    ]


def _with(line: bytes, **fields: object) -> bytes:
    try:
        return orjson.dumps(orjson.loads(line) | fields)
    except orjson.JSONDecodeError:  # operators' systems send garbage by themselves
        return line + orjson.dumps(fields)


def contents(folder: Path) -> dict[str, bytes]:
    """Give every file of a folder with its bytes."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
