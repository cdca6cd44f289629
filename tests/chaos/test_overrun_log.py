"""Outages was away for longer than the evidence log is kept: docs/operations.md, played. By `make chaos`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.contracts.topics import RAW_TOPICS
from tests.chaos.outputs import Output, assert_same, read_output
from tests.chaos.stage import PATIENCE, Stage
from tests.chaos.test_disaster import copied, paste
from tests.chaos.test_state import overrun, without_outages
from tests.peers.kafka import eventually

if TYPE_CHECKING:
    from pathlib import Path


def test_all_is_begun_anew_under_another_prefix(stage: Stage, undisturbed: Output, tmp_path: Path) -> None:
    ingest, outages = without_outages(stage)
    assert stage.player is not None
    stage.player.finish()
    eventually(lambda: stage.idle(ingest), PATIENCE)
    stage.stop()
    overrun(stage, outages)
    assert outages.wait() == 2
    assert "or begin anew" in outages.said()[-1]
    parts, settings = stage.evidence_partitions, stage.settings
    again = Stage(stage.broker, f"{stage.prefix}2.", stage.network, tmp_path / "again", stage.script, parts, settings)
    with again:
        paste(again, copied(stage, *RAW_TOPICS))
        again.both()
        again.wait_until_done()
        again.stop()
        assert_same(undisturbed, read_output(again))
