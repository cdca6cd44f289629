"""Making the topics of a layout on a Kafka cluster, and holding what is there against it."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType

from adapters.kafka.topics.declaration import FOR_EVER
from adapters.kafka.topics.table import configuration
from models.contracts.topics import dead_letter_topic
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from concurrent.futures import Future

    from confluent_kafka.admin import ClusterMetadata, ConfigEntry, TopicMetadata

    from adapters.kafka.topics.declaration import Topic

ANSWER_SECONDS: Final = 15.0
"""How long the cluster may take for one answer."""

_EXACT: Final = ("cleanup.policy", "message.timestamp.type")
_AT_MOST: Final = ("retention.ms", "delete.retention.ms", "max.compaction.lag.ms", "segment.ms")
"""Of topics that name accounts."""
_AT_LEAST: Final = ("max.message.bytes", "message.timestamp.after.max.ms", "retention.ms", "delete.retention.ms")
DEAD_LETTERS: Final = dead_letter_topic("")
_IN_SYNC: Final = "min.insync.replicas"
_SAFE_REPLICATION: Final = 3
"""From so many replicas on a record is acknowledged when two have it, so that one broker may be lost."""


class TopicFaultsError(FaultsError):
    """The cluster does not answer, or does not take the topics; `adapters.kafka.connection.reach` knows better why."""


def create_topics(client_settings: Mapping[str, Any], topics: Sequence[Topic], replication: int) -> list[str]:
    """Make the topics that are missing and return their names; those that are there are left as they are.

    Returns when all can be written to. Raises `TopicFaultsError` with each topic that was not made.
    """
    admin = AdminClient(dict(client_settings))
    seen = _metadata(admin)
    if replication > len(seen.brokers):
        fault = (
            f"{replication} replicas need as many brokers and Kafka has {len(seen.brokers)}; start more, "
            "or ask for fewer replicas where a lost broker may take its records with it"
        )
        raise TopicFaultsError([fault])
    missing = [topic for topic in topics if topic.name not in seen.topics]
    if missing:
        made = admin.create_topics([_new(topic, replication) for topic in missing], request_timeout=ANSWER_SECONDS)
        _raise_refused(made)
        _wait_for_leaders(admin, topics)
    return [topic.name for topic in missing]


def delete_topics(client_settings: Mapping[str, Any], topics: Sequence[Topic]) -> None:
    """Take topics away, with all that is in them. Raises `TopicFaultsError` with each that was not."""
    admin = AdminClient(dict(client_settings))
    names = [topic.name for topic in topics if topic.name in _metadata(admin).topics]
    refused = []
    for name, answer in (admin.delete_topics(names, request_timeout=ANSWER_SECONDS) if names else {}).items():
        if error := answer.exception(ANSWER_SECONDS):
            refused.append(f"Kafka keeps {name}: {_reason(error)}; take it away by hand")
    if refused:
        raise TopicFaultsError(refused)


def replicas_of(client_settings: Mapping[str, Any], topic: str) -> int:
    """Give how many replicas a topic has, 0 where there is none. Raises `TopicFaultsError`."""
    found = _metadata(AdminClient(dict(client_settings))).topics.get(topic)
    return 0 if found is None else _replicas(found)


def check_topics(
    client_settings: Mapping[str, Any], topics: Sequence[Topic], *, configurations: bool = True
) -> list[str]:
    """Return every way in which the cluster's topics are not as described, in words with what to do.

    Without `configurations` only names and partitions are looked at, which a broker without an admin interface tells
    too. Raises `TopicFaultsError` where the cluster does not answer.
    """
    admin = AdminClient(dict(client_settings))
    there = _metadata(admin).topics
    faults = [fault for topic in topics for fault in _shape_faults(topic, there.get(topic.name))]
    found = [topic for topic in topics if topic.name in there]
    if found and configurations:
        settings = admin.describe_configs(list(map(_resource, found)), request_timeout=ANSWER_SECONDS)
        answers = {resource.name: answer for resource, answer in settings.items()}
        for topic in found:
            faults += _setting_faults(topic, answers[topic.name], _replicas(there[topic.name]))
    return faults


def _metadata(admin: AdminClient) -> ClusterMetadata:
    """Return brokers and topics."""
    try:
        return admin.list_topics(timeout=ANSWER_SECONDS)
    except KafkaException as error:
        raise TopicFaultsError([f"Kafka does not answer: {_reason(error)}; check the address and the broker"]) from None


def _new(topic: Topic, replication: int) -> NewTopic:
    settings = configuration(topic)
    if replication >= _SAFE_REPLICATION:
        settings[_IN_SYNC] = "2"
    return NewTopic(topic.name, topic.partitions, replication, config=settings)


def _raise_refused(made: Mapping[str, Future[None]]) -> None:
    """Tell which topics were refused, those of one reason together; one that another process made meanwhile is fine."""
    refused: dict[str, list[str]] = {}
    for name, answer in made.items():
        error = answer.exception(ANSWER_SECONDS)
        if error and not (
            isinstance(error, KafkaException) and error.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS
        ):
            refused.setdefault(_reason(error), []).append(name)
    if refused:
        raise TopicFaultsError(
            [
                f"Kafka does not make {', '.join(names)}: {reason}; put that right, then create the topics again"
                for reason, names in refused.items()
            ]
        )


def _wait_for_leaders(admin: AdminClient, topics: Sequence[Topic]) -> None:
    until = monotonic() + ANSWER_SECONDS
    while waiting := _without_leader(_metadata(admin), topics):
        if monotonic() > until:
            raise TopicFaultsError([f"no broker leads {', '.join(waiting)}; look at the brokers, then create again"])
        admin.poll(0.05)


def _without_leader(seen: ClusterMetadata, topics: Sequence[Topic]) -> list[str]:
    return [topic.name for topic in topics if not _is_led(seen.topics.get(topic.name))]


def _is_led(found: TopicMetadata | None) -> bool:
    return found is not None and bool(found.partitions) and all(part.leader >= 0 for part in found.partitions.values())


def _replicas(found: TopicMetadata) -> int:
    return min((len(partition.replicas) for partition in found.partitions.values()), default=0)


def _shape_faults(topic: Topic, found: TopicMetadata | None) -> list[str]:
    if found is None:
        return [f"topic {topic.name} is missing; make it with faultline topics create"]
    if found.error:
        return [f"topic {topic.name} cannot be looked at: {_text(found.error)}; check the broker and the permissions"]
    if len(found.partitions) < topic.partitions and topic.stem.endswith(DEAD_LETTERS) and topic.rule == "raw":
        raw = f"its raw topic has {topic.partitions}"
        return [f"topic {topic.name} has {len(found.partitions)} partitions, {raw}; see faultline topics extend"]
    if len(found.partitions) != topic.partitions:
        fault = (
            f"topic {topic.name} has {len(found.partitions)} partitions, not {topic.partitions}; run with that number "
            f"of {topic.rule} partitions, or make the topics anew with another prefix"
        )
        return [fault]
    return []


def _resource(topic: Topic) -> ConfigResource:
    return ConfigResource(ResourceType.TOPIC, topic.name)


def _setting_faults(topic: Topic, answer: Future[Mapping[str, ConfigEntry]], replicas: int) -> list[str]:
    try:
        found = {name: entry.value or "" for name, entry in answer.result(ANSWER_SECONDS).items()}
    except TimeoutError:
        return [f"topic {topic.name} does not tell its settings in {ANSWER_SECONDS:g} s; see that the broker answers"]
    except KafkaException as error:
        return [f"topic {topic.name} does not tell its settings: {_reason(error)}; allow DescribeConfigs on it"]
    wanted = configuration(topic)
    reported = wanted.keys() & found.keys()
    faults = [
        f"topic {topic.name}: {name} is {found[name]}, not {wanted[name]}; set it so"
        for name in _EXACT
        if name in reported and found[name] != wanted[name]
    ]
    faults += [
        f"topic {topic.name}: {name} is {found[name]}, below {_end(wanted[name])}; raise it"
        for name in _AT_LEAST
        if name in reported and _is_below(found[name], wanted[name])
    ]
    faults += [
        f"topic {topic.name}: {name} is {found[name]}, above {wanted[name]}, so erased accounts are kept; lower it"
        for name in (_AT_MOST if topic.personal and wanted.get("retention.ms") != str(FOR_EVER) else ())
        if name in reported and _is_below(wanted[name], found[name])
    ]
    if replicas >= _SAFE_REPLICATION and found[_IN_SYNC] == "1":
        faults.append(
            f"topic {topic.name}: {_IN_SYNC} is {found[_IN_SYNC]} with {replicas} replicas, "
            "so one broker can take acknowledged records with it; set it to 2"
        )
    return faults


def _is_below(found: str, wanted: str) -> bool:
    """Compare two settings of which -1 is without end."""
    return int(found) != FOR_EVER and (int(wanted) == FOR_EVER or int(found) < int(wanted))


def _end(setting: str) -> str:
    return f"{setting} (for ever)" if setting == str(FOR_EVER) else setting


def _reason(error: BaseException) -> str:
    cause = error.args[0] if isinstance(error, KafkaException) else None
    return _text(cause) if isinstance(cause, KafkaError) else str(error)


def _text(error: KafkaError) -> str:
    text = error.str().strip().rstrip(".")
    return text[:1].lower() + text[1:]
