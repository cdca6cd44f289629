"""A topic that somebody else has written to: passed over where it can be, and told where it cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from confluent_kafka import Message

from adapters.kafka.clients.producer import Outgoing
from adapters.kafka.connectors import sink
from adapters.kafka.connectors.sink import EXPIRED, ForeignTopicError, KafkaSink, find_last_numbers
from adapters.kafka.records import checkpoints
from adapters.kafka.records.checkpoints import CHUNK_BYTES, Checkpoint, chunks, newest_checkpoint, number_of
from adapters.kafka.records.cloud_events import SEQUENCE_DIGITS
from adapters.kafka.records.dead_letters import dead_letter
from adapters.kafka.records.output_record import SEQUENCE, sequence_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PLACE = ("topic", 0)


class Producer:
    """Stands for a producer."""

    def __init__(self) -> None:
        self.sent: list[int] = []
        self.withheld: list[int] = []

    def send_all(self, _topic: str, _partition: int, records: Iterable[Outgoing]) -> None:
        self.sent += (outgoing.number for outgoing in records)

    def withhold(self, _topic: str, outgoing: Outgoing) -> None:
        self.withheld.append(outgoing.number)

    def poll(self) -> None: ...

    def flush(self) -> None: ...


def message(offset: int, outgoing: Outgoing) -> Message:
    headers: list[Any] = list(outgoing.headers or [])
    place: dict[str, Any] = {"topic": "topic", "partition": 0, "offset": offset}
    return Message(**place, key=outgoing.key, value=outgoing.value, headers=headers)


@pytest.fixture
def holds(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let the topic hold records."""

    def hold(*records: Outgoing, gone: int = 0) -> None:
        messages = [message(gone + offset, outgoing) for offset, outgoing in enumerate(records)]

        def last_records(_client: object, places: Any, wanted: Any, _step: int = 1) -> dict[Any, list[Message]]:
            start = next((at for at in range(len(messages), -1, -1) if wanted(PLACE, messages[at:])), 0)
            return dict.fromkeys(places, messages[start:])

        monkeypatch.setattr(sink, "last_records", last_records)
        monkeypatch.setattr(sink, "find_bounds", lambda _, places: dict.fromkeys(places, (gone, gone + len(messages))))
        monkeypatch.setattr(checkpoints, "last_records", last_records)

    return hold


def numbered(number: object) -> Outgoing:
    return Outgoing(b"{}", b"key", [(SEQUENCE, str(number).rjust(SEQUENCE_DIGITS, "0").encode())])


STRANGERS = (
    Outgoing(b"junk"),
    numbered("abc"),
    numbered("-7"),
    numbered("9" * 40),
    Outgoing(b"{}", b"key", [(SEQUENCE, b"")]),
    Outgoing(None, b"x/y"),
)


def test_strangers_at_the_end_are_passed_over(holds: Callable[..., None]) -> None:
    holds(numbered(1), numbered(2), *STRANGERS)
    assert find_last_numbers({}, [PLACE], sequence_of) == {PLACE: 2}
    holds(*STRANGERS)
    for number in (sequence_of, dead_letter.number_of, checkpoints.number_of):
        assert find_last_numbers({}, [PLACE], number) == {PLACE: 0}


def test_where_all_records_are_gone_by_age_the_state_goes_on(holds: Callable[..., None]) -> None:
    for strangers in ((), STRANGERS):
        holds(*strangers, gone=40)
        last = find_last_numbers({}, [PLACE], sequence_of)
        assert last == {PLACE: EXPIRED}
        for state, first in ((17, 18), (None, 18), (EXPIRED, 18)):
            producer = Producer()
            part = KafkaSink(producer, {"00000": PLACE}, last, dense=True).build_part("", "00000", state)  # type: ignore[arg-type]
            assert part.snapshot() == (EXPIRED if state is None else state)
            part.write_batch([[Outgoing(b"", number=first), Outgoing(b"", number=first + 1)]])
            with pytest.raises(ForeignTopicError, match="goes on at 21"):
                part.write_batch([[Outgoing(b"", number=first + 3)]])
            assert (producer.withheld, producer.sent) == ([], [first, first + 1])


def test_strangers_among_checkpoints_are_passed_over(holds: Callable[..., None]) -> None:
    kept = [Checkpoint(turn, turn * 10, b"{}", b"state" * CHUNK_BYTES, "log") for turn in (6, 7)]
    records = [chunk for checkpoint in kept for chunk in chunks(checkpoint)]
    forged = records[-1]._replace(headers=[(name, b"x") for name, _ in records[-1].headers or []])
    holds(*STRANGERS, *records, *STRANGERS, forged)
    passed_over: list[None] = []
    assert newest_checkpoint({}, PLACE, passed_over=lambda: passed_over.append(None)) == kept[1]
    assert len(passed_over) == 2 * len(STRANGERS) + 1
    assert find_last_numbers({}, [PLACE], number_of) == {PLACE: records[-1].number}


def test_a_topic_ahead_of_state_and_log_is_refused_once_the_log_has_been_read() -> None:
    producer = Producer()
    writer = KafkaSink(producer, {"00000": PLACE}, {PLACE: 150}, dense=True).build_part("", "00000", 3)  # type: ignore[arg-type]
    writer.write_batch([[Outgoing(b"", number=number) for number in (4, 5)]])
    assert producer.withheld == [4, 5]  # what a run before this one may have written
    with pytest.raises(ForeignTopicError, match="ends at number 150, but state and log come to 5 only"):
        writer.write_batch([[Outgoing(b"", number=6, live=True)]])
    assert producer.sent == []


def test_a_topic_that_has_just_what_was_written_goes_on() -> None:
    producer = Producer()
    writer = KafkaSink(producer, {"00000": PLACE}, {PLACE: 5}, dense=True).build_part("", "00000", 3)  # type: ignore[arg-type]
    writer.write_batch([[Outgoing(b"", number=number) for number in (4, 5)], [Outgoing(b"", number=6, live=True)]])
    assert (producer.withheld, producer.sent) == ([4, 5], [6])
    with pytest.raises(ForeignTopicError, match="ends at number 6 and the run goes on at 8"):
        writer.write_batch([[Outgoing(b"", number=8, live=True)]])
