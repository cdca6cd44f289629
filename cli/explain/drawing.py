"""A story as a picture of its branch over time: the path, the parts below, outages, positions, reports, decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from adapters.report.timeline import Bar, Lane, Mark, Note, draw_timeline
from cli.explain.story import Story, path_of, place_of
from dataflows.outages.tracing import CODES
from models.contracts.outputs.outage import FINAL_STATUSES
from models.evidence.kinds import DEVICE_REPORTS, EVIDENCE_KINDS, OUT_KINDS, QUALITIES, SAYS_ON
from models.network.network import DEVICE_KINDS
from models.times.iso8601 import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.outages.state.trace import Decision

MOST_PARTS: Final = 14
MOST_NOTES: Final = 40
AFTER_MS: Final = 60_000


def draw(story: Story) -> str:
    """Give the picture as SVG."""
    last = (story.records or [{"device_kind": "suspicion", "device_id": story.place.device, "status": "withdrawn"}])[-1]
    title = f"{last['device_kind']} {last['device_id']}: {last['status']}"
    deed = story.deed()
    placed = f"placed by the rule {deed.rule}" if deed else "never placed"
    legend = "red below: out; green above: on; triangles: SCADA opens and closes; diamonds: crews"
    return draw_timeline(title, f"{story.outage_id}, {placed} ({legend})", list(_lanes(story)), _notes(story))


def _lanes(story: Story) -> Iterator[Lane]:
    network, place, window = story.traced.network, story.place, _window(story)
    for device in reversed(path_of(network, place.device)):
        lane = Lane(_label(story, device), _bars(story, device, window), _device_marks(story, device, window))
        if device == place.device:
            lane.marks += _reports(story, place.points, window)
        yield lane
    for device in _parts(story):
        points = int(network.point_start[device]), int(network.point_end[device])
        marks = [*_device_marks(story, device, window), *_reports(story, points, window)]
        yield Lane("  " + _label(story, device), _bars(story, device, window), marks)


def _window(story: Story) -> tuple[int, int]:
    times = [one.at for one in story.decisions] + [one.started_at for one in story.decisions]
    times += [parse_time(record["updated_at"]) for record in story.records]
    return min(times, default=0) - AFTER_MS, max(times, default=0) + AFTER_MS


def _parts(story: Story) -> list[int]:
    """The next devices below, those first that anybody spoke of."""
    network, place = story.traced.network, story.place
    if place.points[1] - place.points[0] <= 1:
        return []
    below = range(place.device + 1, int(network.device_end[place.device]))
    children = [d for d in below if network.parent[d] == place.device and network.point_end[d] > network.point_start[d]]
    spoken = {
        d: len(story.traced.points.about(int(network.point_start[d]), int(network.point_end[d])).subject)
        for d in children
    }
    return sorted(sorted(filter(spoken.get, children), key=lambda d: (-spoken[d], d))[:MOST_PARTS])


def _label(story: Story, device: int) -> str:
    network = story.traced.network
    count = int(network.point_end[device] - network.point_start[device])
    name, kind = network.device_ids[device].split("/")[-1], DEVICE_KINDS[network.device_kind[device]]
    return f"{name} ({count:,})" if kind in name else f"{name} ({kind}, {count:,})"


def _bars(story: Story, device: int, window: tuple[int, int]) -> list[Bar]:
    """Outages of the device's class, from revision to revision."""
    network = story.traced.network
    by_outage: dict[str, list[dict[str, Any]]] = {}
    for record in story.traced.records:
        by_outage.setdefault(record["outage_id"], []).append(record)
    points = int(network.point_start[device]), int(network.point_end[device])
    bars = []
    for name, records in by_outage.items():
        if all(place_of(network, one["device_id"]).points != points for one in records[:1] + records[-1:]):
            continue
        since, last = parse_time(records[0]["started_at"]), records[-1]
        until = parse_time(last["updated_at"]) if last["status"] in FINAL_STATUSES else window[1]
        if until >= window[0] and since <= window[1]:
            kind = "bar mine" if name == story.outage_id else "bar"
            title = f"{name}: {last['status']}, {last['customers_affected']:,} customers"
            bars.append(Bar(max(since, window[0]), min(until, window[1]), kind, title))
    return sorted(bars, key=lambda bar: bar.kind)


def _device_marks(story: Story, device: int, window: tuple[int, int]) -> list[Mark]:
    network, marks = story.traced.network, []
    said = story.traced.devices.about(device, device + 1)
    for observed_at, code in zip(said.observed_at.tolist(), said.code.tolist(), strict=True):
        position, quality = DEVICE_REPORTS[code % CODES], QUALITIES[code // CODES]
        if window[0] <= observed_at <= window[1] and position in ("open", "closed"):
            marks.append(Mark(observed_at, position if quality == "good" else "bad", f"{position} ({quality})"))
    for row in story.traced.crew:
        here = row.device >= 0 and int(network.device_position[row.device]) == device
        if here and window[0] <= row.observed_at <= window[1]:
            marks.append(Mark(row.observed_at, "crew", f"crew {row.event.crew_id}: {row.event.status}"))
    return marks


def _reports(story: Story, points: tuple[int, int], window: tuple[int, int]) -> Iterator[Mark]:
    network, said = story.traced.network, story.traced.points.about(*points)
    for observed_at, point, kind in zip(*(c.tolist() for c in said[1:]), strict=True):
        name = EVIDENCE_KINDS[kind]
        if window[0] <= observed_at <= window[1] and (name in OUT_KINDS or SAYS_ON[kind]):
            yield Mark(observed_at, "out" if name in OUT_KINDS else "on", f"{name} of {network.point_ids[point]}")


def _notes(story: Story) -> list[Note]:
    told = [Note(one.at, _told(one, story.outage_id)) for one in story.decisions]
    left = len(told) - MOST_NOTES
    return [*told[: MOST_NOTES - 1], Note(told[-1].at, f"{left} more decisions before")] if left > 0 else told


def _told(one: Decision, mine: str) -> str:
    whose = "" if one.outage_id == mine else f" of {one.outage_id}"
    other = f" → {one.other}" if one.other else ""
    heard = f"{one.heard.out} out, {one.heard.on} on, {one.heard.silent} silent"
    return f"{one.rule}{whose} at {one.place}{other}: {heard}" + (f"; {one.device_fact}" if one.device_fact else "")
