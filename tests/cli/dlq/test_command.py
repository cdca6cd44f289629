"""`faultline dlq`: what was refused is told whole, and sent again once, as it was."""

import hashlib
from typing import Any

import pytest

from adapters.kafka.clients.producer import Outgoing
from adapters.kafka.records.dead_letters.dead_letter import Envelope, outgoing
from models.contracts.outputs.dead_letter import Disposition
from models.contracts.topics import METER_EVENTS, dead_letter_topic
from models.evidence.batch import RefusedLine
from tests.peers.commands import Operator
from tests.peers.embedded import Record, read_back

DLQ = dead_letter_topic(METER_EVENTS)
LARGE = b"x" * (1 << 20)
Headers = list[tuple[str, bytes | None]]


def letter(
    offset: int,
    disposition: Disposition,
    value: bytes | None,
    key: bytes | None = b"k",
    headers: Headers | None = None,
    partition: int = 0,
) -> Outgoing:
    line = RefusedLine(0, METER_EVENTS, partition, offset, disposition, f"why {offset}", value or b"")
    envelope = Envelope(key, headers or [], 1_700_000_000_000 + offset, value is None)
    return outgoing(line, envelope, "1.2.3", offset + 1)


@pytest.fixture
def operator(kafka: str, prefix: str) -> Operator:
    """Somebody with six letters, one of them cut and one sent again before, and a record that is none."""
    operator = Operator(kafka, prefix)
    operator.write(
        DLQ,
        0,
        letter(10, "schema", b'{"a": 1}', headers=[("trace", b"t-1"), ("trace", b"\xff"), ("empty", None)]),
        letter(11, "unknown-usage-point", b"\xfe\xff", key=None),
        letter(12, "unknown-usage-point", LARGE),
        letter(13, "schema", None, key=b"\x00\x01"),
        Outgoing(b"stray"),
    )
    again: Headers = [("faultline-attempt", b"1"), ("trace", b"t-2")]
    operator.write(
        DLQ,
        1,
        letter(20, "unknown-usage-point", b"twenty", headers=again, partition=1),
        letter(21, "late", b"late", partition=9),
    )
    return operator


def raw(operator: Operator) -> list[Record]:
    topic = operator.prefix + METER_EVENTS
    return [record for partition in (0, 1) for record in read_back(operator.client, topic, partition)]


def test_letters_are_counted_and_told_whole(operator: Operator) -> None:
    counted = operator.ask("dlq", "list")
    assert {told["disposition"]: (told["count"], told["cut"]) for told in counted} == {
        "schema": (2, 0),
        "unknown-usage-point": (3, 1),
        "late": (1, 0),
        "none": (1, 0),
    }
    assert {told["topic"] for told in counted} == {METER_EVENTS}

    (first,) = operator.ask("dlq", "show", "--topic", METER_EVENTS, "--partition", 0, "--offset", 0)
    assert (first["disposition"], first["message"], first["application_version"]) == ("schema", "why 10", "1.2.3")
    assert first["original"] == {"partition": 0, "offset": 10, "at": "2023-11-14T22:13:20.010Z"}
    assert first["headers"] == [["trace", {"text": "t-1"}], ["trace", {"hex": "ff"}], ["empty", None]]
    assert (first["key"], first["value"]) == ({"text": "k"}, {"text": '{"a": 1}'})
    last = operator.ask("dlq", "show", "--topic", DLQ, "--last", 4, "--partition", 0)
    assert [told["offset"] for told in last] == [1, 2, 3, 4]
    assert [told["value"] and sorted(told["value"]) for told in last] == [["hex"], ["text"], None, ["text"]]
    assert last[1]["cut"] == {"length": len(LARGE), "sha256": hashlib.sha256(LARGE).hexdigest()}

    shown = operator.run("dlq", "show", "--topic", METER_EVENTS, "--partition", 1, "--offset", 0).stdout
    assert "refused: unknown-usage-point: why 20" in shown
    assert "attempt: 1, it had been sent again" in shown
    gone = operator.run("dlq", "show", "--topic", METER_EVENTS, "--partition", 1, "--offset", 7)
    assert (gone.returncode, gone.stdout) == (2, "")


def test_each_letter_is_sent_once_as_it_was(operator: Operator) -> None:
    def replay(*more: Any) -> tuple[int, dict[str, int]]:
        (told,) = operator.ask("dlq", "replay", "--topic", METER_EVENTS, *more)
        sent = told.get("sent", told.get("would_be_sent"))
        assert told["read"] == sent + sum(told["not_sent"].values()), "the counts do not add up"
        return sent, told["not_sent"]

    unknown = ("--where", "disposition=unknown-usage-point")
    assert replay(*unknown, "--dry-run") == (2, {"not chosen": 3, "cut or too large": 1, "no dead letter of ours": 1})
    assert raw(operator) == []
    assert replay(*unknown, "--from", 1)[0] == 1
    assert replay(*unknown)[0] == 1
    assert replay(*unknown)[0] == 0
    first, second = raw(operator)
    assert (first.key, first.value, first.headers) == (None, b"\xfe\xff", [("faultline-attempt", b"1")])
    assert (second.key, second.value) == (b"k", b"twenty")
    assert second.headers == [("trace", b"t-2"), ("faultline-attempt", b"2")]

    assert replay()[0] == 3
    assert replay() == (0, {"sent before": 6, "no dead letter of ours": 1})
    rest = [record for record in raw(operator) if record not in (first, second)]
    assert sorted((record.key, record.value) for record in rest if record.value is not None) == [
        (b"k", b"late"),
        (b"k", b'{"a": 1}'),
    ]
    assert [record.key for record in rest if record.value is None] == [b"\x00\x01"]
    kept = next(record.headers for record in rest if record.value == b'{"a": 1}')
    assert kept == [("trace", b"t-1"), ("trace", b"\xff"), ("empty", None), ("faultline-attempt", b"1")]
    assert replay("--again")[0] == 5
    wrong = operator.run("dlq", "replay", "--topic", METER_EVENTS, "--where", "disposition=wrong", "--where", "x")
    assert (wrong.returncode, len(wrong.stderr.splitlines())) == (2, 2)
