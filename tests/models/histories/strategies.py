"""Small zones, what happened in them, and what was heard of it: input for whatever is held to the oracle.

`scenes()` has messages that are lost, late, false and off by seconds; `complete_scenes()` has all of them, and one
cause an instant, so that the truth can be told.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from hypothesis import assume
from hypothesis import strategies as st

from models.outages.weights.parameters import Parameters
from tests.models.histories.evidence import Evidence, Finding, Position, Report
from tests.models.histories.laws import SECOND, Laws
from tests.models.histories.picture import NEVER, History, Interval, Picture
from tests.models.histories.scene import Scene
from tests.models.histories.zone import Meter, Zone

START = 1_782_900_000_000
KINDS = ("breaker", "recloser", "fuse", "switch", "sectionalizer", "transformer")
GAPS = (500, 30 * SECOND, 120 * SECOND, 400 * SECOND, 2400 * SECOND)
"""Between one change of the zone and the next: a dip, a shot, a wave, a restoration, an hour's work."""
HOLD_OFFS = (300, 800, 22 * SECOND, 38 * SECOND)
DELAYS = (1 * SECOND, 3 * SECOND, 9 * SECOND, 60 * SECOND, 900 * SECOND)
QUALITIES = ("good", "good", "good", "uncertain", "bad")
MOST_INSTANTS = 8


class Case(NamedTuple):
    """What happened, and what is known of it."""

    truth: Picture
    scene: Scene


@st.composite
def zones(draw: st.DrawFn, devices: int = 6, points: int = 12, rates: Sequence[float] = (0.3, 0.6, 0.9, 0.98)) -> Zone:
    """A forest in which every leaf feeds somebody."""
    count = draw(st.integers(1, devices))
    parents = [draw(st.integers(-1 if device == 3 else 0, device - 1)) if device else -1 for device in range(count)]
    leaves = [device for device in range(count) if device not in parents]
    more = draw(st.lists(st.integers(0, count - 1), max_size=points - len(leaves)))
    feeds = sorted(leaves + more)
    rate = st.sampled_from(rates)
    by_collector = [Meter({"mesh": draw(rate), "cellular": draw(rate)}, draw(rate)) for _ in range(2)]
    meters = [None if draw(st.integers(0, 11)) == 11 else draw(st.sampled_from(by_collector)) for _ in feeds]
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=count, max_size=count))
    told = [device for device in range(count) if kinds[device] in {"breaker", "recloser"} and draw(st.booleans())]
    tied = draw(st.sets(st.sampled_from(range(count)), max_size=1)) if draw(st.integers(0, 3)) == 0 else set()
    return Zone(kinds, parents, feeds, meters, frozenset(told), frozenset(tied))


@st.composite
def pasts(draw: st.DrawFn, zone: Zone, most_changes: int = 4) -> tuple[Picture, list[int]]:
    """What happened: up to so many moments of change, and which nodes were open between which of them."""
    gaps = draw(st.lists(st.sampled_from(GAPS), min_size=1, max_size=most_changes - 1))
    moments = [START + sum(gaps[:n]) for n in range(len(gaps) + 1)]
    nodes = [*range(len(zone.kinds)), *(~point for point in zone.services)]
    openings = {}
    for node in draw(st.lists(st.sampled_from(nodes), min_size=1, max_size=3, unique=True)):
        first = draw(st.integers(0, len(moments) - 1))
        last = draw(st.integers(first + 1, len(moments)))
        openings[node] = ((moments[first], [*moments, NEVER][last]),)
    return Picture(openings), moments


@st.composite
def scenes(draw: st.DrawFn, devices: int = 6, points: int = 12, *, told: bool = True, ties: bool = False) -> Case:
    """Any zone, any past, part of the evidence of it, and some that is false; `told` with SCADA and crews."""
    zone = draw(zones(devices, points))
    if not ties:
        zone = Zone(zone.kinds, zone.parents, zone.feeds, zone.meters, zone.telemetered)
    truth, moments = draw(pasts(zone))
    now = moments[-1] + draw(st.sampled_from([1, 20, 60, 200, 1200])) * SECOND
    reports = [report for point in range(len(zone.feeds)) for report in draw(_heard_of(zone, truth, point))]
    reports += draw(st.lists(_false_reports(zone, moments[0], now), max_size=2))
    positions = [one for device in sorted(zone.telemetered) for one in draw(_telemetry(truth, device))] if told else []
    findings = draw(_findings(truth, now)) if told else []
    laws = Laws(tie={"switch": -8.0}) if ties else Laws(tie={})
    scene = Scene(zone, laws, Evidence(reports, positions, findings), now, moments)
    assume(len(scene.instants) <= MOST_INSTANTS)
    return Case(truth, scene)


