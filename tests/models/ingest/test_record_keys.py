"""The key of a record is whom it is about, however the line is wrapped or broken."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.contracts.topics import (
    CALL_EVENTS,
    CREW_EVENTS,
    METER_EVENTS,
    OPERATOR_COMMANDS,
    RAW_TOPICS,
    SCADA_EVENTS,
    WORK_EVENTS,
)
from models.ingest.record_keys import RecordKey, partition_for

FIELDS = {
    METER_EVENTS: ["meter_id"],
    SCADA_EVENTS: ["device_id"],
    CALL_EVENTS: ["usage_point_id", "account_id"],
    CREW_EVENTS: ["crew_id"],
    WORK_EVENTS: ["work_id"],
    OPERATOR_COMMANDS: ["outage_id", "command_id"],
}

NAMES = [name for names in FIELDS.values() for name in names]


@given(topic=st.sampled_from(RAW_TOPICS), event=st.dictionaries(st.sampled_from(NAMES), st.text()))
def test_the_key_is_the_first_field_that_says_something(topic: str, event: dict[str, str]) -> None:
    said = [name for field in FIELDS[topic] if (name := event.get(field))]
    key = said[0].encode() if said else None
    line = orjson.dumps({**event, "event_id": "e", "other": [1, {"meter_id": 2}]})
    assert RecordKey(topic).read(line) == key
    assert RecordKey(topic).read(orjson.dumps({"topic": "t", "payload": line.decode()})) == key


@pytest.mark.parametrize("topic", RAW_TOPICS)
@given(line=st.one_of(st.binary(), st.just(b"[" * 100_000), st.just(b'{"meter_id":7,"device_id":[],"crew_id":null}')))
def test_what_is_no_event_has_no_key(topic: str, line: bytes) -> None:
    assert RecordKey(topic).read(line) is None


@given(key=st.binary(), line=st.binary(), partitions=st.integers(1, 64))
def test_a_key_has_one_partition(key: bytes, line: bytes, partitions: int) -> None:
    assert partition_for(key, line, partitions) == partition_for(key, b"", partitions) < partitions
    assert partition_for(None, line, partitions) == partition_for(line, b"", partitions)
