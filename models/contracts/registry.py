"""The outputs of all flows: what each topic is, declared once.

Kafka's topics, sinks, files, the offline play, the AsyncAPI document, the event pages and the labels of metrics are
made from these rows; a flow adds only which of what it publishes goes where.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from models.contracts.outputs.clock import ClockRecord
from models.contracts.outputs.command_answer import CommandAnswerRecord
from models.contracts.outputs.membership import MembershipRecord
from models.contracts.outputs.network import AbnormalRecord, AbnormalTombstone, BackfeedRecord
from models.contracts.outputs.outage import OutageRecord, OutageTombstone
from models.contracts.outputs.restoration import RestorationRecord
from models.contracts.outputs.zone_health import ZoneHealthRecord
from models.contracts.topics import (
    CANARY_LIFECYCLE,
    CANARY_RESTORATION,
    NETWORK_ABNORMAL,
    OPERATOR_ANSWERS,
    OUTAGE_CLOCK,
    OUTAGE_LIFECYCLE,
    OUTAGE_MEMBERSHIP,
    OUTAGE_RESTORATION,
    OUTAGE_STATE,
    SAFETY_BACKFEED,
    ZONE_HEALTH,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models.contracts.fields import InputEvent, OutputRecord

PartitionRule = Literal["raw", "evidence"]
"""As many partitions as the raw topics have, or as many as the evidence log has."""
Access = Literal["public", "internal", "restricted"]
"""Who may read a topic: anybody; who has to do with outages, though its ids name customers; or only who needs names,
contacts, words of people or facts of health, or what may hold them."""
Role = str
"""Who has to do with a topic: a flow by its name, or one of `PEOPLE`."""
CONNECTORS: Final = "connectors"
CANARY: Final = "canary"
PEOPLE: Final = ("sources", CONNECTORS, CANARY, "consumers", "operators")
"""What brings events in, Faultline's own processes that do, readers of outputs, people. No flow has such a name."""
OUTAGES: Final = "outages"


class Contract(NamedTuple):
    """A contract by the name of its schema."""

    name: str
    model: type[OutputRecord]


class InputContract(NamedTuple):
    """As `Contract`, of what others write."""

    name: str
    model: type[InputEvent]


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """An output topic of a flow. Its records carry `sequence`, from 1 without gaps in each partition."""

    name: str
    """Of the step that writes it; states are kept under it."""
    topic: str
    summary: str
    contract: Contract
    tombstone: Contract | None = None
    """What stands in files where Kafka has a record without a value."""
    key: str
    """The field that is the record's key."""
    compacted: bool = False
    """Whether the last record of each key is kept for ever, and no other."""
    columnar: bool = False
    """Whether its model says many at once, as rows, and of each key only what is news."""
    retention_days: int
    """How long a record is kept at least; of a compacted topic how long a tombstone can be read."""
    rule: PartitionRule = "evidence"
    event_type: str
    """CloudEvents type."""
    owner: Role
    access: Access = "internal"
    readers: tuple[Role, ...] = ("consumers", "operators")
    """Who reads it besides its owner, who looks where it ends."""
    personal: bool = False
    """Whether it names accounts: nothing of it is kept for longer than an erased account may stand anywhere."""
    counted: str
    """The field by whose values a summary counts the records."""
    in_files: bool = True
    """Whether files of a replay, a live storm and an offline play hold it."""
    merged: bool = True
    """Whether partitions can be put into one file, by instant and key; of a clock each partition has its own."""


_OUTAGE: Final = Contract("outage", OutageRecord)

