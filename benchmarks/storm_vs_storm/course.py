"""What is known of customers in the course of a storm: a simulated one, replayed with the flow `customers`."""

from __future__ import annotations

import os
from subprocess import DEVNULL, run
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import orjson

from benchmarks.command import COMMAND
from models.customers.output import CUSTOMER_POWER
from models.times.iso8601 import parse_time

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

MODULE: Final = "dataflows.customers.declaration"
SAID: Final = ("power", "since", "etr_public", "message_code")
"""What a channel shows of a record."""
OUT: Final = 1


class Course(NamedTuple):
    """Records of `customer.power.state.v1` in their order, m rows about n customers."""

    begin: int
    """The first whole hour before them, milliseconds since the epoch."""
    second: NDArray[np.int64]
    """When each was written, seconds from `begin`."""
    customer: NDArray[np.int32]
    power: NDArray[np.int8]
    """1 out, 0 on or unknown."""
    said: NDArray[np.int32]
    """Equal where all of `SAID` is."""
    customers: int

    def superseded(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """When each record is followed by its customer's next one, and, by customer, when the first one comes."""
        never = np.iinfo(np.int64).max
        order = np.argsort(self.customer, kind="stable")
        after, first = np.full(len(order), never), np.full(self.customers, never)
        same = self.customer[order[1:]] == self.customer[order[:-1]]
        after[order[:-1][same]] = self.second[order[1:][same]]
        begins = order[np.concatenate([[True], ~same])]
        first[self.customer[begins]] = self.second[begins]
        return after, first


def make(folder: Path, usage_points: int, seed: int, peak: int) -> None:
    """Make a town and a storm, and replay it."""
    environment = {name: value for name, value in os.environ.items() if name != "FAULTLINE_KAFKA"}
    environment["FAULTLINE_FLOWS"] = MODULE
    town, storm, out = folder / "town", folder / "storm", folder / "out"
    for command in (
        ["network", "generate", "--usage-points", usage_points, "--seed", seed, "--output", town],
        ["simulate", "--network", town, "--output", storm, "--seed", seed, "--peak-customers", peak],
        ["replay", "--network", storm / "network", "--input", storm, "--output", out],
    ):
        run([*COMMAND, *map(str, command)], env=environment, stdout=DEVNULL, stderr=DEVNULL, check=True)


def read_course(out: Path, customers: int) -> Course:
    """Read what a replay has written of so many customers, those that were never out among them."""
    numbers: dict[str, int] = {}
    contents: dict[tuple[str | None, ...], int] = {}
    rows: list[tuple[int, int, int, int]] = []
    with (out / f"{CUSTOMER_POWER.topic}.jsonl").open("rb") as file:
        for line in file:
            record = orjson.loads(line)
            name = numbers.setdefault(record["usage_point_id"], len(numbers))
            said = contents.setdefault(tuple(record[field] for field in SAID), len(contents))
            rows.append((parse_time(record["updated_at"]), name, record["power"] == "out", said))
    at, customer, power, said = np.array(rows, np.int64).T
    begin = int(at[0]) // 3_600_000 * 3_600_000
    seconds = (at - begin) // 1000
    return Course(begin, seconds, customer.astype(np.int32), power.astype(np.int8), said.astype(np.int32), customers)
