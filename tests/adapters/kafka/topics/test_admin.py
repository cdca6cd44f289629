"""Topics made on a real Kafka, and held against their description."""

from dataclasses import replace

import pytest
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from adapters.kafka.topics.admin import check_topics, create_topics
from adapters.kafka.topics.declaration import PERSONAL
from adapters.kafka.topics.table import layout
from models.contracts.topics import CREW_EVENTS, EVIDENCE_LOG, METER_EVENTS, OUTAGE_LIFECYCLE, OUTAGE_STATE
from models.refusal import FaultsError
from tests.peers.kafka import eventually


def set_on(kafka: str, topic: str, **settings: str) -> None:
    entries = [
        ConfigEntry(name.replace("_", "."), value, incremental_operation=AlterConfigOpType.SET)
        for name, value in settings.items()
    ]
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)
    admin = AdminClient({"bootstrap.servers": kafka})  # its answers end with it
    for done in admin.incremental_alter_configs([resource]).values():
        done.result()


@pytest.mark.parametrize("played", [False, True])
def test_what_was_created_has_no_faults_and_is_left_as_it_is(kafka: str, prefix: str, played: bool) -> None:
    settings = {"bootstrap.servers": kafka}
    topics = layout(3, 2, prefix, played=played)
    missing = check_topics(settings, topics)
    assert [fault.split()[1] for fault in missing] == [topic.name for topic in topics]
    assert create_topics(settings, topics[:5], replication=1) == [topic.name for topic in topics[:5]]
    assert create_topics(settings, topics, replication=1) == [topic.name for topic in topics[5:]]
    assert create_topics(settings, topics, replication=1) == []
    assert check_topics(settings, topics) == []


def test_every_difference_is_told_at_once(kafka: str, prefix: str) -> None:
    settings = {"bootstrap.servers": kafka}
    topics = {topic.stem: topic for topic in layout(1, 1, prefix)}
    create_topics(settings, list(topics.values()), replication=1)
    set_on(kafka, prefix + METER_EVENTS, message_timestamp_type="CreateTime", retention_ms="1000")
    set_on(kafka, prefix + EVIDENCE_LOG, max_message_bytes="1000000", retention_ms="-1")
    set_on(kafka, prefix + OUTAGE_STATE, cleanup_policy="compact,delete", delete_retention_ms="1")
    topics[OUTAGE_LIFECYCLE] = replace(topics[OUTAGE_LIFECYCLE], partitions=2)
    topics[CREW_EVENTS] = replace(topics[CREW_EVENTS], personal=True, retention_ms=PERSONAL)
    shapes = check_topics(settings, list(topics.values()), configurations=False)
    assert [fault.split(";")[0] for fault in shapes] == [f"topic {prefix + OUTAGE_LIFECYCLE} has 1 partitions, not 2"]
    expected = [
        f"topic {prefix + METER_EVENTS}: message.timestamp.type is CreateTime, not LogAppendTime",
        f"topic {prefix + METER_EVENTS}: retention.ms is 1000, below 604800000",
        f"topic {prefix + CREW_EVENTS}: retention.ms is 604800000, above 64800000, so erased accounts are kept",
        f"topic {prefix + CREW_EVENTS}: segment.ms is 604800000, above 3600000, so erased accounts are kept",
        f"topic {prefix + EVIDENCE_LOG}: max.message.bytes is 1000000, below 4194304",
        f"topic {prefix + OUTAGE_STATE}: cleanup.policy is compact,delete, not compact",
        f"topic {prefix + OUTAGE_STATE}: delete.retention.ms is 1, below 604800000",
    ]

    def told() -> list[str]:
        faults = check_topics(settings, list(topics.values()))
        return [fault.split(";")[0] for fault in faults[len(shapes) :]]

    eventually(lambda: len(told()) >= len(expected))  # a broker hears of changes a moment after they are made
    assert told() == expected


def test_more_replicas_than_brokers_are_refused_before_anything_is_made(kafka: str, prefix: str) -> None:
    settings = {"bootstrap.servers": kafka}
    brokers = len(AdminClient({"bootstrap.servers": kafka}).list_topics(timeout=120).brokers)
    with pytest.raises(FaultsError, match=rf"{brokers + 1} replicas need as many brokers and Kafka has {brokers};"):
        create_topics(settings, layout(1, 1, prefix), brokers + 1)
    assert len(check_topics(settings, layout(1, 1, prefix))) == len(layout(1, 1, prefix))


def test_a_broker_that_is_not_there_is_no_broker_without_topics(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.kafka.topics.admin.ANSWER_SECONDS", 0.5)
    with pytest.raises(FaultsError, match="Kafka does not answer"):
        check_topics({"bootstrap.servers": "127.0.0.1:1", "log_level": 0}, layout(1, 1))
