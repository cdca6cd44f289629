"""The page carries its data whole, harmless, and loads nothing."""

import json
import re
from base64 import b64decode
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adapters.network.load import compile_folder
from adapters.report.drawing import Interruptions, draw
from adapters.report.page import Figure, StormPage, write_page
from models.network.network import Network

EVIL = "</script><img src=x onerror=alert(1)>"
START = 1_783_875_600_000
DEVICES = f"""device_id,kind,parent_id,feeder_id,substation_id,longitude,latitude
b,breaker,,f,{EVIL},10.00,50.00
u,fuse,b,f,{EVIL},10.01,50.00
far,transformer,u,f,{EVIL},10.03,50.00
near,transformer,u,f,{EVIL},10.02,50.00
{EVIL},transformer,b,f,{EVIL},10.00,50.01
"""
POINTS = f"""usage_point_id,meter_id,device_id,load_kw,longitude,latitude
1,m1,far,1,10.03,50
2,m2,near,1,10.02,50
3,m3,{EVIL},1,10,50.01
4,m4,{EVIL},1,10,50.01
"""


@pytest.fixture
def network(tmp_path: Path) -> Network:
    (tmp_path / "network").mkdir()
    (tmp_path / "network" / "devices.csv").write_text(DEVICES)
    (tmp_path / "network" / "usage_points.csv").write_text(POINTS)
    return compile_folder(tmp_path / "network")


def revision(second: int, device: str, status: str, out: int, **more: Any) -> dict[str, Any]:
    return {
        "outage_id": "o",
        "updated_at": f"2026-07-12T17:00:{second:02d}.000Z",
        "started_at": "2026-07-12T17:00:01.500Z",
        "status": status,
        "zone_id": EVIL,
        "device_id": device,
        "device_kind": "transformer",
        "evidence": "inferred",
        "confidence": 0.876,
        "customers_out": out,
        "customers_affected": 3,
        "priority_customers": {"critical": 1, "key": 1},
        "cause": None,
        "found_device_id": None,
        "supply_device_id": None,
        **more,
    }


def written(network: Network, folder: Path) -> str:
    lines = [
        revision(5, EVIL, "detected", 2),
        revision(9, "b", "confirmed", 3, cause={"code": None, "utility_cause": EVIL, "source": "crew"}),
        revision(40, "b", "restored", 0),
    ]
    partial = {"outage_id": "o", "kind": "partial", "updated_at": "2026-07-12T17:00:30.000Z", "device_id": "u"}
    for topic, records in (("lifecycle", lines), ("restoration", [partial, {**partial, "kind": "full"}])):
        text = "".join(json.dumps(record) + "\n" for record in records)
        (folder / f"outage.{topic}.events.v1.jsonl").write_text(text)
    page = StormPage(
        title=EVIL,
        summary=EVIL,
        network=network,
        starts_at=START,
        ends_at=START + 60_000,
        curves={name: np.array([0, 3, 0]) for name in ("truth", "live")},
        curve_seconds=30,
        truth=Interruptions(
            np.array([0, 1, 2], np.int32),
            np.array([START + 1500, START + 1500, START + 2999]),
            np.array([START + 30_001, START + 99_000, START + 40_000]),
        ),
        crew_steps=[(START + 20_000, 0, "on_site", 2)],
        figures=[Figure(EVIL, EVIL, EVIL)],
        hours=([EVIL, EVIL], [[EVIL, EVIL]]),
    )
    write_page(folder / "page.html", page, folder)
    return (folder / "page.html").read_text(encoding="utf-8")


def embedded(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def unpack(array: dict[str, str]) -> list[int]:
    values: list[int] = np.frombuffer(b64decode(array["data"]), f"<{array['type']}").tolist()
    return values


def test_the_data_says_what_the_files_say(network: Network, tmp_path: Path) -> None:
    data = embedded(written(network, tmp_path))
    evil, breaker, fuse = (int(found) for found in network.find_devices([EVIL, "b", "u"]))
    (outage,) = data["outages"]
    assert outage["revisions"] == [
        [5, evil, 2, 3, 0, 88, 0],
        [9, breaker, 3, 3, 1, 88, 1],
        [40, breaker, 0, 3, 3, 88, 1],
    ]
    assert data["names"] == [EVIL, "b"]
    assert outage["restored"] == [[30, fuse]]
    assert (outage["started"], outage["priority"], outage["zone"]) == (1, 2, EVIL)
    assert data["crews"] == [[20, 0, "on_site", 2]]
    assert data["curves"]["truth"] == [0, 3, 0]
    assert unpack(data["map"]["end"]) == network.device_end.tolist()
    intervals = sorted(zip(*(unpack(data["truth"][name]) for name in ("device", "out", "back")), strict=True))
    far, near = network.find_devices(["far", "near"]).tolist()
    assert intervals == sorted([(far, 1, 31), (near, 1, 60), (evil, 2, 40)])


def test_no_text_of_the_network_becomes_markup_and_nothing_is_loaded(network: Network, tmp_path: Path) -> None:
    page = written(network, tmp_path)
    tags: list[tuple[str, dict[str, str | None]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            tags.append((tag, dict(attributes)))

    Reader().feed(page)
    assert {tag for tag, _ in tags}.isdisjoint({"img", "iframe", "object", "embed", "base", "form"})
    assert [tag for tag, _ in tags].count("script") == 2
    assert [attributes["href"] for _, attributes in tags if "href" in attributes] == ["data:,"]
    assert not any({"src", "srcset", "action", "onerror", "onclick"} & attributes.keys() for _, attributes in tags)
    assert not re.search(r"(?i)https?:|//[a-z]+\.|@import|url\(", page)
    assert "{{" not in page


def test_lines_run_on_from_the_nearest_device_before(network: Network) -> None:
    drawing = draw(network)
    line_from = dict(zip(network.device_ids, drawing.line_from.tolist(), strict=True))
    breaker, fuse, near = network.find_devices(["b", "u", "near"]).tolist()
    assert line_from["b"] == -1
    assert line_from[EVIL] == breaker
    assert line_from["u"] == breaker
    assert line_from["near"] == fuse
    assert line_from["far"] == near
    assert (drawing.x.min(), drawing.x.max(), drawing.y.min()) == (0, 65_535, 0)
