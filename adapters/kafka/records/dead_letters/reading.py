"""Dead letters read back: what was refused and why, and the record to send again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from adapters.kafka.clients.consumer import offset_of
from adapters.kafka.clients.producer import Outgoing
from adapters.kafka.records.dead_letters.dead_letter import OFFSET, PREFIX, Envelope, envelope_of

if TYPE_CHECKING:
    from confluent_kafka import Message

    from adapters.kafka.clients.producer import Receipt

ATTEMPT: Final = "faultline-attempt"
"""Header of a record that was sent again: how often, from 1. A record that is refused again keeps it."""


@dataclass(frozen=True, slots=True)
class Cut:
    """What a value was of which only the beginning is kept."""

    length: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A record of a dead letter topic."""

    partition: int
    offset: int
    at: int
    """When it was written, milliseconds."""
    value: bytes | None
    envelope: Envelope
    """Key and headers of the refused record; its time, if the letter tells it."""
    reasons: dict[str, str]
    """What the letter says of itself, by name without prefix; empty for a record that is no dead letter."""
    cut: Cut | None

    @property
    def disposition(self) -> str:
        """Why it was refused, in one word; `none` for a record that does not say."""
        return self.reasons.get("disposition", "none")

    @property
    def origin(self) -> tuple[int, int] | None:
        """Partition and offset of the refused record in its topic."""
        partition, offset = (self.reasons.get(f"original.{part}", "") for part in ("partition", "offset"))
        return (int(partition), int(offset)) if partition.isdecimal() and offset.isdecimal() else None

    @property
    def attempt(self) -> int:
        """How often it had been sent again before it was refused."""
        text = (dict(self.envelope.headers).get(ATTEMPT) or b"").decode("ascii", "replace")
        return int(text) if text.isdecimal() else 0

    def again(self, receipt: Receipt | None = None) -> Outgoing:
        """Give the record to send again: as it was, with the number of the attempt."""
        headers = [(name, value) for name, value in self.envelope.headers if name != ATTEMPT]
        headers.append((ATTEMPT, b"%d" % (self.attempt + 1)))
        return Outgoing(self.value, self.envelope.key, headers, receipt=receipt, at=self.envelope.timestamp)

    def size(self) -> int:
        """Give the bytes of value, key and headers."""
        headers = sum(len(name) + len(value or b"") for name, value in self.envelope.headers)
        return len(self.value or b"") + len(self.envelope.key or b"") + headers


def read_letter(message: Message) -> Letter:
    """Read a dead letter."""
    whole = envelope_of(message)
    reasons = {
        name.removeprefix(PREFIX): (value or b"").decode("utf-8", "replace")
        for name, value in whole.headers
        if name.startswith(PREFIX)
    }
    kept = [(name, value) for name, value in whole.headers if not name.startswith(PREFIX)]
    text = reasons.get("original.timestamp", "")
    envelope = Envelope(whole.key, kept, max(int(text), 0) if text.isdecimal() else 0, whole.null)
    return Letter(
        partition=message.partition() or 0,
        offset=offset_of(message),
        at=whole.timestamp,
        value=_bytes(message.value()),
        envelope=envelope,
        reasons=reasons if OFFSET.removeprefix(PREFIX) in reasons else {},
        cut=_cut(reasons),
    )


def _cut(reasons: dict[str, str]) -> Cut | None:
    if "original.sha256" not in reasons:
        return None
    return Cut(int(reasons.get("original.length") or 0), reasons["original.sha256"])


def _bytes(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value
