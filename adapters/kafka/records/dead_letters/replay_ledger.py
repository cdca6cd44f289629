"""Which dead letters have been sent again: topic `dead.letter.replay.state.v1`, the last record of a key counts.

Not a consumer group's offset: that would have to pass over letters that a call did not choose, and brokers forget it
after a week without a commit, long before the letters go.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import msgspec

from adapters.kafka.clients.producer import Outgoing
from models.contracts.topics import DEAD_LETTER_REPLAY

if TYPE_CHECKING:
    from adapters.kafka.clients.offset_range import RangeReader

log: Final = logging.getLogger("faultline")
Span = tuple[int, int]
"""First offset, and the one after the last."""


class Done(msgspec.Struct):
    """What is done of one partition of dead letters."""

    spans: dict[str, list[Span]] = {}
    """By disposition: all its letters with these offsets have been sent again, or cannot be."""

    def has(self, disposition: str, offset: int) -> bool:
        """Whether a letter has been dealt with."""
        return any(first <= offset < end for first, end in self.spans.get(disposition, ()))

    def add(self, disposition: str, span: Span) -> None:
        """Note that all letters of a disposition have been dealt with in a span."""
        self.spans[disposition] = merge([*self.spans.get(disposition, ()), span])


def merge(spans: list[Span]) -> list[Span]:
    """Join spans that overlap or touch; returns them in order."""
    merged: list[Span] = []
    for first, end in sorted(span for span in spans if span[0] < span[1]):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((first, end))
    return merged


@dataclass(slots=True)
class Ledger:
    """All that is done, by key `<dead letter topic>/<partition>`."""

    prefix: str
    done: dict[str, Done] = field(default_factory=dict)

    @property
    def topic(self) -> str:
        """The topic's name in Kafka."""
        return self.prefix + DEAD_LETTER_REPLAY

    def of(self, stem: str, partition: int) -> Done:
        """Give what is done of a partition."""
        return self.done.setdefault(f"{stem}/{partition}", Done())

    def note(self, stem: str, partition: int) -> Outgoing:
        """Write what is done of a partition."""
        return Outgoing(msgspec.json.encode(self.of(stem, partition)), f"{stem}/{partition}".encode())


def read_ledger(reader: RangeReader, prefix: str) -> Ledger:
    """Read the ledger; one that is not there yet is refused, with its name."""
    ledger = Ledger(prefix)
    for partition in range(reader.partitions(ledger.topic)):
        for message in reader.records(reader.locate(ledger.topic, partition)):
            key, value = message.key(), message.value()
            try:
                if key and value:
                    ledger.done[bytes(key).decode()] = msgspec.json.decode(value, type=Done)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                place = (message.topic(), message.partition(), message.offset())
                log.warning("%s/%s, offset %s: says nothing of dead letters, passed over: %s", *place, error)
    return ledger
