"""Small random networks and storms over them, for hypothesis: whatever a utility's systems may say, in any order."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st

from models.contracts.inputs.operator_command import NEEDED
from models.evidence.kinds import CALL_KINDS, METER_KINDS
from models.network.network import PRIORITIES, Network
from models.outages.state.outage import outage_id
from tests.worlds.evidence import Evidence, moment
from tests.worlds.networks import Device, Point, network_of

LONGEST = 2400
"""Seconds within which everything is observed."""
KINDS = ("breaker", "recloser", "fuse", "switch", "transformer", "transformer")
DELAYS = (0, 1, 4, 4, 9, 26, 41, 130, 1000)
LENGTHS = (1, 4, 8, 25, 90, 310, 700, 1300, LONGEST)
CREW = ("assigned", "on_site", "repairing", "completed")


@dataclass(repr=False)
class Storm:
    """A network and the lines of each topic; shown in short."""

    devices: list[Device]
    points: list[Point]
    lines: dict[str, list[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.network = network_of(self.devices, self.points)

    def __repr__(self) -> str:
        devices = [f"{device.id}: {device.kind} below {device.parent or 'nothing'}" for device in self.devices]
        points = [f"{p.id}: below {p.device}, {p.customers} {p.priority} {p.meter} {p.account}" for p in self.points]
        return "\n".join([*devices, *points, *(line.decode() for of in self.lines.values() for line in of)])


@st.composite
def storms(draw: st.DrawFn) -> Storm:
    """Up to nine devices in up to two zones, with up to four usage points each, and what is said of them."""
    devices: list[Device] = []
    for i in range(draw(st.integers(1, 9))):
        above = draw(st.integers(-1 if i < 2 else 0, i - 1)) if i else -1
        parent = devices[above] if above >= 0 else None
        substation = parent.substation if parent else f"sub{i}"
        devices.append(Device(f"d{i}", parent.id if parent else "", draw(st.sampled_from(KINDS)), substation))
    points: list[Point] = []
    for device in devices:
        for _ in range(draw(st.integers(0, 4))):
            points.append(_point(draw, f"p{len(points)}", device.id))
    storm = Storm(devices, points or [Point("p0", devices[-1].id)])
    storm.lines = _lines(draw, storm.network)
    return storm


def _point(draw: st.DrawFn, name: str, device: str) -> Point:
    return Point(
        name,
        device,
        meter=None if draw(st.integers(0, 5)) else "",
        customers=draw(st.integers(1, 3)),
        priority=draw(st.sampled_from(PRIORITIES)),
        account=draw(st.sampled_from(("", "family", "shop"))),
    )


def _lines(draw: st.DrawFn, network: Network) -> dict[str, list[bytes]]:
    """The lines of faults with their reports, and of stray reports of any kind; some out of order, some copied."""
    evidence = Evidence()
    for _ in range(draw(st.integers(1, 4))):
        _fault(draw, network, evidence)
    for _ in range(draw(st.integers(0, 12))):
        _stray(draw, network, evidence)
    lines = evidence.lines()
    for of in lines.values():
        for at in draw(st.lists(st.integers(0, len(of) - 1), max_size=4)):
            of.insert(min(at + draw(st.integers(0, 3)), len(of)), of[at] if draw(st.booleans()) else of.pop(at))
    return lines


def _fault(draw: st.DrawFn, network: Network, evidence: Evidence) -> None:
    """A device opens and closes: what meters and SCADA say of it, and at times a crew."""
    device = draw(st.integers(0, len(network.device_ids) - 1))
    out_at = draw(st.integers(0, 900)) + draw(st.sampled_from((0, 0.4)))
    back_at = out_at + draw(st.sampled_from(LENGTHS))
    delays = st.sampled_from(DELAYS)
    for p in range(int(network.point_start[device]), int(network.point_end[device])):
        point = network.point_ids[p]
        if not network.meter_ids[p]:
            continue
        if draw(st.integers(0, 3)):
            evidence.meter(point, "last_gasp", out_at + draw(st.integers(-2, 2)), draw(delays))
        if draw(st.integers(0, 3)) and back_at < LONGEST:
            started = draw(st.sampled_from((None, out_at, out_at + 1)))
            evidence.meter(point, "power_restored", back_at + draw(st.integers(-2, 2)), draw(delays), started)
    name = network.device_ids[device]
    if draw(st.booleans()):
        quality = draw(st.sampled_from(("good", "good", "uncertain")))
        for at, position in _sequence(draw, out_at, back_at):
            evidence.scada(name, position, at, quality, draw(delays))
    if draw(st.integers(0, 2)) == 0:
        for status in ("on_site", "completed"):
            at = out_at + 60 if status == "on_site" else back_at
            evidence.crew("crew1", status, at, draw(delays), device_id=name)


def _sequence(draw: st.DrawFn, out_at: float, back_at: float) -> list[tuple[float, str]]:
    """Openings and closings: one each, or those of a reclosing sequence."""
    shots = draw(st.integers(0, 3))
    moves = [(out_at + 5 * shot, "open") for shot in range(shots + 1)]
    moves += [(out_at + 5 * shot + 3, "closed") for shot in range(shots)]
    return sorted([*moves, (max(back_at, out_at + 5 * shots + 2), "closed")])


def _stray(draw: st.DrawFn, network: Network, evidence: Evidence) -> None:
    """One report of any kind about anything."""
    at = draw(st.integers(0, LONGEST))
    delay = draw(st.sampled_from(DELAYS))
    point = draw(st.integers(0, len(network.point_ids) - 1))
    device = network.device_ids[draw(st.integers(0, len(network.device_ids) - 1))]
    kinds = ("meter", "meter", "call", "scada", "crew", "crew of an outage", "work", "work", "command")
    what = draw(st.sampled_from(kinds))
    if what == "meter" and network.meter_ids[point]:
        kind = draw(st.sampled_from(METER_KINDS))
        started = draw(st.sampled_from((None, at - 300, at + 1))) if kind == "power_restored" else None
        evidence.meter(network.point_ids[point], kind, at, delay, started)
    elif what == "call":
        kind = draw(st.sampled_from(CALL_KINDS))
        if account := network.account_ids[network.account[point]] if network.account[point] >= 0 else "":
            evidence.call(account, kind, at, delay, of="account_id")
        else:
            evidence.call(network.point_ids[point], kind, at, delay)
    elif what == "scada":
        position = draw(st.sampled_from(("open", "closed", "alarm")))
        evidence.scada(device, position, at, draw(st.sampled_from(("good", "uncertain", "bad"))), delay)
    elif what == "work":
        window = at + draw(st.sampled_from((-900, -200, 0, 400))), at + draw(st.sampled_from((1, 600, 4000)))
        status = draw(st.sampled_from(("planned", "started", "finished", "cancelled")))
        evidence.work(draw(st.sampled_from(("w1", "w2/safety_shutoff"))), device, status, at, window, delay)
    elif what == "crew":
        named = {"device_id": device} | draw(st.sampled_from(({}, {"kind": "tree", "cause_code": "vegetation"})))
        crew = draw(st.sampled_from(("crew1", "crew2")))
        evidence.crew(crew, draw(st.sampled_from((*CREW, "available"))), at, delay, **named)
    elif what == "command":
        _command(draw, network, evidence, at, delay, device)
    elif what == "crew of an outage":
        named = {"outage_id": _name(draw, network, evidence), "found_device_id": device}
        evidence.crew("crew2", draw(st.sampled_from(CREW)), at, delay, **named)


def _command(draw: st.DrawFn, network: Network, evidence: Evidence, at: float, delay: float, device: str) -> None:
    """An operator's command of any kind, with all that any of them may need."""
    kind = draw(st.sampled_from(tuple(NEEDED)))
    place: dict[str, object] = {
        "device_id": device if draw(st.booleans()) or kind not in {"merge", "restore"} else None
    }
    if kind in {"open", "split"} and draw(st.booleans()):
        ids = list(network.point_ids)
        place["usage_point_ids"] = draw(st.lists(st.sampled_from(ids), min_size=1, max_size=3))
    if kind == "merge":
        place["other_outage_id"] = _name(draw, network, evidence)
    if kind != "set_position" or draw(st.booleans()):
        place |= {"outage_id": _name(draw, network, evidence), "seen_revision": draw(st.sampled_from((1, 2, 99)))}
    evidence.command(
        kind,
        at,
        delay,
        **place,
        command_id=draw(st.sampled_from(("1", "2", "3", "4", "5", "6"))),
        cause_code=draw(st.sampled_from(("weather", "wildlife"))),
        position=draw(st.sampled_from(("open", "closed"))),
        crew_id=draw(st.sampled_from(("crew1", "crew2"))),
        time=draw(st.sampled_from((None, moment(at - 200))))
        if kind in {"open", "reopen", "restore", "set_position", "split"}
        else moment(at - 200),
        storm_id="s",
        text="T3",
    )


def _name(draw: st.DrawFn, network: Network, evidence: Evidence) -> str:
    """The name of an outage that may have been opened by a report so far, or of none."""
    gasps = [event for _, _, event in evidence.rows if event.get("kind") == "last_gasp"]
    if not gasps:
        return outage_id("nowhere", "nothing", moment(0))
    gasp = gasps[draw(st.integers(0, len(gasps) - 1))]
    position = int(network.find_meters([gasp["meter_id"]])[0])
    zone = int(network.device_zone[network.point_device[position]])
    return outage_id(network.zone_ids[zone], network.point_ids[position], gasp["observed_at"])
