"""Spans of the flows at a real receiver: a batch that an engine takes is linked to what wrote it, by no word in it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from adapters.traces.spans import find_spans, key_of
from models.contracts.topics import EVIDENCE_LOG, METER_EVENTS
from models.evidence.batch import EvidenceBatch
from models.evidence.log_record import LogRecord, decode_record, encode_record
from models.refusal import FaultsError
from tests.chaos.processes import Flow, Place
from tests.chaos.topics import read_topics
from tests.chaos.watch import compiled, gasps
from tests.peers.commands import Operator
from tests.peers.kafka import eventually
from tests.peers.opcua_command import make_network
from tests.peers.otlp import receiver

ORIGIN = "ami.meter.events.v1/0"


def test_an_engine_is_linked_to_what_ingest_wrote(
    kafka: str, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "200")  # the SDK's own setting, milliseconds
    operator = Operator(kafka, prefix)
    make_network(tmp_path / "network", ["breaker"])
    network = compiled(tmp_path, "utility.network", 60)
    with receiver() as (address, received):
        settings = {"traces": address, "epoch_seconds": "1"}
        flows = [
            Flow(kafka, prefix, name, network, tmp_path / name, Place(), settings) for name in ("ingest", "outages")
        ]
        try:
            for flow in flows:
                flow.start()
            operator.write(METER_EVENTS, 0, *gasps(range(60)))
            eventually(lambda: any(span.service == "faultline-outages" for span in received))
            for flow in flows:
                flow.stop()
        finally:
            for flow in flows:
                flow.kill()
    written = {span.key: span for span in received if span.service == "faultline-ingest"}
    taken = [span for span in received if span.service == "faultline-outages"]
    assert sum(span.attributes["faultline.evidence.rows"] for span in written.values()) == 60
    assert frozenset().union(*(span.links for span in taken)) == written.keys()
    assert all(span.seconds >= 0 for span in received)
    records = read_topics(kafka, [(prefix + EVIDENCE_LOG, part) for part in range(2)])
    assert not any(record.headers for place in records.values() for record in place)


def test_the_key_of_a_record_is_of_the_raw_records_in_it() -> None:
    def record(*offsets: tuple[int, int], **more: object) -> LogRecord:
        return LogRecord("n", [EvidenceBatch(ORIGIN, 0, offsets=some) for some in offsets], **more)  # type: ignore[arg-type]

    whole = record((3, 9), topic_ids={"b": "2", "a": "1"}, rules=7)
    assert key_of(1, decode_record(encode_record(whole))) == key_of(1, whole) is not None
    others = [key_of(0, whole), key_of(1, record((3, 10))), key_of(1, record((3, 9)))]
    assert len({key_of(1, whole), *others}) == 4
    assert key_of(1, LogRecord("n", [EvidenceBatch(ORIGIN, 0)])) is None


def test_nobody_needs_it_who_did_not_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.trace", None)
    assert find_spans(None, "ingest", 0, "1") is None
    with pytest.raises(FaultsError, match="OpenTelemetry is not installed"):
        find_spans("http://127.0.0.1:4318/v1/traces", "ingest", 0, "1")


def test_a_receiver_that_is_not_there_holds_nobody_up() -> None:
    spans = find_spans("http://127.0.0.1:1/v1/traces", "ingest", 0, "1")
    assert spans is not None
    spans.end("ingest", 0.1, {}, None, ())
    spans.close()
