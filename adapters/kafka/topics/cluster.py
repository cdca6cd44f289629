"""The cluster that a flow runs on, looked at before the flow starts: what there is, and all that does not fit."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from adapters.kafka.connection.reach import unreachable
from adapters.kafka.topics.admin import check_topics
from adapters.kafka.topics.declaration import FOR_EVER
from adapters.kafka.topics.ids import TopicCheck, topic_ids
from adapters.kafka.topics.table import layout
from models.contracts.registry import tables
from models.contracts.topics import CREW_EVENTS, EVIDENCE_LOG, RAW_TOPICS, dead_letter_topic
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from adapters.kafka.connection.connection import Connection
    from adapters.kafka.topics.declaration import Topic

APPEND_TIME: Final = "LogAppendTime"
CREATE_TIME: Final = "CreateTime"
TIMESTAMP_TYPE: Final = "message.timestamp.type"
RETENTION: Final = "retention.ms"
SECONDS: Final = 15.0


log: Final = logging.getLogger("faultline")


class ClusterFaultsError(FaultsError):
    """A cluster that a flow cannot run on."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster with Faultline's topics."""

    client: Mapping[str, Any]
    """What every client is made with; secrets are in it."""
    cluster_id: str
    prefix: str
    raw_partitions: Mapping[str, int]
    """By raw topic."""
    evidence_partitions: int
    append_time: frozenset[str]
    """Raw topics whose records bear the time at which the broker took them."""
    played: frozenset[str]
    """Raw topics for playing: they keep the writer's times, and every record for ever."""
    topic_ids: Mapping[str, str]
    """Of the raw topics and the evidence log, by their names without prefix; none where the broker has none."""

    def name(self, stem: str) -> str:
        """Give a topic's name in Kafka."""
        return self.prefix + stem

    def check_of(self, stems: Iterable[str]) -> TopicCheck:
        """Give what looks at topics while a flow runs."""
        ids = {self.name(stem): self.topic_ids[stem] for stem in stems if stem in self.topic_ids}
        partitions = {self.name(stem): count for stem, count in self.raw_partitions.items()}
        return TopicCheck(self.client, ids, partitions)

    @property
    def evidence_log(self) -> str:
        """The evidence log's name in Kafka."""
        return self.name(EVIDENCE_LOG)

    @property
    def group_suffix(self) -> str:
        """What tells this environment's consumer groups from another's on the cluster."""
        return group_suffix(self.prefix)


def group_suffix(prefix: str) -> str:
    """Give what tells the consumer groups of an environment with this prefix from another's."""
    return f"-{prefix.rstrip('.')}" if prefix else ""


def find_cluster(connection: Connection, prefix: str, evidence_partitions: int | None, *, embedded: bool) -> Cluster:
    """Look at the cluster; an embedded broker is not asked for settings. Raises `ClusterFaultsError`, all faults.

    Where nobody knows how many evidence partitions there should be (None), as many are taken as there are.
    """
    if faults := unreachable(connection):
        raise ClusterFaultsError(faults)
    client = connection.client_settings()
    cluster_id, counts = _ask(client)
    raw = {stem: counts.get(prefix + stem, 0) for stem in RAW_TOPICS}
    settings = {} if embedded else topic_settings(client, [prefix + stem for stem in raw if raw[stem]])
    append_time = frozenset(stem for stem in raw if _setting(settings, prefix + stem, TIMESTAMP_TYPE) == APPEND_TIME)
    played = frozenset(raw) if embedded else played_topics(settings, prefix)
    if evidence_partitions is None:
        evidence_partitions = max(counts.get(prefix + EVIDENCE_LOG, 1), 1)
    topics = _topics(counts, evidence_partitions, prefix, played=not append_time)
    if faults := check_topics(client, topics, configurations=not embedded):
        raise ClusterFaultsError(faults)
    ids = _ids(client, prefix, embedded=embedded)
    return Cluster(client, cluster_id, prefix, raw, evidence_partitions, append_time, played, ids)


