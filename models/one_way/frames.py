"""A frame: what goes over the way at once, as a datagram or within a file, sealed with a key that both sides have.

Its seal is HMAC-SHA-256 (FIPS 198-1) over all that stands before it. A key is told by its mark, so that a receiver can
have two while one takes the other's place.
"""

from __future__ import annotations

import hmac
import struct
from enum import IntEnum
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_MAGIC: Final = b"FLW1"
_HEAD: Final = struct.Struct(">4s4sBBQQHHQQ")
_SEAL_BYTES: Final = 32
MOST_SENDER_BYTES: Final = 80
OVERHEAD: Final = _HEAD.size + MOST_SENDER_BYTES + _SEAL_BYTES
"""Bytes of a frame beside its payload, at the most."""
LEAST_KEY_BYTES: Final = 32


class Kind(IntEnum):
    """What a frame carries. Heartbeats have no number of their own: theirs is that of the last frame before them."""

    EVENTS = 1
    STATES = 2
    HEALTH = 3
    HEARTBEAT = 4


class Frame(NamedTuple):
    """A frame without its seal. Times are milliseconds by the sender's clock."""

    sender: str
    epoch: int
    """Rises with each start of the sender."""
    number: int
    """From 1 without gaps within the epoch."""
    kind: Kind
    part: int
    parts: int
    """Of how many frames that follow each other the payload is; a record may be longer than a frame."""
    complete_to: int
    """All that the sender had heard up to here stands in frames before this one."""
    sent_at: int
    payload: bytes
    """Records, or a part of one: JSON objects, a line each."""

    def records(self) -> list[bytes]:
        """Part the payload, where it is whole."""
        return self.payload.split(b"\n")


class UnsealError(ValueError):
    """Bytes that are no frame of a sender whose key is here."""


class Key(NamedTuple):
    """A secret, and the mark that frames name it by."""

    mark: bytes
    secret: bytes


def make_key(secret: bytes) -> Key:
    """Make a key of a secret. Raises `ValueError` for one that is too short."""
    if len(secret) < LEAST_KEY_BYTES:
        raise ValueError(f"has {len(secret)} bytes; give {LEAST_KEY_BYTES} at least, as `openssl rand -hex 32` does")
    return Key(sha256(b"mark:" + secret).digest()[:4], secret)


def seal(frame: Frame, key: Key) -> bytes:
    """Write a frame with its seal."""
    name = frame.sender.encode()
    head = _HEAD.pack(_MAGIC, key.mark, len(name), frame.kind, *frame[1:3], *frame[4:8])
    body = head + name + frame.payload
    return body + hmac.digest(key.secret, body, "sha256")


def unseal(data: bytes, keys: Mapping[bytes, Key]) -> Frame:
    """Read a frame with one of the keys, by their marks. Raises `UnsealError`."""
    if len(data) < _HEAD.size + _SEAL_BYTES or not data.startswith(_MAGIC):
        raise UnsealError("is no frame of this version")
    mark = data[4:8]
    if mark not in keys:
        raise UnsealError(f"is sealed with key {mark.hex()}, which is not among the key_files")
    body, seal_of_it = data[:-_SEAL_BYTES], data[-_SEAL_BYTES:]
    if not hmac.compare_digest(hmac.digest(keys[mark].secret, body, "sha256"), seal_of_it):
        raise UnsealError("has a seal that does not fit: it was changed, or made with another key")
    _, _, length, kind, epoch, number, part, parts, complete_to, sent_at = _HEAD.unpack_from(body)
    name, payload = body[_HEAD.size : _HEAD.size + length], body[_HEAD.size + length :]
    return Frame(name.decode(), epoch, number, Kind(kind), part, parts, complete_to, sent_at, payload)


def payloads(records: Iterable[bytes], most: int) -> Iterator[tuple[int, int, bytes]]:
    """Lay records into payloads of at most so many bytes: part, parts and bytes of each."""
    lines: list[bytes] = []
    size = 0
    for record in records:
        if lines and size + 1 + len(record) > most:
            yield 1, 1, b"\n".join(lines)
            lines, size = [], 0
        if len(record) > most:
            pieces = [record[start : start + most] for start in range(0, len(record), most)]
            yield from ((part, len(pieces), piece) for part, piece in enumerate(pieces, 1))
        else:
            size += len(record) + bool(lines)
            lines.append(record)
    if lines:
        yield 1, 1, b"\n".join(lines)
