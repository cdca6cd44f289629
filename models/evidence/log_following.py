"""One partition of the evidence log as it is followed: what can be counted with, what is passed over, where to stand.

A record that cannot be followed is foreign: it is passed over and counted. If it held evidence, the next batch of its
origin begins beyond the offset expected. At such a gap the partition stands, for to go on without a word would be to
lose evidence in silence. Records further on in the log decide: where the origin goes on as expected after all, the one
that stood apart was foreign; else a control record has to name the place.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, NamedTuple

from models.evidence.log_check import record_fault
from models.evidence.log_record import LogRecord, LogRecordError, decode_record, decode_standing
from models.network.versions import successor_faults

if TYPE_CHECKING:
    from collections.abc import Callable

    from models.evidence.batch import EvidenceBatch
    from models.network.network import Network

NOTHING: Final = LogRecord("")


class OtherNetworkError(ValueError):
    """The log goes on with evidence that was made with another network."""


class Gap(NamedTuple):
    """Offsets of an origin that the log does not account for."""

    at: int
    """Offset in the log of the record that shows it."""
    origin: str
    expected: int
    first: int

    def __str__(self) -> str:
        return (
            f"offset {self.at} goes on with {self.origin} at its offset {self.first}, {self.expected} was expected: "
            f"evidence of {self.first - self.expected} records is missing"
        )


class Followed(NamedTuple):
    """A record to count with, or to pass over."""

    record: LogRecord
    foreign: str | None = None
    """Why it is passed over; `record` is then empty."""
    skipped_gap: str | None = None
    """What is missing before it; an operator has said to go on without."""


@dataclass(slots=True)
class LogFollower:
    """Follows one partition of the log from where `expected` stands: by origin the next offset."""

    network: Network
    """The version released last: stable numbers of earlier ones are its own, too."""
    expected: dict[str, int] = field(default_factory=dict)
    versions: list[str] = field(default_factory=list)
    """The versions released before, whose rows may still come; empty stands for none."""
    find_network: Callable[[str], Network | None] = lambda _version: None
    """Gives a version of the network, None while it is not there."""
    awaited: str | None = None
    """The version without which it cannot go on."""
    gap: Gap | None = None
    """Where it stands; None while it goes on."""
    skipped: int = -1
    """Offset of the record at which a gap is done without."""
    passed: int = -1
    """Offset of a record that stood apart and is passed over."""

    def follow(self, offset: int, value: bytes) -> Followed | None:
        """Take the next record; None where the partition stands from here on: at a gap, or for want of a network.

        Raises `OtherNetworkError`.
        """
        try:
            record = decode_record(value)
        except LogRecordError as error:
            return Followed(NOTHING, str(error))
        if (fault := self._fault(record)) is not None:
            return Followed(NOTHING, fault)
        if record.release is not None:
            return self._release(record, record.release[0])
        gap = self._gap(offset, record)
        if gap is not None and offset == self.passed:
            return Followed(NOTHING, f"it does not belong here: {gap}, and the log goes on with that one later")
        if gap is not None and offset != self.skipped:
            self.gap = gap
            return None
        for batch in record.batches:
            if batch.offsets is not None:
                self.expected[batch.origin] = max(self.expected.get(batch.origin, 0), batch.offsets[1])
        return Followed(record, skipped_gap=None if gap is None else str(gap))

    def _release(self, record: LogRecord, version: str) -> Followed | None:
        """A version is released: from here on its stable numbers may come."""
        if version == self.network.version:  # it was written twice
            return Followed(replace(record, release=None))
        if record.network_version != self.network.version:
            return Followed(NOTHING, f"releases {version} after {record.network_version}, which is not the latest here")
        network = self.find_network(version)
        self.awaited = version if network is None else None
        if network is None:
            return None
        if faults := successor_faults(network, self.network):
            return Followed(NOTHING, f"releases {version}, which cannot follow: {faults[0]}")
        self.versions.append(self.network.version)
        self.network = network
        return Followed(record)

    def decides(self, value: bytes) -> bool:
        """Look at a record further on: whether it decides about the gap. The log is then read on from the gap."""
        gap = self.gap
        if gap is None:
            return False
        try:
            standing = decode_standing(value)
        except LogRecordError:
            return False
        first, end = standing.offsets.get(gap.origin, (0, 0))
        if gap.at in standing.skip_gaps:
            self.skipped = gap.at
        elif self._knows(standing.network_version) and first <= gap.expected < end:
            self.passed = gap.at
        else:
            return False
        self.gap = None
        return True

    def _fault(self, record: LogRecord) -> str | None:
        if self._knows(record.network_version):
            return record_fault(record, self.network)
        other = f"is of network {record.network_version}, which has not been released; {self.network.version} is"
        # Evidence that continues an origin is no stranger's: all that follows will be of that network.
        if any(some.offsets and some.offsets[0] == self.expected.get(some.origin, -1) for some in record.batches):
            raise OtherNetworkError(f"{other}; see faultline network release, or begin a new evidence log")
        if record.batches and not self.expected:
            raise OtherNetworkError(f"{other}; see faultline network release, or begin a new evidence log")
        return other

    def _knows(self, version: str) -> bool:
        return version == self.network.version or version in self.versions

    def _gap(self, offset: int, record: LogRecord) -> Gap | None:
        expected = dict(self.expected)
        for batch in record.batches:
            if (gap := _gap_of(offset, batch, expected)) is not None:
                return gap
        return None


def _gap_of(offset: int, batch: EvidenceBatch, expected: dict[str, int]) -> Gap | None:
    if batch.offsets is None:
        return None
    first, end = batch.offsets
    before = expected.get(batch.origin, first)
    expected[batch.origin] = max(before, end)
    return Gap(offset, batch.origin, before, first) if first > before else None
