"""A part of the network on a map, as it stands at a time: one SVG that needs nothing else, or a page around it."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

import numpy as np

from adapters.report.drawing import draw
from models.network.network import DEVICE_KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from adapters.report.drawing import Drawing
    from models.network.network import Network

SIZE: Final = 1100
"""Of the longer side of the map, in pixels; around it is a margin, above it a head."""
MARGIN: Final = 40
HEAD: Final = 84
FEWEST_HIGH: Final = 160
LEFT_HAND: Final = 0.85
"""Names stand right of their device up to this share of the width, left of it beyond."""
STYLE: Final = (
    "text{font:12px system-ui,sans-serif;fill:#1f2933}.title{font-size:17px;font-weight:600}.dim{fill:#68737d}"
    ".label{font-size:11px;font-weight:600;paint-order:stroke;stroke:#fff;stroke-width:3px}"
    "line{stroke-width:1.6;stroke-linecap:round}line.on{stroke:#5f7d95}line.out{stroke:#c8372d;stroke-width:2.4}"
    "line.other{stroke:#8250a8;stroke-width:2.4}line.tie{stroke:#aab4bd;stroke-dasharray:3 4}"
    "circle.on{fill:#5f7d95}circle.part{fill:#f0b429}circle.out{fill:#c8372d}circle.other{fill:#8250a8}"
    "rect.open{fill:#fff;stroke:#c8372d;stroke-width:2.4}rect.closed{fill:#2f8f4e}rect.head{fill:#1f2933}"
    "polygon{fill:#f0b429;stroke:#9c2f14}"
)
PAGE: Final = (
    "body{font:14px system-ui,sans-serif;color:#1f2933;margin:0 auto;max-width:1200px;padding:16px}"
    "svg{max-width:100%;height:auto;border:1px solid #e4e8eb;border-radius:6px}"
    "table{border-collapse:collapse;margin:16px 0;width:100%}caption{text-align:left;font-weight:600;padding:4px 0}"
    "th,td{text-align:left;padding:4px 10px 4px 0;border-bottom:1px solid #e4e8eb;font-weight:400}th{color:#68737d}"
)


@dataclass(frozen=True, slots=True)
class CurrentMap:
    """What is drawn; devices by position in the network as it is fed."""

    title: str
    subtitle: str
    network: Network
    shown: NDArray[np.bool_]
    """By device."""
    share_out: NDArray[np.float64]
    """By device, of the usage points that it feeds directly."""
    dark: NDArray[np.bool_]
    """By device, whether all that it feeds is out."""
    otherwise: NDArray[np.bool_]
    """By device, whether power comes to it over another way than the normal one."""
    open_devices: Mapping[int, str]
    """With a line about each."""
    closed_devices: Mapping[int, str]
    """Likewise, those that are open normally, and jumpers and generators."""
    outages: Mapping[int, str]
    """Likewise, where an open outage is."""


Table = tuple[str, "Sequence[str]", "Sequence[Sequence[str]]"]
"""What it is, heads, rows."""


def draw_map(drawn: CurrentMap) -> str:
    """Give the SVG."""
    drawing = draw(drawn.network, drawn.shown)
    scale = SIZE / max(drawing.width, drawing.height, 1)
    width = SIZE + 2 * MARGIN
    height = HEAD + max(round(drawing.height * scale), FEWEST_HIGH) + 2 * MARGIN
    view = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {view}>',
            f'<style>{STYLE}</style><rect width="100%" height="100%" fill="#fff"/>',
            f'<text class="title" x="{MARGIN}" y="30">{escape(drawn.title)}</text>',
            f'<text class="dim" x="{MARGIN}" y="50">{escape(drawn.subtitle)}</text>',
            *_legend(),
            f'<g transform="translate({MARGIN} {HEAD + MARGIN})">',
            *_lines(drawn, drawing, scale),
            *_dots(drawn, drawing, scale),
            *_signs(drawn, drawing, scale),
            "</g></svg>",
        ]
    )


def draw_page(drawn: CurrentMap, tables: Sequence[Table]) -> str:
    """Give a page of its own with the map, and tables below it."""
    written = "".join(map(_table, tables))
    title = escape(drawn.title)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>{PAGE}</style></head>'
        f"<body>{draw_map(drawn)}{written}</body></html>\n"
    )


def _legend() -> Iterator[str]:
    x = MARGIN
    for shape, text in (
        ('<line class="on" x1="0" x2="22" y1="0" y2="0"/>', "has power"),
        ('<line class="out" x1="0" x2="22" y1="0" y2="0"/>', "all out"),
        ('<line class="other" x1="0" x2="22" y1="0" y2="0"/>', "fed another way"),
        ('<rect class="open" x="5" y="-6" width="12" height="12"/>', "open"),
        ('<rect class="closed" x="5" y="-6" width="12" height="12"/>', "closed, normally open"),
        ('<polygon points="11,-8 19,6 3,6"/>', "outage"),
        ('<circle class="part" cx="11" cy="0" r="4.5"/>', "some out"),
    ):
        yield f'<g transform="translate({x} 70)">{shape}<text class="dim" x="28" y="4">{text}</text></g>'
        x += 52 + 7 * len(text)


def _lines(drawn: CurrentMap, drawing: Drawing, scale: float) -> Iterator[str]:
    for tie, other in drawing.tie_to:
        if tie not in drawn.closed_devices and drawn.shown[other]:
            yield _line("tie", drawing, (other, tie), scale)
    for device in np.flatnonzero(drawn.shown).tolist():
        start = int(drawing.line_from[device])
        if start >= 0 and drawn.shown[start]:
            kind = "out" if drawn.dark[device] else "other" if drawn.otherwise[device] else "on"
            yield _line(kind, drawing, (start, device), scale)


def _line(kind: str, drawing: Drawing, ends: tuple[int, int], scale: float) -> str:
    (x1, y1), (x2, y2) = (_place(drawing, device, scale) for device in ends)
    return f'<line class="{kind}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>'


def _dots(drawn: CurrentMap, drawing: Drawing, scale: float) -> Iterator[str]:
    """Where usage points are fed, and the heads of what is shown."""
    network = drawn.network
    for device in np.flatnonzero(drawn.shown).tolist():
        x, y = _place(drawing, device, scale)
        above, title = int(network.parent[device]), escape(network.device_ids[device])
        if above < 0 or not drawn.shown[above]:
            yield f'<rect class="head" x="{x - 6:.1f}" y="{y - 6:.1f}" width="12" height="12">'
            yield f"<title>{title}</title></rect>"
        if network.direct_end[device] > network.point_start[device]:
            share = float(drawn.share_out[device])
            kind = "out" if share == 1 else "part" if share else "other" if drawn.otherwise[device] else "on"
            points = int(network.direct_end[device] - network.point_start[device])
            said = f"{title}: {round(share * points)} of {points} usage points out"
            yield f'<circle class="{kind}" cx="{x}" cy="{y}" r="{4.5 if share else 2.6}"><title>{said}</title></circle>'


def _signs(drawn: CurrentMap, drawing: Drawing, scale: float) -> Iterator[str]:
    for device, text in drawn.outages.items():
        x, y = _place(drawing, device, scale)
        y -= 12 if device in drawn.open_devices else 0  # above the sign of the open device
        yield f'<polygon points="{x},{y - 13:.1f} {x + 10:.1f},{y + 6:.1f} {x - 10:.1f},{y + 6:.1f}">'
        yield f"<title>{escape(text)}</title></polygon>"
    for kind, devices in (("open", drawn.open_devices), ("closed", drawn.closed_devices)):
        for device, text in devices.items():
            x, y = _place(drawing, device, scale)
            yield f'<rect class="{kind}" x="{x - 6:.1f}" y="{y - 6:.1f}" width="12" height="12">'
            yield f"<title>{escape(text)}</title></rect>"
    for device in dict.fromkeys([*drawn.open_devices, *drawn.closed_devices, *drawn.outages]):
        x, y = _place(drawing, device, scale)
        kind = DEVICE_KINDS[drawn.network.device_kind[device]]
        name = drawn.network.device_ids[device].rsplit("/", 1)[-1]
        label = name if kind in name else f"{kind} {name}"
        side = f'x="{x + 12:.1f}"' if x < LEFT_HAND * SIZE else f'x="{x - 12:.1f}" text-anchor="end"'
        yield f'<text class="label" {side} y="{y - 8:.1f}">{escape(label)}</text>'


def _place(drawing: Drawing, device: int, scale: float) -> tuple[float, float]:
    return round(float(drawing.x[device]) * scale, 1), round(float(drawing.y[device]) * scale, 1)


def _table(table: Table) -> str:
    caption, heads, rows = table
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(text)}</td>" for text in row) + "</tr>" for row in rows)
    return f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
