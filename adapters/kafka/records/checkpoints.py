"""The engine's state in the compacted topic `zone.checkpoint.state.v1`, in chunks.

Two slots take turns, so that the older checkpoint stays whole while the newer one is written. A chunk's headers name
its checkpoint, how many chunks it has and the digest of them all: only a whole checkpoint counts.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from adapters.kafka.clients.header_number import header_number
from adapters.kafka.clients.producer import Outgoing
from adapters.kafka.clients.tail import last_records
from models.digest import digest
from models.times.units import END_OF_TIME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from confluent_kafka import Message

    from adapters.kafka.clients.consumer import Place

CHUNK_BYTES: Final = 512 << 10
"""A checkpoint goes into its topic in chunks of at most so many bytes."""
CHECKPOINT_MS: Final = 3_600_000
"""Log time between checkpoints; a checkpoint's turn is the number of these since 1970."""
MOST_CHUNKS: Final = 1 << 20
TAIL: Final = 16
"""Chunks that are read first, where there may be many checkpoints."""
OFFSET: Final = "faultline-evidence-offset"
TURN: Final = "faultline-checkpoint"
CHUNKS: Final = "faultline-chunks"
DIGEST: Final = "faultline-blake2b"
IDENTITY: Final = "faultline-identity"
LOG_ID: Final = "faultline-evidence-log"
HEADERS: Final = frozenset({TURN, OFFSET, CHUNKS, DIGEST, IDENTITY, LOG_ID})
KEY_PARTS: Final = 2
log: Final = logging.getLogger("faultline")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of an evidence partition before one of its offsets."""

    turn: int
    """Says which slot, and rises with log time."""
    offset: int
    """Of the evidence log, to go on with."""
    identity: bytes
    """Of code, network and settings that made it."""
    state: bytes
    log_id: str = ""
    """Of the evidence log whose offset that is; empty if the broker gives topics no ids."""


def chunks(checkpoint: Checkpoint) -> list[Outgoing]:
    """Write a checkpoint as records, numbered so that a later one's are always higher."""
    state = checkpoint.state
    parts = [state[start : start + CHUNK_BYTES] for start in range(0, len(state), CHUNK_BYTES)] or [b""]
    headers = [
        (TURN, b"%d" % checkpoint.turn),
        (OFFSET, b"%d" % checkpoint.offset),
        (CHUNKS, b"%d" % len(parts)),
        (DIGEST, digest(state, size=16).encode()),
        (IDENTITY, checkpoint.identity),
        (LOG_ID, checkpoint.log_id.encode()),
    ]
    return [
        Outgoing(part, b"%d/%06d" % (checkpoint.turn % 2, place), headers, checkpoint.turn * MOST_CHUNKS + place + 1)
        for place, part in enumerate(parts)
    ]


def number_of(message: Message) -> int | None:
    """Give the number of a chunk; None of a record that is none."""
    key = (message.key() or b"").split(b"/")
    turn = header_number(message, TURN)
    if turn is None or len(key) != KEY_PARTS or not key[1].isdigit() or int(key[1]) >= MOST_CHUNKS:
        return None
    return turn * MOST_CHUNKS + int(key[1]) + 1


def newest_checkpoint(
    client: Mapping[str, Any],
    place: Place,
    newest: int = END_OF_TIME,
    passed_over: Callable[[], object] = lambda: None,
) -> Checkpoint | None:
    """Read the newest whole checkpoint of a partition whose turn is at most `newest`; None if there is none.

    Records that are none are passed over, told in the log, and counted by `passed_over`.
    """
    records = last_records(client, [place], lambda _place, _records: False, 1000)[place]
    whole = [found for found in _assembled(records, passed_over) if found is not None and found.turn <= newest]
    return max(whole, key=lambda checkpoint: checkpoint.turn, default=None)


def last_checkpoint(client: Mapping[str, Any], place: Place, fits: Callable[[Checkpoint], bool]) -> Checkpoint | None:
    """Read the newest whole checkpoint of a partition that fits, from the topic's end on; None if there is none."""

    def newest(records: Iterable[Message]) -> Checkpoint | None:
        whole = [one for one in _assembled(records, lambda: None) if one is not None and fits(one)]
        return max(whole, key=lambda checkpoint: checkpoint.turn, default=None)

    return newest(last_records(client, [place], lambda _, some: newest(some) is not None, TAIL)[place])


def _assembled(records: Iterable[Message], passed_over: Callable[[], object]) -> Iterable[Checkpoint | None]:
    """Put chunks together by checkpoint; of a chunk that stands there twice the last counts."""
    parts: dict[tuple[bytes, bytes], dict[bytes, bytes]] = {}
    heads: dict[tuple[bytes, bytes], dict[str, bytes]] = {}
    for record in records:
        headers: dict[str, Any] = dict(record.headers() or [])
        if record.value() is None or number_of(record) is None or not headers.keys() >= HEADERS:
            log.warning("%s/%s, offset %s: is no checkpoint; passed over", *place_of(record))
            passed_over()
            continue
        name = (headers[TURN], headers[DIGEST])
        heads[name] = headers
        parts.setdefault(name, {})[record.key()] = record.value()  # type: ignore[index,assignment]
    return [_whole(heads[name], parts[name]) for name in heads]


def place_of(message: Message) -> tuple[str | None, int | None, int | None]:
    """Give topic, partition and offset of a record."""
    return message.topic(), message.partition(), message.offset()


def _whole(headers: Mapping[str, bytes], parts: Mapping[bytes, bytes]) -> Checkpoint | None:
    if b"%d" % len(parts) != headers[CHUNKS] or not headers[OFFSET].isdigit():
        return None
    state = b"".join(parts[key] for key in sorted(parts))
    if digest(state, size=16).encode() != headers[DIGEST]:
        return None
    return Checkpoint(int(headers[TURN]), int(headers[OFFSET]), headers[IDENTITY], state, headers[LOG_ID].decode())