@st.composite
def _heard_of(draw: st.DrawFn, zone: Zone, truth: Picture, point: int) -> list[Report]:
    heard: list[Report] = []
    for interval in truth.dark(zone, point):
        if zone.meters[point] is not None:
            heard += draw(_metered(point, interval))
        if interval[1] == NEVER and draw(st.integers(0, 9)) == 9:
            at = interval[0] + draw(st.sampled_from([60, 600])) * SECOND
            heard.append(Report(point, "no_power", at, at + 5 * SECOND))
    return heard


@st.composite
def _metered(draw: st.DrawFn, point: int, interval: Interval) -> list[Report]:
    first, last = interval
    hold_off, error = draw(st.sampled_from(HOLD_OFFS)), draw(st.integers(-3 * SECOND, 3 * SECOND))
    heard = []
    if last - first >= hold_off and draw(st.integers(0, 9)) < 8:
        arrived_at = first + hold_off + draw(st.sampled_from(DELAYS))
        heard.append(Report(point, "last_gasp", first + error, arrived_at))
    if NEVER > last >= first + hold_off and draw(st.integers(0, 9)) < 9:
        heard.append(Report(point, "power_restored", last + error, last + 10 * SECOND + draw(st.sampled_from(DELAYS))))
    return heard


def _false_reports(zone: Zone, since: int, until: int) -> st.SearchStrategy[Report]:
    metered = [point for point, meter in enumerate(zone.meters) if meter]
    kinds = ["last_gasp", "ping_off", "power_restored", "ping_on"] if metered else ["no_power"]
    return st.builds(
        lambda point, kind, at, delay: Report(point, kind, at, at + delay),
        st.sampled_from(metered or range(len(zone.feeds))),
        st.sampled_from(kinds),
        st.integers(since // SECOND, until // SECOND).map(lambda at: at * SECOND),
        st.sampled_from(DELAYS),
    )


@st.composite
def _telemetry(draw: st.DrawFn, truth: Picture, device: int) -> list[Position]:
    heard = []
    for first, last in truth.openings.get(device, ()):
        for position, at in [("open", first), ("closed", last)]:
            if at < NEVER and draw(st.integers(0, 9)) < 9:
                heard.append(Position(device, position, draw(st.sampled_from(QUALITIES)), at, at + SECOND))
    if draw(st.integers(0, 9)) == 9:
        at = START + draw(st.sampled_from([0, 100])) * SECOND
        heard.append(Position(device, draw(st.sampled_from(["open", "closed"])), "uncertain", at, at + SECOND))
    return heard


@st.composite
def _findings(draw: st.DrawFn, truth: Picture, now: int) -> list[Finding]:
    opened = sorted((device, since) for device, since in truth.open_now.items() if device >= 0)
    found = draw(st.lists(st.sampled_from(opened), max_size=1)) if opened else []
    return [Finding(device, (since + now) // 2, (since + now) // 2 + 1) for device, since in found if now - since > 3]


@st.composite
def complete_scenes(draw: st.DrawFn) -> Case:
    """Nothing is lost, late or false, meters hardly ever fail to speak; one opening, or two of different branches.

    SCADA tells of each device: from meters alone two openings of small branches look like one above, with late reports.
    """
    drawn = draw(zones())
    meters = [Meter({"mesh": 0.999, "cellular": 0.999}, 0.999)] * len(drawn.feeds)
    zone = Zone(drawn.kinds, drawn.parents, drawn.feeds, meters)
    openings: dict[int, History] = {}
    for node in draw(st.permutations(sorted(zone.classes)))[:2]:
        if openings and (min(*openings, node) < 0 or {*zone.path(node)} & {*openings} or node in zone.path(*openings)):
            continue
        first = START + len(openings) * 1000 * SECOND
        last = draw(st.sampled_from([first + 600 * SECOND, first + 2600 * SECOND, NEVER]))
        openings[node] = ((first, last),)
    truth, now = Picture(openings), START + 7200 * SECOND
    reports = [
        report
        for point in range(len(zone.feeds))
        for interval in truth.dark(zone, point)
        for report in _both(point, interval)
    ]
    positions = [one for node in openings if node >= 0 for one in _changes(node, openings[node][0])]
    zone = Zone(zone.kinds, zone.parents, zone.feeds, zone.meters, frozenset(node for node in openings if node >= 0))
    return Case(truth, Scene(zone, Laws(Parameters(), tie={}), Evidence(reports, positions), now))


def _both(point: int, interval: Interval) -> list[Report]:
    gasp = Report(point, "last_gasp", interval[0], interval[0] + 30 * SECOND)
    if interval[1] == NEVER:
        return [gasp]
    return [gasp, Report(point, "power_restored", interval[1], interval[1] + 20 * SECOND)]


def _changes(device: int, interval: Interval) -> list[Position]:
    opened = Position(device, "open", "good", interval[0], interval[0] + SECOND)
    if interval[1] == NEVER:
        return [opened]
    return [opened, Position(device, "closed", "good", interval[1], interval[1] + SECOND)]
