"""A day after a call named an account nothing is left of it, and `ingest` goes on, whatever it has not read by then.

On Apache Kafka, whose hours are seconds here.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

import orjson
import pytest
from confluent_kafka import Producer

from adapters.kafka.topics.inputs import DEAD_LETTERS, RAW
from adapters.network.load import load_network
from models.contracts.topics import CALL_EVENTS, EVIDENCE_LOG, METER_EVENTS, dead_letter_topic
from models.evidence.log_record import decode_record
from tests.chaos.processes import Flow as Process
from tests.chaos.processes import Place
from tests.chaos.topics import read_topics
from tests.peers.forgetting import HOUR, SHORT_HOUR, eager_broker, let_pass, traces
from tests.peers.kafka import eventually, with_topics
from tests.worlds.golden import GOLDEN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from scripts.kafka.broker import KafkaBroker

ERASED: Final = "Wilhelmine-7"
LETTERS: Final = dead_letter_topic(CALL_EVENTS)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[KafkaBroker]:
    yield from eager_broker(tmp_path)


def call(number: int, **who: str) -> dict[str, Any]:
    times = dict.fromkeys(("observed_at", "received_at"), time.time_ns() // 1_000_000)
    return {"event_id": f"call-{number}", "kind": "no_power", "channel": "web", **who, **times}


def write(bootstrap: str, *calls: tuple[str, bytes]) -> None:
    producer = Producer({"bootstrap.servers": bootstrap, "log_level": 0})
    for key, value in calls:
        producer.produce(CALL_EVENTS, value, key.encode(), 0)
    assert producer.flush(60) == 0


def test_after_a_day_no_call_that_named_an_account_is_left(broker: KafkaBroker, tmp_path: Path) -> None:
    bootstrap = with_topics(broker, "", 1, 8)
    flow = Process(bootstrap, "", "ingest", GOLDEN / "network", tmp_path / "state", Place(), {"epoch_seconds": "0.2"})
    point = load_network(GOLDEN / "network").point_ids[0]

    def accounted_for(offset: int) -> bool:
        """Whether the log says what became of all calls below an offset."""
        flow.check()
        return reached(bootstrap) >= offset

    flow.start()
    try:
        known, unknown = call(1, usage_point_id=point, account_id=ERASED), call(2, account_id=ERASED)
        write(bootstrap, (point, orjson.dumps(known)), (ERASED, orjson.dumps(unknown)), ("", b"{" + ERASED.encode()))
        eventually(lambda: accounted_for(3))
        eventually(lambda: len(read_topics(bootstrap, [(LETTERS, 0)])[LETTERS, 0]) == 2, 60.0)
        assert {CALL_EVENTS, LETTERS} <= traces(broker, flow, ERASED)
        let_pass(bootstrap, (*RAW, *DEAD_LETTERS), SHORT_HOUR // 2)  # nobody writes meanwhile
        eventually(lambda: not traces(broker, flow, ERASED))
        flow.kill()
        write(bootstrap, (ERASED, orjson.dumps(unknown)))
        eventually(lambda: not traces(broker, flow, ERASED))
        let_pass(bootstrap, (*RAW, *DEAD_LETTERS), HOUR)
        flow.start()
        eventually(lambda: accounted_for(4))
        assert any("gone by age" in line for line in flow.said())
        write(bootstrap, (point, orjson.dumps(call(3, usage_point_id=point))))
        eventually(lambda: accounted_for(5))
    finally:
        flow.kill()


def reached(bootstrap: str) -> int:
    """Give up to which call the evidence log is, and hold that it leaves none out."""
    at = 0
    for record in read_topics(bootstrap, [(EVIDENCE_LOG, 0)])[EVIDENCE_LOG, 0]:
        for batch in decode_record(record.value or b"").batches:
            if batch.origin == f"{CALL_EVENTS}/0" and batch.offsets is not None:
                assert batch.offsets[0] == at
                at = batch.offsets[1]
    return at


def test_only_calls_and_their_dead_letters_are_kept_for_less_than_a_day() -> None:
    assert {topic.stem for topic in (*RAW, *DEAD_LETTERS) if topic.personal} == {CALL_EVENTS, LETTERS}
    assert next(topic.retention_ms for topic in RAW if topic.stem == METER_EVENTS) > 24 * 3_600_000
