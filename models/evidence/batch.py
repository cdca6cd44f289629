"""What ingest hands to the outage engine: checked evidence in columns, one batch of one origin.

An *origin* is one partition of one raw topic (in a replay, one file). Rows carry stable numbers of the network, never
positions, and their log time, which never goes back within an origin.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from models.contracts.outputs.dead_letter import DeadLetter, Disposition
from models.decoding.cut_line import cut_fields
from models.times.units import END_OF_TIME

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from models.contracts.inputs.crew import CrewEvent
    from models.contracts.inputs.operator_command import OperatorCommand

END_OF_LOG: Final = END_OF_TIME
"""The watermark of an origin whose last line has been read, in place of milliseconds."""


@dataclass(frozen=True, slots=True)
class PointRows:
    """Reports about usage points (meters and calls), n rows in columns of equal length, in the order of the log.

    A call by account becomes one row for each usage point of the account, next to each other with the same offset.
    """

    log_time: NDArray[np.int64]
    """Milliseconds since the epoch, never falling."""
    offset: NDArray[np.int64]
    point: NDArray[np.int32]
    """Stable number of the usage point."""
    kind: NDArray[np.uint8]
    """Code in `models.evidence.kinds.EVIDENCE_KINDS`."""
    observed_at: NDArray[np.int64]
    """By the sender's clock, believed or not."""
    outage_started_at: NDArray[np.int64]
    """Of `power_restored` where the meter says it, else 0; by its clock, believed or not."""
    received_at: NDArray[np.int64]
    source: NDArray[np.uint32]
    """Number in `models.evidence.sources`."""


@dataclass(frozen=True, slots=True)
class DeviceRows:
    """SCADA reports about devices, n rows in columns of equal length, in the order of the log."""

    log_time: NDArray[np.int64]
    offset: NDArray[np.int64]
    device: NDArray[np.int32]
    """Stable number of the device."""
    position: NDArray[np.uint8]
    """Code in `models.evidence.kinds.DEVICE_REPORTS`: 0 open, 1 closed, 2 an alarm; what follows decides nothing yet.

    A gap is two rows of one offset, its begin and its end.
    """
    quality: NDArray[np.uint8]
    """0 good, 1 uncertain, 2 bad, in the lower two bits; above them the place in `models.evidence.kinds.ORIGINS`."""
    observed_at: NDArray[np.int64]
    """By the sender's clock, believed or not."""
    received_at: NDArray[np.int64]


AnyRows = TypeVar("AnyRows", PointRows, DeviceRows)


@dataclass(frozen=True, slots=True)
class CrewRow:
    """One crew report; `value` are the bytes of its line, kept for the dead letter if its outage is not known."""

    log_time: int
    offset: int
    event: CrewEvent
    observed_at: int
    device: int
    """Stable number of `device_id`, -1 none."""
    found_device: int
    """Stable number of `found_device_id`, -1 none."""
    open_device: int
    """Stable number of `open_device_id`, -1 none."""
    value: bytes
    envelope: bytes = b""
    """What else a dead letter must give back (a Kafka record's key, headers and time), opaque here."""


class WorkRow(NamedTuple):
    """One report about planned work at a device."""

    log_time: int
    offset: int
    work_id: str
    device: int
    """Stable number of the device."""
    kind: int
    """Place in `models.evidence.work_codes.WORK_KINDS`."""
    status: int
    """Place in `models.evidence.work_codes.WORK_STATUSES`."""
    planned_from: int
    planned_to: int
    observed_at: int
    """By the sender's clock, believed or not."""
    received_at: int


class CommandRow(NamedTuple):
    """One command of an operator; `value` are the bytes of its line, kept to tell who gave it and why."""

    log_time: int
    offset: int
    event: OperatorCommand
    observed_at: int
    """When it was given, by the sender's clock, believed or not."""
    zone_id: str
    """The zone that it is about, empty where it names none of the network."""
    value: bytes


class RefusedLine(NamedTuple):
    """A line that becomes a dead letter, with the log time at it."""

    log_time: int
    topic: str
    partition: int
    offset: int
    disposition: Disposition
    message: str
    value: bytes
    envelope: bytes = b""
    """As in `CrewRow`."""

    def dead_letter(self) -> DeadLetter:
        """Give the record for a file of dead letters."""
        return DeadLetter(
            topic=self.topic,
            partition=self.partition,
            offset=self.offset,
            disposition=self.disposition,
            message=self.message,
            value_base64=b64encode(self.value).decode(),
            **cut_fields(self.envelope),
        )


@dataclass(frozen=True, slots=True)
class EvidenceBatch:
    """Checked evidence of one origin up to a watermark.

    `read` lines were read for this batch (blank ones apart), `refused` of them became dead letters and `unused` name a
    meter that is not on the network, which `installed` and `removed` may: they change nothing and count as copies.
    """

    origin: str
    watermark: int
    """Milliseconds; everything of the origin with a log time below it has been handed over."""
    points: PointRows | None = None
    devices: DeviceRows | None = None
    crew: Sequence[CrewRow] = ()
    works: Sequence[WorkRow] = ()
    commands: Sequence[CommandRow] = ()
    deferred: Sequence[RefusedLine] = ()
    """Of the crew topic: they wait for their instant, so that its dead letters stay in order."""
    read: int = 0
    refused: int = 0
    unused: int = 0
    last_log_time: int = field(default=0)
    """The largest log time of the origin so far, milliseconds; 0 before the first accepted line."""
    first_log_time: int = 0
    """Log time of the first record that the origin ever had, milliseconds; 0 where whoever wrote this did not see it.

    It was written to each partition at least once.
    """
    offsets: tuple[int, int] | None = None
    """First offset that the batch accounts for, and the one after its last; None where it accounts for none.

    Every offset in between is in the rows, or a dead letter, or no line: batches of an origin follow without a gap.
    """
    partitions: int = 1
    """How many partitions the origin's topic has: each of them is an origin that the clock waits for."""

    def without_rows(self) -> EvidenceBatch:
        """Give what the batch says of its origin alone: no rows, and no lines counted."""
        bare = replace(self, points=None, devices=None, crew=(), works=(), commands=(), deferred=())
        return replace(bare, read=0, refused=0, unused=0)

    def texts(self) -> int:
        """Count the rows that travel one by one."""
        return len(self.crew) + len(self.works) + len(self.commands) + len(self.deferred)

    def rows(self) -> int:
        """Count the rows about usage points and devices."""
        return sum(len(some.log_time) for some in (self.points, self.devices) if some is not None)