_OUTPUTS: Final[list[Output]] = [
    Output(
        name="lifecycle",
        topic=OUTAGE_LIFECYCLE,
        summary="Each revision of each outage.",
        contract=_OUTAGE,
        key="outage_id",
        retention_days=400,
        event_type="faultline.outage.lifecycle.v1",
        owner=OUTAGES,
        counted="revision",
    ),
    Output(
        name="restorations",
        topic=OUTAGE_RESTORATION,
        summary="Who has power again, and on what basis.",
        contract=Contract("restoration", RestorationRecord),
        key="outage_id",
        retention_days=400,
        event_type="faultline.outage.restoration.v1",
        owner=OUTAGES,
        counted="basis",
    ),
    Output(
        name="membership",
        topic=OUTAGE_MEMBERSHIP,
        summary="The ledger: which usage points each revision gained, lost, restored and handed over, and when.",
        contract=Contract("membership", MembershipRecord),
        key="outage_id",
        retention_days=400,
        event_type="faultline.outage.membership.v1",
        owner=OUTAGES,
        counted="revision",
    ),
    Output(
        name="current_state",
        topic=OUTAGE_STATE,
        summary="The last revision of each outage; a tombstone 7 days of log time after the last one of an outage that "
        "ended.",
        contract=_OUTAGE,
        tombstone=Contract("outage_tombstone", OutageTombstone),
        key="outage_id",
        compacted=True,
        retention_days=7,
        event_type="faultline.outage.state.v1",
        owner=OUTAGES,
        counted="zone_id",
    ),
    Output(
        name="answers",
        topic=OPERATOR_ANSWERS,
        summary="What became of each command of an operator: done, or refused and why.",
        contract=Contract("command_answer", CommandAnswerRecord),
        key="command_id",
        retention_days=400,
        event_type="faultline.outage.answer.v1",
        owner=OUTAGES,
        counted="result",
    ),
    Output(
        name="abnormal",
        topic=NETWORK_ABNORMAL,
        summary="Devices off their normal positions, cuts, jumpers and generators, since when, and who says so.",
        contract=Contract("abnormal", AbnormalRecord),
        tombstone=Contract("abnormal_tombstone", AbnormalTombstone),
        key="element_id",
        compacted=True,
        retention_days=7,
        event_type="faultline.network.abnormal.v1",
        owner=OUTAGES,
        counted="kind",
    ),
    Output(
        name="backfeed",
        topic=SAFETY_BACKFEED,
        summary="Who says to have power in a section that is open or under clearance, and which crews are near.",
        contract=Contract("backfeed", BackfeedRecord),
        key="backfeed_id",
        retention_days=400,
        event_type="faultline.safety.backfeed.v1",
        owner=OUTAGES,
        counted="status",
    ),
    Output(
        name="zone_health",
        topic=ZONE_HEALTH,
        summary="Zones that were set aside, and taken back.",
        contract=Contract("zone_health", ZoneHealthRecord),
        key="zone_id",
        compacted=True,
        retention_days=7,
        event_type="faultline.zone.health.v1",
        owner=OUTAGES,
        counted="status",
        in_files=False,
    ),
    Output(
        name="clock",
        topic=OUTAGE_CLOCK,
        summary="Up to which instant, and which record of each topic, all has been said, at least once a minute.",
        contract=Contract("clock", ClockRecord),
        key="evidence_partition",
        retention_days=400,
        event_type="faultline.outage.clock.v1",
        owner=OUTAGES,
        counted="evidence_partition",
        merged=False,
    ),
    Output(
        name="canary_lifecycle",
        topic=CANARY_LIFECYCLE,
        summary="Each revision of each outage that faultline canary made: nobody lives there.",
        contract=_OUTAGE,
        key="outage_id",
        retention_days=7,
        event_type="faultline.canary.lifecycle.v1",
        owner=OUTAGES,
        readers=(CANARY, "operators"),
        counted="revision",
        in_files=False,
    ),
    Output(
        name="canary_restorations",
        topic=CANARY_RESTORATION,
        summary="What of it is said to have power again, and on what basis.",
        contract=Contract("restoration", RestorationRecord),
        key="outage_id",
        retention_days=7,
        event_type="faultline.canary.restoration.v1",
        owner=OUTAGES,
        readers=("operators",),
        counted="basis",
        in_files=False,
    ),
]


