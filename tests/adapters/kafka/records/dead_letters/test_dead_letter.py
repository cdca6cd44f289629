"""A dead letter says its number, wherever it came from: who starts anew goes on after it."""

from __future__ import annotations

from typing import Any

from confluent_kafka import Message
from hypothesis import given
from hypothesis import strategies as st

from adapters.kafka.records.dead_letters.dead_letter import OFFSET, SEQUENCE, Envelope, number_of, outgoing
from models.contracts.topics import CREW_EVENTS
from models.evidence.batch import RefusedLine

NUMBERS = st.integers(0, 5) | st.integers(0, (1 << 63) - 2)


@given(offset=NUMBERS, number=NUMBERS.map(lambda some: some + 1))
def test_the_number_is_read_back_as_it_was_written(offset: int, number: int) -> None:
    """Of ingest it is the offset and one, of outages a count by itself: near each other or not."""
    line = RefusedLine(0, CREW_EVENTS, 0, offset, "malformed", "is no JSON", b"{", b"")
    forged: list[tuple[str, bytes | None]] = [(SEQUENCE, b"1"), (OFFSET, b"2")]  # of the refused record
    letter = outgoing(line, Envelope(b"key", forged, 0), "version", number)
    headers: list[Any] = list(letter.headers or [])
    assert number_of(Message(topic="t", partition=0, offset=7, value=letter.value, headers=headers)) == number
