"""The compiled pass over meter events has no say: with it and without it the same lines become the same rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.contracts.inputs.meter import MeterEvent
from models.contracts.topics import METER_EVENTS
from models.ingest.origin_reader import Ingested, OriginReader
from models.ingest.readers import meter_scan, meters
from models.ingest.readers.meter_scan import FIELDS, Scanned, scan
from models.network.network import Network

TIMES = ("2026-07-01T18:04:05.250Z", "2026-07-01T18:04:05+02:00", "20260701T180405Z", "2026-02-30T00:00:00Z", "", 17)
TEXTS = ("", "e-1", "e\\u0041", 'a"b', "ä", "\x7f", "a\\/b", "~" * 30, "x" * 1100)
NUMBERS = ("0", "00", "7", "-7", "118.5", "1e3", "1.", "0.50", "9" * 15, "9" * 16, "NaN", "null", '"7"', "true", "[]")
GAPS = st.sampled_from(("", "", "", " ", "\t\r\n"))


def quoted(texts: Sequence[Any]) -> st.SearchStrategy[str]:
    return st.sampled_from([json.dumps(text) for text in texts] + [f'"{text}"' for text in texts])


VALUES = {
    "event_id": quoted(TEXTS),
    "meter_id": quoted(("meter-1", "meter-2", "Zähler-0", "nobody", *TEXTS)),
    "kind": quoted(("last_gasp", "power_restored", "removed", "last_gas", "")),
    "observed_at": quoted(TIMES) | st.just("1782900000000"),
    "received_at": quoted(TIMES) | st.just("1782900000000"),
    "source": quoted(("mesh", *TEXTS)),
    "voltage": st.sampled_from(NUMBERS),
    "code": st.sampled_from(NUMBERS) | quoted(TEXTS),
    "reboot_count": st.sampled_from(NUMBERS),
    "outage_started_at": quoted(TIMES) | st.just("null"),
    "unknown": st.sampled_from(NUMBERS) | quoted(TEXTS),
}


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    """A line that is nearly right: mostly a gasp as head-ends write them, with a value or two of any kind."""
    plain = {"event_id": '"e-7"', "meter_id": '"meter-3"', "kind": '"last_gasp"', "source": '"mesh"'}
    plain |= dict.fromkeys(("observed_at", "received_at"), '"2026-07-01T18:04:05.250Z"')
    pairs = list(plain.items())
    for _ in range(draw(st.integers(0, 3))):
        name = draw(st.sampled_from(tuple(VALUES)))
        pair = name, draw(VALUES[name])
        places = [place for place, (key, _) in enumerate(pairs) if key == name]
        replaces: bool = draw(st.booleans())
        if places and replaces:
            pairs[places[0]] = pair
        else:
            pairs.insert(draw(st.integers(0, len(pairs))), pair)
    if draw(st.integers(0, 9)) == 0:
        del pairs[draw(st.integers(0, len(pairs) - 1))]
    gap = draw(GAPS)
    text = "{" + f"{gap},{gap}".join(f'"{key}"{gap}:{gap}{value}' for key, value in pairs) + gap + "}"
    text = draw(st.sampled_from((text, text, text, text[:-1], text + "x", f" {text} ", text.replace("}", ",}"))))
    return text.encode("utf-8", "surrogatepass")


def nothing_read(values: Sequence[bytes]) -> tuple[np.ndarray[Any, Any], Scanned]:
    blob, scanned = scan(values)
    return blob, scanned._replace(read=np.zeros_like(scanned.read))


def said(ingested: Ingested) -> Any:
    """All that a batch came to, in types that can be compared."""
    batch = ingested.batch
    assert batch.points is not None
    rows = [getattr(batch.points, part.name).tolist() for part in fields(batch.points)]
    counts = (batch.read, batch.refused, batch.unused, batch.last_log_time, batch.offsets)
    return rows, counts, ingested.dead_letters


@given(st.lists(lines(), min_size=1, max_size=8), st.lists(st.integers(0, 7), max_size=8))
def test_both_ways_give_the_same(network: Network, some: list[bytes], again: list[int]) -> None:
    values = some + [some[place % len(some)] for place in again]  # a shape that is known is compared, not read
    ingest = OriginReader(network, METER_EVENTS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(meters, "scan", nothing_read)
        without = said(ingest.read(values, 5, 0))
    assert said(ingest.read(values, 5, 0)) == without


def test_what_head_ends_write_is_read_in_the_pass() -> None:
    line = (
        b'{"event_id":"m-%d","kind":"%s","meter_id":"meter-%d","observed_at":"2026-07-01T18:04:0%d.250Z",'
        b'"received_at":"2026-07-01T18:04:05Z","source":"mesh","voltage":118.5,"code":null}'
    )
    values = [line % (n % 10, (b"last_gasp", b"power_restored")[n % 3 > 1], n, n % 10) for n in range(50)]
    _, scanned = meter_scan.scan(values)
    assert scanned.read.all()
    assert (np.diff(scanned.observed_at) % 1000 == 0).all()


def test_the_pass_knows_the_contract() -> None:
    assert tuple(FIELDS) == tuple(MeterEvent.model_fields)
    required = [field.is_required() for field in MeterEvent.model_fields.values()]
    assert sum(1 << place for place, needed in enumerate(required) if needed) == meter_scan.REQUIRED
