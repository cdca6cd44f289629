"""Storms as files, for tests: a simulated one, the same with garbage in it, and the command that replays them."""

from __future__ import annotations

import io
import os
import random
import subprocess
import sys
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pytest

from cli.main import main
from models.contracts.topics import RAW_TOPICS

if TYPE_CHECKING:
    from collections.abc import Mapping

HOME = Path(__file__).parents[2]
CKT5 = HOME / "tests" / "data" / "networks" / "ckt5"
OUTAGE_FILES = (
    "outage.lifecycle.events.v1.jsonl",
    "outage.restoration.events.v1.jsonl",
    "outage.current.state.v1.jsonl",
    "outage.membership.events.v1.jsonl",
)
HERE = {"estimate", "explain", "export", "ledger", "message", "network", "replay", "score", "simulate"} | {
    "dlq", "evidence", "outage", "rates", "storm", "twin", "zones",
}  # fmt: skip
"""Commands that need no process of their own: they look at files or ask Kafka, take no signal and write no log."""
COMMAND = (sys.executable, "-c", "from cli.main import main; main()")


def faultline(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command to its end, in the test's own process where it can be."""
    return run_here(*arguments) if arguments[0] in HERE else run_apart(*arguments)


def run_apart(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own: with other hashes, and nothing imported yet."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], cwd=HOME, env=os.environ, capture_output=True, text=True, check=False
    )


def run_here(*arguments: object, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command in this process, which has imported and loaded before what it needs."""
    command = ["faultline", *map(str, arguments)]
    output, errors = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr("sys.argv", command)
        set_environment(patch, environment)
        patch.chdir(HOME)
        stack.enter_context(redirect_stdout(output))
        stack.enter_context(redirect_stderr(errors))
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
    texts = (stream.buffer.getvalue().decode() for stream in (output, errors))
    return subprocess.CompletedProcess(command, code, *texts)


def set_environment(patch: pytest.MonkeyPatch, environment: Mapping[str, str] | None) -> None:
    """Let the environment be another one, where one is given."""
    wanted = os.environ if environment is None else environment
    for name in {*os.environ} - {*wanted}:
        patch.delenv(name)
    for name, value in wanted.items():
        patch.setenv(name, value)


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
