"""A scene as a utility would send it: a network, rates of delivery, and lines, for whatever is held to the oracle.

    network, delivery, lines = as_input(scene)
    best = Search(scene).best()
    ... an engine reads the lines up to `scene.now`, and says what was open when, as a `Picture` ...
    assert scene.short_of(picture, best.weight) <= 3 * len(best.picture.openings)

Devices and usage points have the oracle's numbers, padded, as ids: in the same order. A picture's times need not be the
oracle's instants; give an engine's own as `also`, and the best picture is at least as good as the engine's.
"""

from __future__ import annotations

from models.network.network import Network
from models.outages.weights.delivery import DeliveryRate
from tests.models.histories.laws import SECOND
from tests.models.histories.scene import Scene
from tests.models.histories.zone import Zone
from tests.worlds.evidence import START, Evidence
from tests.worlds.networks import Device, Point, network_of


def device_id(device: int) -> str:
    return f"d{device:02}"


def point_id(point: int) -> str:
    return f"p{point:02}"


def network_of_zone(zone: Zone) -> Network:
    """The network; meters with the same rates share a collector. All roots are of one zone."""
    devices = [
        Device(
            device_id(device),
            "" if parent < 0 else device_id(parent),
            zone.kinds[device],
            telemetered=device in zone.telemetered,
        )
        for device, parent in enumerate(zone.parents)
    ]
    points = [
        Point(point_id(point), device_id(device), None if zone.meters[point] else "", _collector(zone, point))
        for point, device in enumerate(zone.feeds)
    ]
    return network_of(devices, points)


def _collector(zone: Zone, point: int) -> str:
    meter = zone.meters[point]
    return f"c{[other for other in zone.meters if other].index(meter):02}" if meter else ""


def delivery_of_zone(zone: Zone) -> list[DeliveryRate]:
    """The rates of last gasps by source and collector."""
    return [
        DeliveryRate(source, _collector(zone, point), rate)
        for point, meter in enumerate(zone.meters)
        if meter
        for source, rate in meter.gasps.items()
    ]


def as_input(scene: Scene) -> tuple[Network, list[DeliveryRate], dict[str, list[bytes]]]:
    """Network, rates, and the lines of all evidence by topic; what arrives at `now` or later is among them."""
    heard, told = Evidence(), scene.all_evidence
    for report in told.reports:
        at, delay = _seconds(report.observed_at), (report.arrived_at - report.observed_at) / SECOND
        if report.kind in {"no_power", "partial_power", "power_back"}:
            heard.call(point_id(report.point), report.kind, at, delay)
        else:
            heard.meter(point_id(report.point), report.kind, at, delay)
    for one in told.positions:
        delay = (one.arrived_at - one.observed_at) / SECOND
        heard.scada(device_id(one.device), one.position, _seconds(one.observed_at), one.quality, delay)
    for n, found in enumerate(told.findings):
        at, delay = _seconds(found.observed_at), (found.arrived_at - found.observed_at) / SECOND
        heard.crew(f"crew {n}", "on_site", at, delay, open_device_id=device_id(found.device))
    return network_of_zone(scene.zone), delivery_of_zone(scene.zone), heard.lines()


def _seconds(at: int) -> float:
    return (at - START) / SECOND
