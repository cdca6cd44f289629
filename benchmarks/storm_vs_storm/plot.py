"""Both storms as one SVG: who is out, of whom the channels differ, and what the engine is asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from math import log10
from typing import TYPE_CHECKING, Final

from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from benchmarks.storm_vs_storm.course import Course
    from benchmarks.storm_vs_storm.play import Look

WIDTH: Final = 960
LEFT: Final = 76
RIGHT: Final = 24
TOP: Final = 92
PANEL: Final = 170
GAP: Final = 54
ENDED: Final = 2_000
"""The picture ends with the hour after which no more customers are out than that."""
STYLE: Final = (
    "text{font:12px system-ui,sans-serif;fill:#1f2933}.title{font-size:16px;font-weight:600}.dim{fill:#68737d}"
    ".grid{stroke:#e4e8eb}.out{fill:#c8ced4}.polled{stroke:#c8372d}.events{stroke:#2f6fb0}.band{fill:#c8372d;opacity:.14}"
    ".line{fill:none;stroke-width:2}.end{text-anchor:end}.middle{text-anchor:middle}"
)
LEGEND: Final = (
    ("out", "out"),
    ("polled", "polled: IVR each minute, CIS and board each quarter of an hour"),
    ("band", "polled, each assumption moved: the least and the most"),
    ("events", "events"),
)


@dataclass
class Panel:
    """One of the three pictures; all series have a value a minute."""

    title: str
    area: Sequence[float] = ()
    lines: dict[str, Sequence[float]] = field(default_factory=dict)
    band: Sequence[Sequence[float]] = ()
    """Series between whose least and most it is filled."""

    @property
    def most(self) -> float:
        """What the axis has to hold."""
        return max(max(series) for series in (*self.lines.values(), *self.band, self.area) if len(series))


def draw(course: Course, polled: Sequence[Look], events: Sequence[Look], moved: Sequence[Sequence[Look]]) -> str:
    """Give the SVG; `moved` are the polled storms by other assumptions."""
    last = 60 * (1 + max(place for place, look in enumerate(polled) if look.out >= ENDED) // 60)
    polled, events, moved = polled[:last], events[:last], [looks[:last] for looks in moved]
    panels = (
        Panel("Customers without power, as the engine says", area=[one.out for one in polled]),
        Panel(
            "Customers of whom app, IVR, CIS and board do not all say the same: out, or not",
            lines={"polled": [one.power_differs for one in polled], "events": [one.power_differs for one in events]},
            band=[[one.power_differs for one in looks] for looks in moved],
        ),
        Panel(
            "Asked of the engine a second: rows of polls, and customers' questions",
            lines={"polled": [one.load for one in polled], "events": [one.load for one in events]},
            band=[[one.load for one in looks] for looks in moved],
        ),
    )
    height = TOP + (PANEL + GAP) * len(panels)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">',
        f'<style>{STYLE}</style><rect width="100%" height="100%" fill="#fff"/>',
        '<text class="title" x="12" y="24">The same storm twice: joined by polls, and by events</text>',
        *_legend(),
    ]
    for place, panel in enumerate(panels):
        parts += _panel(panel, TOP + place * (PANEL + GAP), course.begin)
    return "\n".join([*parts, "</svg>", ""])


def _legend() -> Iterator[str]:
    x = 12
    for kind, text in LEGEND:
        if kind in {"out", "band"}:
            yield f'<rect class="{kind}" x="{x}" y="38" width="16" height="10"/>'
        else:
            yield f'<line class="line {kind}" x1="{x}" x2="{x + 16}" y1="43" y2="43"/>'
        yield f'<text class="dim" x="{x + 21}" y="47">{escape(text)}</text>'
        x += 40 + round(6.2 * len(text))


def _panel(panel: Panel, top: int, begin: int) -> Iterator[str]:
    count = len(panel.area or next(iter(panel.lines.values())))
    step = _step(panel.most)
    whole = step * (panel.most // step + 1)

    def x(minute: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * minute / count

    def y(value: float) -> float:
        return top + PANEL * (1 - value / whole)

    def path(values: Iterable[tuple[int, float]]) -> str:
        return " ".join(f"{x(minute + 1):.1f},{y(value):.1f}" for minute, value in values)

    yield f'<text x="{LEFT}" y="{top - 12}">{escape(panel.title)}</text>'
    for mark in range(int(whole // step) + 1):
        at = y(mark * step)
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>'
        yield f'<text class="dim end" x="{LEFT - 8}" y="{at + 4:.1f}">{mark * step:,.0f}</text>'
    for hour in range(count // 60 + 1):
        text = format_time(begin + hour * 3_600_000)[11:16]
        yield f'<text class="dim middle" x="{x(hour * 60):.1f}" y="{top + PANEL + 18}">{text}</text>'
    if panel.area:
        ends = (f"{at:.1f},{y(0):.1f}" for at in (x(0), x(count)))
        yield f'<polygon class="out" points="{" ".join(ends)} {path(reversed(list(enumerate(panel.area))))}"/>'
    if panel.band:
        least, most = ([chosen(some) for some in zip(*panel.band, strict=True)] for chosen in (min, max))
        yield f'<polygon class="band" points="{path(enumerate(least))} {path(reversed(list(enumerate(most))))}"/>'
    for kind, values in panel.lines.items():
        yield f'<polyline class="line {kind}" points="{path(enumerate(values))}"/>'


def _step(most: float) -> float:
    """How far the marks of an axis stand apart: 1, 2 or 5 times a power of ten."""
    size = 10.0 ** int(log10(max(most, 1.0) / 2))
    return next(size * factor for factor in (1, 2, 5, 10) if most / (size * factor) <= 5)