def _ask(client: Mapping[str, Any]) -> tuple[str, dict[str, int]]:
    """Give the cluster's id, and the partitions of each of its topics."""
    try:
        metadata = AdminClient(dict(client)).list_topics(timeout=SECONDS)
    except KafkaException as error:
        raise ClusterFaultsError(
            [f"kafka does not tell its topics: {error.args[0].str().lower()}; try again"]
        ) from error
    return str(metadata.cluster_id), {name: len(topic.partitions) for name, topic in metadata.topics.items()}


def topics_there(
    client: Mapping[str, Any], prefix: str, raw: int | None, evidence: int | None, *, played: bool
) -> list[Topic]:
    """Give the topics as they have to be; whose numbers of partitions are not given (None) has what it has.

    Raises `ClusterFaultsError`.
    """
    _, counts = _ask(client)
    if raw is not None:
        counts |= {prefix + stem: raw for stem in RAW_TOPICS}
    if evidence is None:
        evidence = max(counts.get(prefix + EVIDENCE_LOG, 1), 1)
    return _topics(counts, evidence, prefix, played=played)


def _topics(counts: Mapping[str, int], evidence_partitions: int, prefix: str, *, played: bool) -> list[Topic]:
    """Give the topics as they have to be: raw topics and tables may have what number of partitions they like."""
    numbers = {stem: max(counts.get(prefix + stem, 1), 1) for stem in RAW_TOPICS}
    numbers |= {dead_letter_topic(stem): count for stem, count in numbers.items() if stem != CREW_EVENTS}
    numbers |= {table.topic: max(counts.get(prefix + table.topic, 1), 1) for table in tables()}
    topics = layout(1, evidence_partitions, prefix, played=played)
    return [replace(topic, partitions=numbers.get(topic.stem, topic.partitions)) for topic in topics]


def _ids(client: Mapping[str, Any], prefix: str, *, embedded: bool) -> dict[str, str]:
    if embedded:
        log.info("embedded broker: topics have no ids here, so one that is made anew is not noticed")
        return {}
    stems = {prefix + stem: stem for stem in (*RAW_TOPICS, EVIDENCE_LOG)}
    return {stems[name]: topic_id for name, topic_id in topic_ids(client, list(stems)).items()}


def played_topics(settings: Mapping[str, Mapping[str, str]], prefix: str) -> frozenset[str]:
    """Give the raw topics, without prefix, that are for playing, by the settings of topics as they are."""
    return frozenset(
        stem
        for stem in RAW_TOPICS
        if _setting(settings, prefix + stem, TIMESTAMP_TYPE) == CREATE_TIME
        and _setting(settings, prefix + stem, RETENTION) == str(FOR_EVER)
    )


def refuse_live_topics(played: Collection[str], prefix: str) -> None:
    """Refuse to play files where marks are not obeyed, and where a storm of the past would mix with the present.

    Raises `ClusterFaultsError` with every raw topic that is not among those `played`.
    """
    if faults := [
        f"topic {prefix}{stem} is not for playing: it stamps or forgets what is written; make others "
        "with faultline topics create --played and another --prefix"
        for stem in RAW_TOPICS
        if stem not in played
    ]:
        raise ClusterFaultsError(faults)


def _setting(settings: Mapping[str, Mapping[str, str]], name: str, setting: str) -> str | None:
    return settings.get(name, {}).get(setting)


def topic_settings(client: Mapping[str, Any], names: list[str]) -> dict[str, dict[str, str]]:
    """Ask for the settings of topics. Raises `ClusterFaultsError` for one that does not tell them."""
    if not names:
        return {}
    resources = [ConfigResource(ResourceType.TOPIC, name) for name in names]
    admin = AdminClient(dict(client))
    answers = admin.describe_configs(resources, request_timeout=SECONDS)
    settings = {}
    for resource, answer in answers.items():
        try:
            settings[resource.name] = {name: entry.value or "" for name, entry in answer.result(SECONDS).items()}
        except KafkaException as error:
            reason = error.args[0].str()
            raise ClusterFaultsError(
                [f"topic {resource.name} does not tell its settings: {reason}; allow it"]
            ) from error
    return settings
