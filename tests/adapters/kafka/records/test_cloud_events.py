"""Headers of output records, read by the CloudEvents project's own package."""

import re
from datetime import datetime
from typing import Any

import orjson
import pytest
from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary
from cloudevents.core.formats.json import JSONFormat
from hypothesis import given
from hypothesis import strategies as st

from adapters.kafka.records.cloud_events import Header, headers
from models.contracts.registry import Output, outputs

NAMES = ("lifecycle", "restorations", "current_state", "answers", "zone_health", "clock", "abnormal")
LIFECYCLE, RESTORATION_OUTPUT, STATE, ANSWERS, HEALTH_OUTPUT, CLOCK_OUTPUT, ABNORMAL_OUTPUT = (
    next(output for output in outputs("outages") if output.name == name) for name in NAMES
)

OUTAGE_ID = "mfzwizltoqzdg43bmrqwgz3fmu"
AT = "2026-07-01T18:08:00.250Z"
OUTAGE = {"event_id": f"{OUTAGE_ID}:2", "outage_id": OUTAGE_ID, "zone_id": "north", "sequence": 7, "updated_at": AT}
RESTORATION = {
    "event_id": f"{OUTAGE_ID}:2:full:confirmed",
    "outage_id": OUTAGE_ID,
    "sequence": 1,
    "updated_at": AT,
}
HEALTH = {"event_id": "north:1", "zone_id": "north", "sequence": 2, "updated_at": AT, "outage_ids": [OUTAGE_ID]}
CLOCK = {"event_id": f"3:{AT}", "evidence_partition": 3, "sequence": 4, "updated_at": AT}
ANSWER = {"event_id": "c1", "command_id": "c1", "zone_id": "north", "sequence": 4, "updated_at": AT}
TOMBSTONE = {"outage_id": OUTAGE_ID, "sequence": 9, "zone_id": "north", "updated_at": AT, "tombstone": True}


def read(written: list[Header], value: bytes) -> BaseCloudEvent:
    """Parse as any consumer would; a header that stands twice would be lost here."""
    assert len(dict(written)) == len(written)
    return from_binary(KafkaMessage(headers=dict(written), key=None, value=value), JSONFormat())


@pytest.mark.parametrize(
    ("output", "record", "zone_id", "subject"),
    [
        (LIFECYCLE, OUTAGE, None, OUTAGE_ID),
        (STATE, OUTAGE, None, OUTAGE_ID),
        (RESTORATION_OUTPUT, RESTORATION, "north", OUTAGE_ID),
        (HEALTH_OUTPUT, HEALTH, None, "north"),
        (CLOCK_OUTPUT, CLOCK, None, "3"),
        (ANSWERS, ANSWER, None, "c1"),
    ],
)
def test_a_record_is_an_event_about_its_outage_or_zone(
    output: Output, record: dict[str, Any], zone_id: str | None, subject: str
) -> None:
    event = read(headers(output, record, "city", zone_id), orjson.dumps(record))
    assert event.get_attributes() == {
        "specversion": "1.0",
        "id": record["event_id"],
        "type": output.event_type,
        "source": f"/faultline/city/{3 if record is CLOCK else 'north'}/{'.'.join(output.topic.split('.')[:2])}",
        "dataschema": f"urn:faultline:schema:{output.contract.name}:1",
        "subject": subject,
        "time": datetime.fromisoformat(AT),
        "sequence": f"{record['sequence']:019}",
        "datacontenttype": "application/json",
    }
    assert event.get_data() == record


def test_a_tombstone_is_an_event_without_data() -> None:
    written = dict(headers(STATE, TOMBSTONE, "city"))
    assert "content-type" not in written
    assert written.keys() | {"content-type", "ce_dataschema"} == dict(headers(STATE, OUTAGE, "city")).keys()
    assert written["ce_id"] != dict(headers(STATE, OUTAGE, "city"))["ce_id"]


@given(st.text(min_size=1), st.text(min_size=1))
def test_a_source_keeps_any_names_apart_and_is_a_uri(organisation: str, zone_id: str) -> None:
    source = dict(headers(LIFECYCLE, OUTAGE | {"zone_id": zone_id}, organisation))["ce_source"].decode()
    assert re.fullmatch(r"/faultline(/([A-Za-z0-9._~-]|%[0-9A-F]{2})+){2}/outage\.lifecycle", source)


def test_source_and_id_name_an_event_once_over_all_topics() -> None:
    written = [
        dict(headers(output, record, "city", "north"))
        for output, record in ((LIFECYCLE, OUTAGE), (STATE, OUTAGE), (RESTORATION_OUTPUT, RESTORATION))
    ]
    assert len({(one["ce_source"], one["ce_id"]) for one in written}) == len(written)


@given(st.lists(st.integers(1, (1 << 63) - 1), min_size=2))
def test_sequences_sort_as_text_and_read_as_numbers(sequences: list[int]) -> None:
    texts = [dict(headers(LIFECYCLE, OUTAGE | {"sequence": n}, "city"))["ce_sequence"] for n in sequences]
    assert [int(text) for text in texts] == sequences
    assert sorted(texts) == [b"%019d" % n for n in sorted(sequences)]
