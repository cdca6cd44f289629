"""The score of asking: how few messages settle how much doubt, on a town small enough to count."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from models.asking.output import PINGS
from models.contracts.topics import OUTAGE_CLOCK, OUTAGE_LIFECYCLE, OUTAGE_MEMBERSHIP
from simulator.course import NEVER
from simulator.scoring.asking import asking_figures
from simulator.scoring.reading.interruptions import Interrupted
from tests.simulator.scoring.conftest import NOON, clock
from tests.worlds.networks import Device, Point, network_of

TRANSFORMERS, SERVICES = 3, 4
ALL = TRANSFORMERS * SERVICES
NETWORK = network_of(
    [Device("B", kind="breaker"), *(Device(f"T{one}", "B", kind="transformer") for one in range(TRANSFORMERS))],
    [Point(f"P{one}{place}", f"T{one}") for one in range(TRANSFORMERS) for place in range(SERVICES)],
)
STILL_OUT = NETWORK.find_points([f"P2{place}" for place in range(SERVICES)])
"""Those of one transformer, which has opened too."""


def write(folder: Path, topic: str, *records: dict[str, Any]) -> None:
    (folder / f"{topic}.jsonl").write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in records))


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """All went out by the breaker, and are thought to be back; nobody has said so."""
    outage = {"outage_id": "a" * 26, "device_id": "B"}
    numbers = NETWORK.point_number.tolist()
    ledger = [
        {**outage, "updated_at": clock(at), "usage_points": numbers, "changes": [change] * ALL}
        for at, change in ((0, "gained"), (600, "restored_inferred"))
    ]
    write(tmp_path, OUTAGE_LIFECYCLE, *({**outage, "updated_at": clock(at)} for at in (0, 600)))
    write(tmp_path, OUTAGE_MEMBERSHIP, *ledger)
    write(tmp_path, OUTAGE_CLOCK, {"updated_at": clock(7200)})
    return tmp_path


def truth() -> Interrupted:
    back_at = np.full(ALL, NOON + 600_000, np.int64)
    back_at[STILL_OUT] = NEVER
    return Interrupted.of(np.arange(ALL, dtype=np.int32), np.full(ALL, NOON, np.int64), back_at)


def test_few_answers_settle_most_and_find_who_is_out_still(output: Path) -> None:
    write(output, PINGS.topic, {}, {})
    figures = asking_figures(NETWORK, truth(), output)
    assert figures is not None
    assert (figures["requests"], figures["asked_by_everybody"]) == (2, ALL)
    assert TRANSFORMERS <= figures["asked"] < ALL, "one below each transformer at least"
    assert figures["asked_share"] == figures["asked"] / ALL
    assert 0.5 < figures["doubt_settled_share"] <= 1
    assert figures["still_out_found"] == figures["still_out_found_by_everybody"] == SERVICES


def test_a_replay_that_asked_nobody_has_no_figures(output: Path) -> None:
    assert asking_figures(NETWORK, truth(), output) is None
