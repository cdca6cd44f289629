"""Dead letters on Kafka: the refused record as it was, with the reason in headers.

Topic `<topic>.dlq`; key, value and headers are those of the refused record. `_dlq.errors.*` headers are added, as
KIP-1317 names them. What is larger than the topic takes keeps its first 256 KiB, with its length and SHA-256.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import msgspec

from adapters.kafka.clients.header_number import header_number
from adapters.kafka.clients.producer import Outgoing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from confluent_kafka import Message

    from adapters.kafka.clients.producer import Receipt
    from models.evidence.batch import RefusedLine

Headers = list[tuple[str, bytes | None]]

PREFIX: Final = "_dlq.errors."
OFFSET: Final = PREFIX + "original.offset"
TIMESTAMP: Final = PREFIX + "original.timestamp"
SEQUENCE: Final = PREFIX + "sequence"
LARGEST: Final = 1 << 20
"""Bytes of value, key and headers that are kept whole; the topic takes 64 KiB more."""
KEPT: Final = 256 << 10
MOST_HEADERS: Final = 32 << 10
"""Bytes of headers beside a value that was cut."""


class Envelope(msgspec.Struct, array_like=True, frozen=True):
    """What a record has besides its value."""

    key: bytes | None
    headers: Headers
    timestamp: int
    """Milliseconds since the epoch."""
    null: bool = False
    """There was no value at all, which is not an empty one."""


def envelope_of(message: Message) -> Envelope:
    """Take a record's envelope."""
    return Envelope(_bytes(message.key()), headers_of(message), message.timestamp()[1], message.value() is None)


def headers_of(message: Message) -> Headers:
    """Give a record's headers."""
    return [(str(pair[0]), _bytes(pair[1])) for pair in message.headers() or []]


pack: Final = msgspec.msgpack.encode
unpack: Final = msgspec.msgpack.Decoder(Envelope).decode


def outgoing(
    line: RefusedLine, envelope: Envelope, version: str, number: int, receipt: Receipt | None = None
) -> Outgoing:
    """Write a dead letter. `number`, from 1, rises within its partition; `number_of` reads it back."""
    kept, cut = _fit(line.value, envelope)
    headers = _reasons(line, envelope.timestamp, version)
    if envelope.headers or cut:
        headers = [*_kept_headers(envelope, cut=bool(cut)), *headers, *cut]
    headers.append((SEQUENCE, b"%d" % number))  # always, and last: the refused record may have such a header too
    return Outgoing(None if envelope.null else kept, envelope.key, headers, number, receipt)


def number_of(message: Message) -> int | None:
    """Give the number of a dead letter, counted from 1; None of a record that is no dead letter."""
    return None if header_number(message, OFFSET) is None else header_number(message, SEQUENCE)


def _reasons(line: RefusedLine, timestamp: int, version: str) -> Headers:
    return [
        *_reason(line.disposition, line.message),
        *_origin(line.topic, line.partition, version),
        (OFFSET, b"%d" % line.offset),
        (TIMESTAMP, b"%d" % timestamp),
    ]


@lru_cache(1024)
def _reason(disposition: str, message: str) -> Headers:
    """Give what many letters share."""
    return [
        (PREFIX + "disposition", disposition.encode()),
        (PREFIX + "message", message.encode("utf-8", "surrogatepass")),
    ]


@lru_cache(1024)
def _origin(topic: str, partition: int, version: str) -> Headers:
    return [
        (PREFIX + "original.topic", topic.encode()),
        (PREFIX + "original.partition", b"%d" % partition),
        (PREFIX + "application.version", version.encode()),
    ]


def _fit(value: bytes, envelope: Envelope) -> tuple[bytes, Headers]:
    """Give what is kept of a value, and the headers that say what it was if that is not all."""
    if len(value) + len(envelope.key or b"") + _size(envelope.headers) <= LARGEST:
        return value, []
    length, digest = b"%d" % len(value), sha256(value).hexdigest().encode()
    return value[:KEPT], [(PREFIX + "original.length", length), (PREFIX + "original.sha256", digest)]


def _kept_headers(envelope: Envelope, *, cut: bool) -> Sequence[tuple[str, bytes | None]]:
    if not cut or _size(envelope.headers) <= MOST_HEADERS:
        return envelope.headers
    return [(PREFIX + "original.headers", b"left out, %d bytes" % _size(envelope.headers))]


def _size(headers: Sequence[tuple[str, bytes | None]]) -> int:
    return sum([len(name) + len(value or b"") for name, value in headers]) if headers else 0


def _bytes(value: Any) -> bytes | None:  # noqa: ANN401 (the client's stubs allow texts)
    return value.encode() if isinstance(value, str) else value
