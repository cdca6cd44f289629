import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import zstandard

from models.evidence.kinds import EVIDENCE_KINDS
from models.network.network import Network
from models.refusal import FaultsError
from simulator.scoring.reading import evidence as module
from simulator.scoring.reading.evidence import read_evidence

NOON = 1_783_857_600_000


def write(path: Path, *events: dict[str, Any] | bytes) -> None:
    lines = [event if isinstance(event, bytes) else json.dumps(event).encode() for event in events]
    content = b"\n".join([*lines, b""])
    match path.suffix:
        case ".gz":
            content = gzip.compress(content)
        case ".zst":
            content = zstandard.compress(content)
    path.write_bytes(content)


def meter(meter_id: str, kind: str, seconds: int) -> dict[str, Any]:
    return {
        "event_id": "x",
        "meter_id": meter_id,
        "kind": kind,
        "observed_at": f"2026-07-12T12:00:{seconds:02d}.000Z",
        "received_at": NOON + 1000 * seconds + 5000,
        "source": "mesh",
    }


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_all_topics_become_reports_about_somebody(town: Network, tmp_path: Path, suffix: str) -> None:
    times = {"observed_at": NOON, "received_at": NOON + 1000}
    write(
        tmp_path / f"ami.meter.events.v1.jsonl{suffix}",
        meter("m3", "last_gasp", 3),
        b'{"meter_id": "m3", "kind": "last_gasp"',
        meter("m1", "power_restored", 9),
        meter("m99", "last_gasp", 3),
        b"",
        meter("m3", "ping_on", 4) | {"observed_at": "noon"},
        meter("m1", "last_gasp", 1),
    )
    write(
        tmp_path / f"customer.call.events.v1.jsonl{suffix}",
        {"account_id": "shop", "kind": "no_power"} | times,
        {"usage_point_id": "p2", "kind": "power_back"} | times,
    )
    write(tmp_path / f"scada.device.events.v1.jsonl{suffix}", {"device_id": "B", "kind": "alarm"} | times)
    write(
        tmp_path / f"crew.status.events.v1.jsonl{suffix}",
        times | {"device_id": "T2", "open_device_id": "L1", "found_device_id": "T2"},
        times | {"device_id": "unheard of"},
        times | {"received_at": NOON + 60_000},
    )

    found = read_evidence(tmp_path, town)
    points = found.points
    names = town.point_ids.take(points.subject)
    kinds = [EVIDENCE_KINDS[kind] for kind in points.kind.tolist()]
    assert list(zip(names, kinds, ((points.observed_at - NOON) // 1000).tolist(), strict=True)) == [
        ("p1", "power_restored", 9),
        ("p1", "last_gasp", 1),
        ("p2", "power_back", 0),
        ("p3", "last_gasp", 3),
        ("p4", "no_power", 0),
        ("p5", "no_power", 0),
    ]
    assert (points.received_at[:2] - NOON).tolist() == [14_000, 6_000]
    assert (points.log_time - NOON).tolist() == [14_000, 14_000, 1000, 8_000, 1000, 1000]
    assert town.device_ids.take(found.devices.subject) == ["B"]
    assert town.device_ids.take(found.crews.subject) == ["L1", "T2"]
    assert found.ends_at == NOON + 60_000


def test_lines_that_lie_across_two_reads_are_whole(
    town: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "ami.meter.events.v1.jsonl", *(meter("m1", "last_gasp", second) for second in range(9)))
    for size in (1, 100, 333):
        monkeypatch.setattr(module, "_CHUNK", size)
        assert len(read_evidence(tmp_path, town).points.subject) == 9


def test_nothing_happened(town: Network, tmp_path: Path) -> None:
    found = read_evidence(tmp_path, town)
    assert (len(found.points.subject), len(found.devices.subject), found.ends_at) == (0, 0, 0)


def test_a_strange_form_is_refused(town: Network, tmp_path: Path) -> None:
    (tmp_path / "ami.meter.events.v1.jsonl.bz2").write_bytes(b"BZh")
    with pytest.raises(FaultsError, match="bz2"):
        read_evidence(tmp_path, town)
