"""Poison among a storm's records ends in the dead letters, all of it with a reason, and changes nothing else."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import orjson
import pytest

from adapters.kafka.records.dead_letters.dead_letter import PREFIX
from adapters.metrics.table import rows_of
from models.contracts.topics import (
    DEVICE_STATE,
    EVIDENCE_LOG,
    METER_EVENTS,
    RAW_TOPICS,
    ZONE_STATE,
    dead_letter_topic,
)
from scripts.kafka.ports import free_ports
from tests.chaos.accounting import account
from tests.chaos.outputs import LETTERS, Output, read_output
from tests.chaos.scrape import by_topic, scrape, total
from tests.chaos.stage import Stage
from tests.peers.kafka import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.chaos.scrape import Scraped
    from tests.chaos.stage import Raw
    from tests.chaos.topics import Record

READ, WRITTEN = "faultline_messages_read_total", "faultline_messages_written_total"
LETTERS_COUNTED, ROWS = "faultline_dead_letters_total", "faultline_evidence_rows_total"
SHARE = 0.01
LARGE = 5
LARGE_BYTES = 990_000
KINDS = 8


def poison(raw: Raw, kind: int, draw: random.Random) -> Raw:
    """Give a record of the same time and partition that nobody can use."""
    good = orjson.loads(raw.value or b"{}")
    values = [
        draw.randbytes(draw.randrange(1, 200)),
        None,
        b"\x00",
        orjson.dumps(good | {"received_at": 7}),
        orjson.dumps(good | {"event_id": None, "kind": ["last_gasp"]}),
        orjson.dumps(good | {"meter_id": "nobody", "device_id": "nothing", "usage_point_id": "nowhere"}),
        orjson.dumps(good | {"received_at": good["received_at"].replace("2026", "2025")}),
        orjson.dumps(good | {"received_at": good["received_at"].replace("2026", "2027")}),
    ]
    return replace(raw, value=values[kind])


def poisoned(script: list[Raw]) -> tuple[list[Raw], list[Raw]]:
    """Put poison among the records; returns all of them, and the poison."""
    draw = random.Random(17)
    mixed: list[Raw] = []
    added: list[Raw] = []
    good = [place for place, raw in enumerate(script) if usable(raw)]
    large = set(draw.sample(good, LARGE))
    chosen = set(draw.sample(good, round(SHARE * len(good))))
    for place, raw in enumerate(script):
        mixed.append(raw)
        if place in chosen:
            added.append(poison(raw, len(added) % KINDS, draw))
            mixed.append(added[-1])
        if place in large:
            added.append(replace(raw, value=(raw.value or b"")[:-1] + b" " * LARGE_BYTES + b'"'))
            mixed.append(added[-1])
    return mixed, added


def usable(raw: Raw) -> bool:
    try:
        return bool(orjson.loads(raw.value or b"")["observed_at"].startswith("2026"))
    except (ValueError, KeyError, TypeError, AttributeError):
        return False


@pytest.fixture
def stage(
    kafka: str, prefix: str, utility: Path, script: list[Raw], patient: Path, tmp_path: Path
) -> Iterator[tuple[Stage, list[Raw]]]:
    """The storm with poison in it, and the poison."""
    mixed, added = poisoned(script)
    with Stage(kafka, prefix, utility, tmp_path / "stage", mixed, 3, {"model": str(patient)}) as stage:
        yield stage, added


def test_poison_changes_nothing_and_none_is_lost(stage: tuple[Stage, list[Raw]], undisturbed: Output) -> None:
    played, added = stage
    played.play().finish()
    ports = free_ports(2)
    for name, port in zip(("ingest", "outages"), ports, strict=True):
        played.flow(name, listen=f"127.0.0.1:{port}")
    played.wait_until_done()
    eventually(lambda: all(has_read_all(scrape(port)) for port in ports))
    ingest, outages = map(scrape, ports)
    played.stop()
    output = read_output(played)
    for place, records in undisturbed.records.items():
        if place[0] not in LETTERS:
            assert output.records[place] == records
    account(played)
    metrics_add_up(played, ingest, outages)
    for topic in RAW_TOPICS:
        letters = Counter(output.values(dead_letter_topic(topic)))
        letters.subtract(undisturbed.values(dead_letter_topic(topic)))
        assert +letters == Counter(raw.value for raw in added if raw.topic == topic)
    headers = [
        dict(headers) for place in output.records if place[0] in LETTERS for _, _, headers in output.records[place]
    ]
    assert all(some[f"{PREFIX}message"] and some[f"{PREFIX}disposition"] for some in headers)


def has_read_all(scraped: Scraped) -> bool:
    """Tell whether the last epoch ended with nothing left to read."""
    lags = scraped.get("faultline_consumer_lag_records", [])
    return bool(lags) and total(lags) == 0


def metrics_add_up(stage: Stage, ingest: Scraped, outages: Scraped) -> None:
    """Hold what both flows have counted to what the topics hold; no metric of the table is left unset."""
    for flow, scraped in (("ingest", ingest), ("outages", outages)):
        names = {row.name for row in rows_of(flow)}
        assert {name for name in names if not {name, f"{name}_count"} & scraped.keys()} == set()
    held = Counter({name: len(records) for name, records in _by_topic(stage).items() if records})
    read, written = by_topic(ingest[READ]), by_topic(ingest[WRITTEN]) + by_topic(outages[WRITTEN])
    assert read == Counter({name: held[name] for name in RAW_TOPICS})
    assert by_topic(outages[READ]) == Counter({EVIDENCE_LOG: held[EVIDENCE_LOG]})
    of_others = {*RAW_TOPICS, ZONE_STATE, DEVICE_STATE}  # places are written at the first start, not in a flow
    assert written == Counter({name: count for name, count in held.items() if name not in of_others})
    letters = by_topic(ingest[LETTERS_COUNTED]) + by_topic(outages[LETTERS_COUNTED])
    assert letters == +Counter({name: held[dead_letter_topic(name)] for name in RAW_TOPICS})
    rows = by_topic(ingest[ROWS])
    assert rows == by_topic(outages[ROWS])
    copies = by_topic(outages["faultline_copies_dropped_total"])
    assert all(0 < copies[name] < rows[name] for name in copies)
    assert METER_EVENTS in copies
    assert total(outages["faultline_rebuild_progress_ratio"]) == 1


def _by_topic(stage: Stage) -> dict[str, list[Record]]:
    read = stage.read({topic.stem for topic in stage.topics})
    together: dict[str, list[Record]] = {}
    for (name, _), records in read.items():
        together.setdefault(name, []).extend(records)
    return together
