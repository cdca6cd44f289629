"""Refused records of the raw topics, until they are handed on as dead letters together with evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from adapters.kafka.records.dead_letters import dead_letter
from adapters.kafka.records.raw import MOST_BYTES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from confluent_kafka import Message
    from numpy.typing import NDArray

    from adapters.kafka.clients.producer import Outgoing
    from models.evidence.batch import RefusedLine
    from models.ingest.intake import OffsetReceipt


class RefusedRecords:
    """What waits, by raw topic and partition. Each record is counted on the receipt of the evidence around it."""

    def __init__(self, version: str) -> None:
        self._version = version
        self._waiting: dict[str, list[tuple[RefusedLine, Message, OffsetReceipt]]] = {}
        self._bytes = 0

    def __bool__(self) -> bool:
        return bool(self._waiting)

    @property
    def many(self) -> bool:
        """Whether they are to be handed on now, whatever else there is."""
        return self._bytes > MOST_BYTES

    def add(
        self,
        place: tuple[str, int],
        messages: Sequence[Message],
        offsets: NDArray[np.int64],
        lines: Sequence[RefusedLine],
        receipt: OffsetReceipt,
    ) -> None:
        """Keep what was refused of some messages of a raw topic's partition; `offsets` are the messages'."""
        receipt.outstanding += len(lines)
        places = np.searchsorted(offsets, [line.offset for line in lines]).tolist()
        self._waiting.setdefault(f"{place[0]}/{place[1]:05d}", []).extend(
            (line, messages[at], receipt) for line, at in zip(lines, places, strict=True)
        )
        self._bytes += sum([len(line.value) for line in lines])

    def take(self) -> list[tuple[str, list[Outgoing]]]:
        """Give all that waits, as dead letters."""
        letters = [
            (
                partition,
                [
                    dead_letter.outgoing(
                        line, dead_letter.envelope_of(message), self._version, line.offset + 1, receipt
                    )
                    for line, message, receipt in refused
                ],
            )
            for partition, refused in self._waiting.items()
        ]
        self._waiting, self._bytes = {}, 0
        return letters
