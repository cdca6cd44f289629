"""What an operator does to topics that are there: partitions for dead letters, and topics taken up for others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, NewPartitions

from adapters.kafka.clients.offset_range import RangeReader
from adapters.kafka.clients.producer import CheckedProducer, DeliveryError
from adapters.kafka.records.control import audit, send_control
from adapters.kafka.records.zone_health import network_of
from adapters.kafka.topics.admin import ANSWER_SECONDS, TopicFaultsError
from adapters.kafka.topics.ids import topic_ids
from models.contracts.topics import CREW_EVENTS, EVIDENCE_LOG, RAW_TOPICS, dead_letter_topic
from models.evidence.log_record import LogRecord
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Mapping


def extend_dead_letters(client: Mapping[str, Any], prefix: str) -> dict[str, int]:
    """Give dead-letter topics as many partitions as their raw topics have; returns those that have more now.

    Raises `TopicFaultsError` with each that did not get them.
    """
    admin = AdminClient(dict(client))
    counts = {name: len(topic.partitions) for name, topic in admin.list_topics(timeout=ANSWER_SECONDS).topics.items()}
    wanted = {
        prefix + dead_letter_topic(stem): counts.get(prefix + stem, 0) for stem in RAW_TOPICS if stem != CREW_EVENTS
    }
    grown = {name: count for name, count in wanted.items() if 0 < counts.get(name, 0) < count}
    faults = []
    if grown:
        answers = admin.create_partitions([NewPartitions(name, count) for name, count in grown.items()])
        for name, answer in answers.items():
            try:
                answer.result(ANSWER_SECONDS)
            except KafkaException as error:
                faults.append(f"topic {name} gets no partitions: {error.args[0].str().lower()}; allow Alter on it")
    if faults:
        raise TopicFaultsError(faults)
    return grown


def adopt_topic(client: Mapping[str, Any], prefix: str, stem: str, reason: str) -> str:
    """Say in the evidence log that a topic is taken up for the one that had its name; returns what was said.

    Raises `FaultsError`.
    """
    if stem not in (*RAW_TOPICS, EVIDENCE_LOG):
        known = ", ".join((*RAW_TOPICS, EVIDENCE_LOG))
        raise FaultsError([f"topic {stem} is none whose offsets are kept; give one of {known}"])
    log = prefix + EVIDENCE_LOG
    topic_id = topic_ids(client, [prefix + stem]).get(prefix + stem)
    if topic_id is None:
        raise FaultsError([f"topic {prefix + stem} has no id: the broker is older than Kafka 2.8, and notices nothing"])
    with RangeReader(client) as reader:
        versions = {part: network_of(reader, log, part) for part in range(reader.partitions(log))}
    there = {part: version for part, version in versions.items() if version is not None}
    if not there:
        raise FaultsError([f"{log} holds nothing, so it knows no other topic of that name; start the flows"])
    reason_given = audit(reason)
    try:
        producer = CheckedProducer(client, patience=30)
        for part, version in there.items():
            send_control(producer, log, [part], LogRecord(version, adopted={stem: topic_id}, audit=reason_given))
    except DeliveryError as error:
        raise FaultsError([str(error)]) from error
    return f"topic {prefix + stem} is {topic_id} from here on, by {reason_given}"
