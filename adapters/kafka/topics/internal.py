"""Topics between the flows and for operators."""

from __future__ import annotations

from typing import Final

from adapters.kafka.records.checkpoints import CHUNK_BYTES
from adapters.kafka.records.networks import network_states
from adapters.kafka.topics.declaration import DAY, EVIDENCE_PARTITIONS, HOUR, KIB, MIB, Topic
from models.contracts.topics import (
    DEAD_LETTER_REPLAY,
    DEVICE_STATE,
    EVIDENCE_LOG,
    NETWORK_METERS,
    NETWORK_RELEASE,
    OUTAGE_PULSE,
    USAGE_POINT_STATE,
    ZONE_CHECKPOINT,
    ZONE_STATE,
)

EVIDENCE: Final = Topic(
    stem=EVIDENCE_LOG,
    summary="All that the engine may know, each zone in one partition: columnar batches and control records.",
    key="number of the evidence partition",
    rule="evidence",
    partitions=EVIDENCE_PARTITIONS,
    retention_ms=30 * DAY,
    timestamp="LogAppendTime",
    largest_message=4 * MIB,
    form="columns of evidence, a versioned encoding of Faultline's own",
    access="restricted",  # operators' commands are in it with user, reason and words
    owner="ingest",
    readers=("ingest", "outages", "operators"),
    writers=("ingest", "operators"),
)
CHECKPOINTS: Final = Topic(
    stem=ZONE_CHECKPOINT,
    summary="The engine's state once an hour of log time, to start from where nothing else is left.",
    key="`<slot>/<chunk>`",
    rule="evidence",
    partitions=EVIDENCE_PARTITIONS,
    cleanup="compact",
    retention_ms=DAY,
    form=f"a part of the state's bytes, at most {CHUNK_BYTES // KIB} KiB",
    access="restricted",  # commands and reports that wait are in it as they came
    owner="outages",
    readers=("outages", "operators"),
    writers=("outages",),
)
PULSES: Final = Topic(
    stem=OUTAGE_PULSE,
    summary="Up to which instant a partition has said all, each second while the flow is live: who waits for another "
    "partition's clock need not wait for its minute. Nothing depends on any of them.",
    key="evidence_partition",
    rule="evidence",
    partitions=EVIDENCE_PARTITIONS,
    retention_ms=HOUR,
    form="JSON: `instant` in milliseconds, and `clock`, the number of the last record of `outage.clock.v1` by then",
    owner="outages",
    readers=("outages", "operators"),
    writers=("outages",),
)
RELEASES: Final = Topic(
    stem=NETWORK_RELEASE,
    summary="Which versions of the network have been released, for ingest, and whether releases are held.",
    key="`release/<number>`, or `freeze`",
    rule="evidence",
    partitions=EVIDENCE_PARTITIONS,
    cleanup="compact",
    retention_ms=DAY,
    form="JSON: version, the version before, from which log time on, and who released it; or who holds releases",
    tombstones=True,
    access="restricted",  # it names who released it
    owner="operators",
    readers=("ingest", "operators"),
    writers=("operators",),
)
METERS: Final = Topic(
    stem=NETWORK_METERS,
    summary="Meters that were put up or taken down since the network's tables were drawn, for all ingest processes.",
    key="`<partition>/<offset>` of the message of mounting in the meters' topic",
    rule="evidence",
    partitions=EVIDENCE_PARTITIONS,
    cleanup="compact",
    retention_ms=DAY,
    form="JSON: meter, usage point (empty: none), since when, and where the message stands",
    tombstones=True,
    owner="ingest",
    readers=("ingest", "operators"),
    writers=("ingest", "operators"),
)
USAGE_POINTS: Final = Topic(
    stem=USAGE_POINT_STATE,
    summary="Whom the ledger's numbers stand for: each usage point of the network that was published last.",
    key="usage_point",
    rule="evidence",
    partitions=EVIDENCE_PARTITIONS,
    cleanup="compact",
    retention_ms=DAY,
    contract="usage_point",
    tombstones=True,
    access="restricted",  # ids, accounts, and who depends on life support
    owner="operators",
    readers=("operators",),
    writers=("operators",),
)
ZONES: Final = Topic(
    stem=ZONE_STATE,
    summary="Each zone of the network in force: where it is, whom it serves; for maps and shares.",
    key="zone_id",
    rule="evidence",
    partitions=EVIDENCE_PARTITIONS,
    cleanup="compact",
    retention_ms=7 * DAY,
    contract=network_states.ZONES.contract,
    event_type=network_states.ZONES.event_type,
    numbered=False,
    tombstones=True,
    owner="outages",
    readers=("outages", "consumers", "operators"),
    writers=("outages", "operators"),
)
DEVICES: Final = Topic(
    stem=DEVICE_STATE,
    summary="Each device of the network in force: where it is, of which kind and feeder, whom it serves.",
    key="device_id",
    rule="evidence",
    partitions=EVIDENCE_PARTITIONS,
    cleanup="compact",
    retention_ms=7 * DAY,
    contract=network_states.DEVICES.contract,
    event_type=network_states.DEVICES.event_type,
    numbered=False,
    tombstones=True,
    owner="outages",
    readers=("outages", "consumers", "operators"),
    writers=("outages", "operators"),
)
LETTERS_SENT_AGAIN: Final = Topic(
    stem=DEAD_LETTER_REPLAY,
    summary="Which dead letters have been sent again, so that each is sent once.",
    key="`<dead letter topic>/<partition>`",
    rule="evidence",
    partitions=EVIDENCE_PARTITIONS,
    cleanup="compact",
    retention_ms=DAY,
    form="JSON, by disposition the stretches of offsets that are done",
    owner="operators",
    readers=("operators",),
    writers=("operators",),
)