class ImportLog(NamedTuple):
    """Tables from outside as one more origin of a log, in a topic of its own, of which nothing is kept for a day.

    Their importer writes what changed with numbers and instants of its own, and goes on telling instants while nothing
    changes: it is waited for. Without its state the flow goes on from its checkpoint.
    """

    origin: str
    topic: str
    checkpoints: str
    """The topic to which the flow's state goes once an hour of log time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """A log by which a flow has its records keyed otherwise, as the evidence log does for the outages."""

    topic: str
    summary: str
    owner: Role
    retention_days: int = 400
    """As long as what it is made of: without a state the flow lives through it again."""
    access: Access = "internal"
    imported: ImportLog | None = None
    """What of it comes from outside."""

    @property
    def topics(self) -> tuple[str, ...]:
        """All that its entries stand in."""
        return (self.topic, *([self.imported.topic] if self.imported else []))


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A topic that others write and a flow takes into its log. It holds what is a person's: see `Output.personal`."""

    topic: str
    summary: str
    contract: InputContract
    key: str
    compacted: bool = False
    """Whether the last record of each key counts; a record without a value takes it out."""
    owner: Role
    """The flow."""
    readers: tuple[Role, ...] = ()
    """Who reads it besides."""
    writers: tuple[Role, ...] = ()
    """Who writes it besides the sources."""


_LOGS: Final[list[Log]] = []
_TABLES: Final[list[Table]] = []
_READERS: Final[dict[str, dict[Role, None]]] = {}
"""By topic, flows that are not Faultline's own."""
_WRITERS: Final[dict[str, dict[Role, None]]] = {}
"""As `_READERS`."""


def logs() -> tuple[Log, ...]:
    """Give the logs of all flows behind the outages."""
    return tuple(_LOGS)


def tables() -> tuple[Table, ...]:
    """Give the topics that others write and flows behind the outages take in."""
    return tuple(_TABLES)


def outputs(owner: Role | None = None) -> tuple[Output, ...]:
    """Give all outputs, or those of one flow, in the order of the stream."""
    return tuple(output for output in _OUTPUTS if owner in (None, output.owner))


def readers_of(output: Output) -> tuple[Role, ...]:
    """Give who reads an output; a sink goes on where its topic ends, so the owner reads it too."""
    return (output.owner, *readers_besides(output.topic), *output.readers)


def readers_besides(topic: str) -> tuple[Role, ...]:
    """Give the flows that are not Faultline's own and read a topic of others."""
    return tuple(_READERS.get(topic, {}))


def output_of(topic: str) -> Output:
    """Give the output with this topic; `KeyError` if there is none."""
    return {output.topic: output for output in _OUTPUTS}[topic]


def declare_reader(flow: Role, topics: Iterable[str]) -> None:
    """Add a flow that is not Faultline's own to the readers of topics of others."""
    for topic in topics:
        _READERS.setdefault(topic, {})[flow] = None


def declare_writer(flow: Role, topics: Iterable[str]) -> None:
    """Add a flow that is not Faultline's own to those who write to topics of others."""
    for topic in topics:
        _WRITERS.setdefault(topic, {})[flow] = None


def writers_besides(topic: str) -> tuple[Role, ...]:
    """Give the flows that are not Faultline's own and write to a topic of others."""
    return tuple(_WRITERS.get(topic, {}))


def declare(*declared: Output | Log | Table) -> None:
    """Add the outputs, logs and tables of a flow that is not Faultline's own; what is there already is left."""
    for one in declared:
        if isinstance(one, Log):
            _LOGS.extend([one] if one not in _LOGS else [])
        elif isinstance(one, Table):
            _TABLES.extend([one] if one not in _TABLES else [])
        elif one not in _OUTPUTS:
            _OUTPUTS.append(one)
