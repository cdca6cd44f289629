"""One of two ingest processes stands still for a while, then goes on: nothing is lost, and meanwhile outages say so."""

from __future__ import annotations

import signal
from time import sleep
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from adapters.network.load import load_network
from models.contracts.topics import OUTAGE_LIFECYCLE
from models.evidence.kinds import KIND_CODE, OUT_KINDS
from models.times.iso8601 import parse_time
from tests.chaos.accounting import account
from tests.chaos.figures import LONG
from tests.chaos.outputs import assert_never_back, assert_offline_gives, read_output
from tests.peers.kafka import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from models.evidence.batch import PointRows
    from tests.chaos.stage import Stage

LOSS_KINDS = (*OUT_KINDS, "power_restored", "power_back")
"""Who says that power is back says that it was lost: where the "out" did not arrive, this opens the outage."""
FINAL = {"restored", "repaired", "momentary", "merged", "cancelled"}
SLACK_MS = 300_000
"""How far the clocks of meters, and what an outage takes for its start, may lie apart."""
LEFT_OUT_SECONDS = 3
"""After which an origin is left out: the model says ten, which would be waited for."""
FROZEN_SECONDS = 60 if LONG else 6


def test_a_frozen_process_is_left_out_and_comes_back(stage: Stage, tmp_path: Path) -> None:
    model = tmp_path / "model.toml"
    model.write_text(f"left_out_seconds = {LEFT_OUT_SECONDS}.0\n")
    stage.settings["model"] = str(model)
    player = stage.play(rate=len(stage.script) / (FROZEN_SECONDS + 15))
    frozen, _, _ = stage.flow("ingest", 0, 2), stage.flow("ingest", 1, 2), stage.flow("outages")
    stage.part_way(0.05)
    player.release(1.0)
    frozen.send(signal.SIGSTOP)
    sleep(FROZEN_SECONDS)  # the time that it stands still is what is tested
    eventually(lambda: any(record["degraded"] for record in revisions(stage)))
    frozen.send(signal.SIGCONT)
    stage.finish()
    told = revisions(stage)
    opened = [record for record in told if record["degraded"] and record["revision"] == 1]
    assert opened
    said = SaidToBeOut(stage)
    assert not (unfounded := [record for record in opened if not said.speaks_for(record)]), orjson.dumps(unfounded)
    assert not [record for record in last_of_each(told) if record["degraded"] and record["status"] not in FINAL]
    account(stage)
    assert_never_back(stage)
    assert_offline_gives(stage, read_output(stage), tmp_path / "offline")


def revisions(stage: Stage) -> list[dict[str, Any]]:
    """Read the life cycle's records."""
    records = stage.read([OUTAGE_LIFECYCLE]).values()
    return [orjson.loads(record.value or b"") for some in records for record in some]


class SaidToBeOut:
    """Who said "out" or "back", and when, by the evidence log's own rows."""

    def __init__(self, stage: Stage) -> None:
        self.network = load_network(stage.network)
        self.points: dict[int, list[int]] = {}
        """By position of the usage point, the times of what it said in milliseconds."""
        self.devices: set[int] = set()
        """Positions of devices that SCADA or a crew named."""
        for batch in (batch for some in stage.log.records.values() for record in some for batch in record.batches):
            if batch.points is not None:
                self._hear(batch.points)
            if batch.devices is not None:
                self.devices |= set(self.network.device_position[batch.devices.device].tolist())
            for row in batch.crew:
                named = [device for device in (row.device, row.found_device) if device >= 0]
                self.devices |= set(self.network.device_position[named].tolist())

    def _hear(self, rows: PointRows) -> None:
        lost = np.isin(rows.kind, [KIND_CODE[kind] for kind in LOSS_KINDS])
        for point, at in zip(self.network.point_position[rows.point[lost]], rows.observed_at[lost], strict=True):
            self.points.setdefault(int(point), []).append(int(at))

    def speaks_for(self, outage: dict[str, Any]) -> bool:
        """Tell whether somebody below the outage's device said it in its time, or SCADA or a crew named the device.

        A single service is named by its usage point, which has to have said it itself.
        """
        device = int(self.network.find_devices([outage["device_id"]])[0])
        if outage["device_kind"] == "service" and device < 0:
            point = int(self.network.find_points([outage["device_id"]])[0])
            span = range(point, point + 1)
        else:
            span = range(self.network.point_start[device], self.network.point_end[device])
        assert span, outage
        first, last = parse_time(outage["started_at"]) - SLACK_MS, parse_time(outage["updated_at"])
        heard = (at for point in span for at in self.points.get(point, ()))
        return device in self.devices or any(first <= at <= last for at in heard)


def last_of_each(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({record["outage_id"]: record for record in records}.values())
