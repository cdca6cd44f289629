"""A raw topic that was deleted and made anew, restored, or given more partitions: never read in silence."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from confluent_kafka import KafkaException
from confluent_kafka.admin import NewPartitions

from adapters.kafka.topics.admin import create_topics
from adapters.process.watchdog import STALLED
from models.contracts.topics import METER_EVENTS
from tests.chaos.accounting import account
from tests.chaos.outputs import Output, assert_same, read_output
from tests.chaos.processes import run
from tests.chaos.stage import PATIENCE, Player, read_raw
from tests.chaos.topics import admin
from tests.peers.kafka import eventually

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.chaos.stage import Raw, Stage


def test_a_topic_made_anew_is_refused_and_a_restored_one_adopted(stage: Stage, undisturbed: Output) -> None:
    stage.play()
    stage.both()
    stage.part_way(0.4)
    stage.stop()
    kept = records_of(stage, METER_EVENTS)
    delete(stage, METER_EVENTS)
    make(stage, METER_EVENTS)
    refused = stage.flow("ingest")
    assert refused.wait() == 2
    assert f"topic {METER_EVENTS} is another one than it was" in refused.said()[-1]
    assert "faultline topics adopt" in refused.said()[-1]
    stage.flows.clear()
    restore(stage, kept)
    run(stage.broker, "topics", "adopt", METER_EVENTS, "--reason", "restored from the copy", topic_prefix=stage.prefix)
    stage.both()
    stage.finish()
    assert_same(undisturbed, read_output(stage))
    account(stage)


def test_a_topic_that_is_deleted_while_it_is_read_ends_the_process_with_words(stage: Stage) -> None:
    stage.play()
    ingest, _ = stage.both()
    stage.part_way(0.2)
    delete(stage, METER_EVENTS)
    make(stage, METER_EVENTS)
    assert ingest.wait(PATIENCE) in {1, 2}
    assert any(word in ingest.said()[-1] for word in ("another one than it was", "is gone", "not on the broker"))


def test_added_partitions_end_the_process_and_are_read_from_their_heads(stage: Stage) -> None:
    stage.play()
    ingest, _ = stage.both()
    stage.part_way(0.2)
    count = stage.raw_partitions + 1
    grow(stage, METER_EVENTS, count)
    assert ingest.wait(PATIENCE) == STALLED
    assert f"{METER_EVENTS} has {count} partitions by now" in ingest.said()[-1]
    stage.log.read_to_end()
    told = {batch.partitions for some in stage.log.records.values() for one in some for batch in one.batches}
    assert count in told  # the engine waits for it, and counts nobody's silence
    stage.flows.remove(ingest)
    refused = stage.flow("ingest")
    assert refused.wait() == 2
    assert "faultline topics extend" in refused.said()[-1]
    stage.flows.remove(refused)
    run(stage.broker, "topics", "extend", topic_prefix=stage.prefix)
    mine = [raw for raw in stage.script if raw.topic == METER_EVENTS]
    event, end = next(raw for raw in mine if raw.value), mine[-1]
    write(stage, [replace(event, partition=count - 1), replace(end, partition=count - 1)])
    stage.flow("ingest")
    origin = f"{METER_EVENTS}/{count - 1}"
    eventually(lambda: stage.log.complete({origin: 2}), PATIENCE)


def records_of(stage: Stage, topic: str) -> list[Raw]:
    places = [(stage.prefix + topic, part) for part in range(stage.raw_partitions)]
    return read_raw(stage.broker, stage.prefix, places)


def restore(stage: Stage, kept: Sequence[Raw]) -> None:
    write(stage, kept)
    assert [raw.value for raw in records_of(stage, METER_EVENTS)] == [raw.value for raw in kept]


def write(stage: Stage, records: Sequence[Raw]) -> None:
    player = Player(stage.broker, stage.prefix, records, float("inf"))
    player.finish()
    player.close()


def delete(stage: Stage, topic: str) -> None:
    for answer in admin(stage.broker).delete_topics([stage.prefix + topic]).values():
        answer.result(120)


def make(stage: Stage, topic: str) -> None:
    """Make a topic anew; for a moment Kafka still knows the one that was deleted."""
    layout = [one for one in stage.topics if one.stem == topic]
    eventually(lambda: bool(create_topics({"bootstrap.servers": stage.broker}, layout, 1)))


def grow(stage: Stage, topic: str, count: int) -> None:
    for answer in admin(stage.broker).create_partitions([NewPartitions(stage.prefix + topic, count)]).values():
        try:
            answer.result(120)
        except KafkaException as error:
            raise AssertionError(error) from error
