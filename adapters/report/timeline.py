"""Lanes over time as one SVG file that needs nothing else: bars, marks, and numbered notes with a line each.

Time is stretched where much happens: the way from one moment to the next grows with the logarithm of the time between.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from html import escape
from math import log1p
from typing import TYPE_CHECKING, Final, NamedTuple

from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

WIDTH: Final = 1280
LEFT: Final = 250
RIGHT: Final = 20
TOP: Final = 74
LANE: Final = 26
NOTE: Final = 17
TICK_APART: Final = 88
UNIT_MS: Final = 2_000
STYLE: Final = (
    "text{font:12px system-ui,sans-serif;fill:#1f2933}.title{font-size:16px;font-weight:600}.dim{fill:#68737d}"
    ".out{fill:#c8372d}.on{fill:#2f8f4e}.open{fill:#c8372d}.closed{fill:#2f8f4e}.crew{fill:#8250a8}.bad{fill:#9aa5ae}"
    ".bar{fill:#f0b429;stroke:#b7791f}.mine{fill:#e4572e;stroke:#9c2f14}"
    ".note{stroke:#5a6772;stroke-dasharray:2 3}.grid{stroke:#e4e8eb}.number{font-size:10px;text-anchor:middle}"
)


class Bar(NamedTuple):
    """A time during which something was so; `kind` is a class of the style sheet."""

    since: int
    until: int
    kind: str
    title: str


class Mark(NamedTuple):
    """Something at a moment: `out`, `on` (ticks), `open`, `closed`, `crew`, `bad` (signs)."""

    at: int
    kind: str
    title: str


@dataclass(slots=True)
class Lane:
    """One line of the picture."""

    label: str
    bars: list[Bar] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)


class Note(NamedTuple):
    """A numbered moment, told below the lanes."""

    at: int
    text: str


class _Scale:
    """Moments (milliseconds) to places across the picture."""

    def __init__(self, moments: Iterable[int]) -> None:
        self.moments = sorted(set(moments)) or [0]
        steps = [log1p((b - a) / UNIT_MS) for a, b in zip(self.moments, self.moments[1:], strict=False)]
        self.ways = [0.0]
        for step in steps:
            self.ways.append(self.ways[-1] + step)

    def __call__(self, at: int) -> float:
        n = min(max(bisect_right(self.moments, at) - 1, 0), len(self.moments) - 1)
        way = self.ways[n]
        if n + 1 < len(self.moments) and at > self.moments[n]:
            way += log1p((at - self.moments[n]) / UNIT_MS)
        return LEFT + (WIDTH - LEFT - RIGHT) * way / (self.ways[-1] or 1.0)


def draw_timeline(title: str, subtitle: str, lanes: Sequence[Lane], notes: Sequence[Note]) -> str:
    """Give the SVG."""
    scale = _Scale(_moments(lanes, notes))
    bottom = TOP + LANE * len(lanes)
    height = bottom + 34 + NOTE * len(notes)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">',
        f'<style>{STYLE}</style><rect width="100%" height="100%" fill="#fff"/>',
        f'<text class="title" x="12" y="24">{escape(title)}</text>',
        f'<text class="dim" x="12" y="43">{escape(subtitle)}</text>',
        *_ticks(scale, bottom),
        *(part for n, lane in enumerate(lanes) for part in _lane(lane, TOP + LANE * n, scale)),
        *(part for n, note in enumerate(notes) for part in _note(n, note, scale, bottom)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _moments(lanes: Sequence[Lane], notes: Sequence[Note]) -> Iterator[int]:
    for lane in lanes:
        yield from (at for bar in lane.bars for at in (bar.since, bar.until))
        yield from (mark.at for mark in lane.marks)
    yield from (note.at for note in notes)


def _ticks(scale: _Scale, bottom: int) -> Iterator[str]:
    last = -float(TICK_APART)
    for at in scale.moments:
        x = scale(at)
        if x - last >= TICK_APART and x < WIDTH - TICK_APART:
            last = x
            yield f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 6}" y2="{bottom}"/>'
            yield f'<text class="dim" x="{x:.1f}" y="{TOP - 10}">{format_time(at)[11:19]}</text>'


def _lane(lane: Lane, y: int, scale: _Scale) -> Iterator[str]:
    yield f'<text x="12" y="{y + 16}">{escape(lane.label)}</text>'
    yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y + LANE - 1}" y2="{y + LANE - 1}"/>'
    for bar in lane.bars:
        x, end = scale(bar.since), scale(bar.until)
        top, high = (y + 9, 4) if "mine" in bar.kind else (y + 6, 10)
        shape = f'<rect class="{bar.kind}" x="{x:.1f}" y="{top}" width="{max(end - x, 2):.1f}" height="{high}" rx="2">'
        yield f"{shape}<title>{escape(bar.title)}</title></rect>"
    yield from (_mark(mark, scale(mark.at), y) for mark in lane.marks)


def _mark(mark: Mark, x: float, y: int) -> str:
    title = f"<title>{escape(mark.title)}</title>"
    if mark.kind in {"out", "on"}:
        top = y + 17 if mark.kind == "out" else y + 1
        return f'<rect class="{mark.kind}" x="{x - 0.6:.1f}" y="{top}" width="1.2" height="5">{title}</rect>'
    shapes = {"open": "0,11 -5,2 5,2", "closed": "0,2 -5,11 5,11"}
    points = shapes.get(mark.kind, "0,1 -5,6 0,11 5,6")
    return f'<polygon class="{mark.kind}" points="{points}" transform="translate({x:.1f} {y + 5})">{title}</polygon>'


def _note(n: int, note: Note, scale: _Scale, bottom: int) -> Iterator[str]:
    x = scale(note.at)
    yield f'<line class="note" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{bottom + 2}"/>'
    yield f'<text class="number" x="{x:.1f}" y="{bottom + 13}">{n + 1}</text>'
    told = f"{n + 1}  {format_time(note.at)[11:19]}  {note.text}"
    yield f'<text x="12" y="{bottom + 34 + NOTE * n}">{escape(told)}</text>'
