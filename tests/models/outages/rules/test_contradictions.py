"""Evidence that contradicts itself: an instant ends all the same, and says no outage more than a few times."""

from __future__ import annotations

from collections import Counter

from models.network.network import Network
from tests.worlds.evidence import Answer, Evidence, play
from tests.worlds.networks import Device, Point, network_of


def contradiction() -> tuple[Network, Evidence]:
    """Return late reports of an outage whose device, by SCADA, has closed before most of them were made."""
    evidence = Evidence()
    evidence.meter("p1", "last_gasp", 222, 41)
    evidence.meter("p3", "last_gasp", 326, 0)
    evidence.meter("p3", "power_restored", 332, 4, started=326)
    evidence.meter("p4", "last_gasp", 325, 26)
    evidence.meter("p5", "last_gasp", 325, 130)
    evidence.meter("p0", "last_gasp", 328, 1000)
    for position, at, delay in (
        ("open", 331, 4),
        ("open", 336, 4),
        ("closed", 338, 4),
        ("open", 326, 26),
        ("closed", 329, 41),
        ("closed", 334, 41),
    ):
        evidence.scada("head", position, at, "uncertain", delay)
    evidence.scada("side", "closed", 1138, delay=4)
    evidence.call("shop", "no_power", 346, 1000, of="account_id")
    devices = [Device("head", kind="fuse"), Device("one", "head", "recloser")]
    devices += [Device("side", "head", "fuse"), Device("two", "head", "recloser")]
    points = [
        Point("p0", "head", customers=3),
        Point("p1", "head", account="shop"),
        Point("p2", "head", account="shop"),
    ]
    points += [Point("p3", "one"), Point("p4", "two", account="shop"), Point("p5", "two")]
    return network_of(devices, points), evidence


def openings(answer: Answer) -> Counter[str]:
    """Count the outages that are published anew at each instant."""
    return Counter(record["updated_at"] for record in answer.lifecycle if record["revision"] == 1)


def test_an_outage_that_opens_and_closes_again_and_again_comes_to_an_end() -> None:
    network, evidence = contradiction()
    assert max(openings(play(network, evidence.lines())).values()) <= len(network.device_ids)


def test_nor_does_it_open_again_with_each_report_that_comes_later() -> None:
    network, evidence = contradiction()
    seconds = 30
    for second in range(seconds):
        evidence.meter("p1", "last_gasp", 329 + second, 1000.5)
    again = openings(play(network, evidence.lines()))
    assert sum(again.values()) < seconds // 2
