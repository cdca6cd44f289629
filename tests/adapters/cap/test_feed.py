"""The feed of warnings: what holds, what ended less than a day ago, and nothing else."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

from adapters.cap.feed import ATOM, standing, write_feed
from models.alerts.values import format_time

NOON = 1_782_907_200


def record(area: str, number: int, at: int, *, over: bool = False, kind: str = "Update") -> dict[str, Any]:
    info = "" if kind == "Cancel" else "<info><headline>Out in &lt;Nord&gt; &amp; more</headline></info>"
    sent, name = format_time(at, 120), f"{area}.{number}"
    xml = f'<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>{name}</identifier>{info}</alert>'
    return {"area_id": area, "identifier": name, "message_type": kind, "over": over, "sent": sent, "xml": xml}


def test_an_alert_stays_until_a_day_after_its_end_and_the_next_one_beside_it() -> None:
    records = [
        record("a", 1, NOON - 200_000),
        record("a", 2, NOON - 90_000, over=True),
        record("a", 3, NOON - 80_000),
        record("a", 4, NOON - 70_000, over=True, kind="Cancel"),
        record("a", 5, NOON - 60_000),
        record("b", 1, NOON - 300_000),
        record("b", 2, NOON - 50_000),
    ]
    told = standing(records, NOON)
    assert [one["identifier"] for one in told] == ["b.2", "a.5", "a.4"]
    assert standing(records, NOON - 10_000)[-1]["identifier"] == "a.2"
    feed = ET.fromstring(write_feed(told, "out@power.example", "Power & Co", "2026-07-01T12:00:00Z"))  # noqa: S314 (our own)
    entries = feed.findall(f"{{{ATOM}}}entry")
    assert [one.findtext(f"{{{ATOM}}}title") for one in entries] == [*["Out in <Nord> & more"] * 2, "Cancelled: a"]
    links = [one.find(f"{{{ATOM}}}link") for one in entries]
    assert [link.get("href") for link in links if link is not None] == ["b.2.xml", "a.5.xml", "a.4.xml"]
    assert len({one.findtext(f"{{{ATOM}}}id") for one in entries}) == 3
    assert write_feed(told, "x", "y", "z") == write_feed(told, "x", "y", "z")
