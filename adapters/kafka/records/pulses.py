"""Pulses: up to which instant a partition of the outages has said all, between two records of its clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

from adapters.kafka.clients.producer import Outgoing

if TYPE_CHECKING:
    from confluent_kafka import Message

LEAST_MS: Final = 1000
"""Log time between two pulses of a partition."""


class PartitionPulse(NamedTuple):
    """Of one partition."""

    clock: int
    """Number of the last record of the clock by then."""
    instant: int
    """Milliseconds: all that belongs to it, or to one before, is named by that record."""


def outgoing_pulse(partition: int, pulse: PartitionPulse) -> Outgoing:
    """Give the record."""
    return Outgoing(orjson.dumps(pulse._asdict()), str(partition).encode())


def read_pulse(message: Message) -> PartitionPulse | None:
    """Read a record; None of what is none."""
    try:
        fields = orjson.loads(message.value() or b"")
        return PartitionPulse(int(fields["clock"]), int(fields["instant"]))
    except (ValueError, TypeError, KeyError):
        return None
