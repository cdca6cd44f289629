"""Other numbers of processes, lost volumes and a log without its head: nothing of it shows in the output."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from confluent_kafka import TopicPartition

from adapters.kafka.records.checkpoints import newest_checkpoint
from models.contracts.topics import EVIDENCE_LOG, ZONE_CHECKPOINT
from tests.chaos.accounting import account
from tests.chaos.outputs import Output, assert_never_back, assert_same, read_output
from tests.chaos.stage import PATIENCE
from tests.chaos.topics import admin, ends
from tests.peers.kafka import eventually

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.chaos.stage import Stage
    from tests.chaos.topics import Place


def test_one_three_and_two_processes_and_lost_volumes(stage: Stage, undisturbed: Output) -> None:
    stage.play()
    stage.both()
    stage.part_way(0.2)
    stage.stop()
    crashed = stage.both(3)
    stage.until_running(*crashed)
    stage.part_way(0.5)
    for flow in crashed:
        flow.kill()
        shutil.rmtree(flow.state)
    stage.flows.clear()
    stage.both(2)
    stage.finish()
    assert_same(undisturbed, read_output(stage))
    assert_never_back(stage)
    account(stage)


def test_a_log_without_its_head_is_taken_up_from_a_checkpoint(stage: Stage, undisturbed: Output) -> None:
    stage.play()
    stage.both()
    kept = [(stage.prefix + ZONE_CHECKPOINT, part) for part in range(stage.evidence_partitions)]
    stage.part_way(0.9)
    eventually(lambda: all(ends(stage.broker, kept).values()), PATIENCE)
    stage.stop()
    found = {place: newest_checkpoint({"bootstrap.servers": stage.broker}, place) for place in kept}
    heads = {(stage.prefix + EVIDENCE_LOG, part): some.offset for (_, part), some in found.items() if some}
    assert len(heads) == len(kept)
    assert all(offset > 1 for offset in heads.values())
    stage.log.read_to_end()  # the head is gone in a moment
    forget(stage.broker, heads)
    shutil.rmtree(stage.folder / "state-outages-0")
    stage.both()
    stage.finish()
    output = read_output(stage)
    assert_same(undisturbed, output)
    assert output.repeats == 0
    assert_never_back(stage)
    account(stage)


def forget(broker: str, before: Mapping[Place, int]) -> None:
    """Let the broker drop what retention would have dropped by now."""
    places = [TopicPartition(*place, offset) for place, offset in before.items()]
    for answer in admin(broker).delete_records(places).values():
        answer.result(120)
