"""From the raw topics to the evidence log, on Kafka: the first of the two flows as it is deployed.

Share-nothing: process I of N reads the partitions p with p % N == I of each raw topic. `faultline run ingest` runs it;
`python -m bytewax.run 'dataflows.log_ingest:flow()'` does so as an ordinary Bytewax flow with settings from the
environment, without health and metrics.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import bytewax.operators as op
from bytewax.dataflow import Dataflow

from adapters.kafka.clients.consumer import PartitionReader
from adapters.kafka.clients.ends import Ends
from adapters.kafka.clients.events import ClientEvents
from adapters.kafka.clients.offset_range import RangeReader
from adapters.kafka.clients.producer import CheckedProducer
from adapters.kafka.clients.tail import find_bounds, first_offsets
from adapters.kafka.connectors.network_intake import MOUNTINGS, MountingIntake, ReleaseIntake
from adapters.kafka.connectors.raw_reading import RawReading, RawWatch
from adapters.kafka.connectors.raw_source import RawSource, Resumed
from adapters.kafka.connectors.sink import ForeignTopicError, KafkaSink, find_last_numbers
from adapters.kafka.records.dead_letters import dead_letter
from adapters.kafka.records.networks.mountings import PARTITION as MOUNTINGS_PARTITION
from adapters.kafka.records.networks.mountings import MountingReader
from adapters.kafka.records.networks.releases import ReleaseReader
from adapters.kafka.records.settled import find_progress
from adapters.kafka.topics.ids import OtherTopicError, other_topics
from adapters.kafka.topics.inputs import RAW
from adapters.network.awaiting import AwaitedNetwork
from adapters.process.pulse import Pulse
from dataflows.ingest.declaration import FLOW
from dataflows.ingest.preparation import prepare_ingest
from dataflows.ingest.settings import IngestSettings
from dataflows.service.given_settings import load_settings
from models.contracts.topics import CREW_EVENTS, NETWORK_METERS, OPERATOR_COMMANDS, RAW_TOPICS, dead_letter_topic
from models.evidence.batch import END_OF_LOG
from models.ingest.intake import Intake, Origin
from models.ingest.mounting.mountings import Mountings
from models.ingest.origin_reader import OriginReader
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.kafka.clients.consumer import Place
    from dataflows.ingest.preparation import PreparedIngest

FORGETTING: Final = frozenset(topic.stem for topic in RAW if topic.personal)
"""Raw topics that keep less than a day, whoever has not read them by then."""
log: Final = logging.getLogger("faultline")


class LostRecordsError(FaultsError):
    """A raw topic has fewer records than the evidence log has read."""


@dataclass(slots=True)
class IngestRun:
    """The flow with what is at hand for who watches it."""

    prepared: PreparedIngest
    pulse: Pulse
    watch: RawWatch = field(default_factory=RawWatch)
    events: ClientEvents = field(default_factory=ClientEvents)
    producer: CheckedProducer = field(init=False)
    networks: AwaitedNetwork = field(init=False)
    _last_letters: dict[Place, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        settings = self.prepared.settings
        self.networks = AwaitedNetwork(self.prepared.shelf, self.pulse, settings.network_wait_seconds)
        client = self.events.with_callbacks(self.prepared.cluster.client)
        self.producer = CheckedProducer(client, patience=settings.delivery_seconds)

    def lay(self) -> Dataflow:
        """Make the flow."""
        cluster = self.prepared.cluster
        flow = Dataflow("ingest")
        written = op.input("raw", flow, RawSource(self._begin, self.pulse))
        evidence = op.flat_map("evidence", written, lambda some: some.evidence)
        partitions = {f"{part:05d}": (cluster.evidence_log, part) for part in range(cluster.evidence_partitions)}
        op.output("evidence_log", evidence, KafkaSink(self.producer, partitions))
        letters = op.flat_map("dead_letters", written, lambda some: some.dead_letters)
        mounted = op.flat_map("mountings", written, lambda some: some.mountings)
        meters = {MOUNTINGS: (cluster.name(NETWORK_METERS), MOUNTINGS_PARTITION)}
        op.output("meter_topic", mounted, KafkaSink(self.producer, meters))
        places = self._dead_letter_places()
        last = find_last_numbers(cluster.client, list(places.values()), dead_letter.number_of)
        self._last_letters.update(last)
        op.output("dead_letter_topics", letters, KafkaSink(self.producer, places, last))
        return flow

    def _dead_letter_places(self) -> dict[str, Place]:
        """Where refused records of this process go, by raw topic and partition; those of crews the engine judges."""
        cluster = self.prepared.cluster
        return {
            f"{topic}/{partition:05d}": (cluster.name(dead_letter_topic(topic)), partition)
            for topic in RAW_TOPICS
            if topic != CREW_EVENTS
            for partition in self.prepared.own_partitions(topic)
        }

    def _refuse_letters_ahead(self) -> None:
        """A dead letter of a record that its raw partition does not have would hide those to come."""
        faults = []
        with RangeReader(self.prepared.cluster.client) as reader:
            for name, place in self._dead_letter_places().items():
                topic, _, partition = name.rpartition("/")
                end = reader.locate(self.prepared.cluster.name(topic), int(partition)).end
                if (last := self._last_letters[place]) > end:
                    ends = f"{place[0]}/{place[1]} ends with the letter of offset {last - 1}"
                    remedy = "see who else writes there, and begin anew with another prefix"
                    faults.append(f"{ends}, but {topic}/{int(partition)} ends at {end}; {remedy}")
        if faults:
            raise ForeignTopicError(faults)

    def _refuse_log_ahead(self, origins: Mapping[Place, Origin]) -> None:
        """What came to offsets that the log accounts for already would count as read, and be lost in silence."""
        faults = []
        for (topic, partition), (_, end) in find_bounds(self.prepared.cluster.client, origins).items():
            origin = origins[topic, partition]
            if (read := max(origin.position, *origin.covered.values())) > end:
                remedy = "restore what is missing, or a log that is no further; see docs/disaster-recovery.md"
                faults.append(
                    f"{topic}/{partition} ends at offset {end}, and the evidence log has read {read}; {remedy}"
                )
        if faults:
            raise LostRecordsError(faults)

    def _begin(self, resumed: Resumed) -> RawReading:
        """Open the partitions where the log, or else the snapshot, says that they are settled."""
        settled, ids = resumed
        prepared, cluster = self.prepared, self.prepared.cluster
        places = {
            f"{topic}/{partition}": (cluster.name(topic), partition)
            for topic in RAW_TOPICS
            for partition in prepared.own_partitions(topic)
        }
        partitions = cluster.evidence_partitions
        progress = find_progress(cluster.client, cluster.evidence_log, partitions, places, settled)
        if faults := other_topics(ids | progress.topic_ids, cluster.topic_ids):
            raise OtherTopicError(faults)
        known = {
            name: max(found)
            for name in places
            if (found := [source[name] for source in (progress.settled, settled) if name in source])
        }
        heads = first_offsets(
            cluster.client,
            [place for name, place in places.items() if name not in known or name.rsplit("/", 1)[0] in FORGETTING],
        )
        origins, in_force = {}, prepared.releases.in_force(prepared.network.version)
        for name, place in places.items():
            position, log_time = known.get(name) or (heads[place], 0)
            head = max(position, heads.get(place, 0))
            if head > position:
                log.warning("%s: %s records are gone by age before they were read", name, head - position)
            topic, partition = name.rsplit("/", 1)
            origins[name] = Origin(
                reader=OriginReader(prepared.network, topic, int(partition), in_force),
                partitions=cluster.raw_partitions[topic],
                position=head,
                log_time=log_time,
                covered={ours: progress.covered.get((name, ours), position) for ours in range(partitions)},
                # Commands that come after the end of a feed are not of the storm, whoever read that end.
                watermark=END_OF_LOG if topic == OPERATOR_COMMANDS and progress.has_ended(name, position) else 0,
            )
        self._refuse_log_ahead({places[name]: origin for name, origin in origins.items()})
        self._refuse_letters_ahead()
        offsets = {places[name]: origin.position for name, origin in origins.items()}
        appended = [place for name, place in places.items() if name.rsplit("/", 1)[0] in cluster.append_time]
        intake = Intake(prepared.network, prepared.routing, origins, cluster.topic_ids, Mountings(prepared.mountings))
        client, group = self.events.with_callbacks(cluster.client), f"{FLOW.group}{cluster.group_suffix}"
        releases = prepared.releases, prepared.releases_from
        taking = ReleaseIntake(intake, ReleaseReader(client, cluster.prefix, group, *releases), self.networks)
        if prepared.releases.latest is not None:
            taking.take(prepared.releases.latest)
        return RawReading(
            reader=PartitionReader(client, group, offsets),
            intake=intake,
            releases=taking,
            mountings=MountingIntake(intake, MountingReader(client, cluster.prefix, group, prepared.mountings_from)),
            ends=Ends(cluster.client, appended, prepared.settings.watermark_margin_ms),
            stems={cluster.name(topic): topic for topic in RAW_TOPICS},
            played=cluster.played,
            version=prepared.version,
            topics=cluster.check_of(RAW_TOPICS),
            topic_ids=cluster.topic_ids,
            watch=self.watch,
        )


def flow() -> Dataflow:
    """Make the flow from settings of the environment."""
    return IngestRun(prepare_ingest(load_settings(IngestSettings)), Pulse()).lay()
