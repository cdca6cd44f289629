"""A storm as one self-contained HTML page: map, curves and outages under one time cursor.

The page is `page.html` with `page.css` and `page.js` put in and the data as JSON; it loads nothing from anywhere.
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import orjson

from adapters.report.drawing import device_intervals, draw
from adapters.report.history import STATUSES, read_history
from models.network.network import DEVICE_KINDS
from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from adapters.report.drawing import Interruptions
    from models.network.network import Network

UNSAFE_IN_SCRIPT: Final = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"}


@dataclass(frozen=True, slots=True)
class Figure:
    """One headline: a number, what it is, and a word to it."""

    value: str
    label: str
    note: str


@dataclass(frozen=True, slots=True)
class StormPage:
    """All that the page shows besides the replay's output itself; times are milliseconds since the epoch."""

    title: str
    summary: str
    network: Network
    starts_at: int
    ends_at: int
    curves: Mapping[str, NDArray[np.int64]]
    """`truth` and `live`, as published: customers out every `curve_seconds` from the start."""
    curve_seconds: int
    truth: Interruptions
    crew_steps: Sequence[tuple[int, int, str, int]]
    """Time, crew, status, position of the device (-1 not known); in order of time."""
    figures: Sequence[Figure]
    hours: tuple[Sequence[str], Sequence[Sequence[str]]]
    """The hour-by-hour table: heads and rows."""


def write_page(path: Path, page: StormPage, output: Path) -> None:
    """Write the page of a storm, whose replay wrote the folder `output`."""
    parts = {
        "title": escape(page.title),
        "summary": escape(page.summary),
        "figures": "".join(map(_figure, page.figures)),
        "hours": _table(*page.hours),
        "style": _part("page.css"),
        "data": in_script(page_data(page, output)),
        "script": _part("page.js"),
    }
    filled = re.sub(r"\{\{(\w+)\}\}", lambda name: parts[name[1]], _part("page.html"))
    path.write_text(filled, encoding="utf-8")


def page_data(page: StormPage, output: Path) -> dict[str, Any]:
    """Give the data that the page's script reads; times are seconds from the start."""
    drawing = draw(page.network)
    intervals = device_intervals(page.network, page.truth, page.starts_at, page.ends_at)
    zones = page.network.zone_device_start.tolist()
    return {
        "starts": page.starts_at,
        "start": format_time(page.starts_at),
        "seconds": (page.ends_at - page.starts_at) // 1000,
        "statuses": STATUSES,
        "map": {
            "x": packed(drawing.x),
            "y": packed(drawing.y),
            "from": packed(drawing.line_from),
            "parent": packed(page.network.parent),
            "end": packed(page.network.device_end),
            "kind": packed(page.network.device_kind),
            "points": packed((page.network.direct_end - page.network.point_start).astype(np.int32)),
            "ties": drawing.tie_to,
            "width": drawing.width,
            "height": drawing.height,
            "kilometre": drawing.kilometre,
            "kinds": DEVICE_KINDS,
            "zones": [
                [name, zones[number]]
                for number, name in enumerate(page.network.zone_ids)
                if zones[number] < zones[number + 1]
            ],
        },
        "truth": {"device": packed(intervals.device), "out": packed(intervals.out), "back": packed(intervals.back)},
        "curves": {"seconds": page.curve_seconds, **{name: curve.tolist() for name, curve in page.curves.items()}},
        "crews": [
            [(at - page.starts_at) // 1000, crew, status, device] for at, crew, status, device in page.crew_steps
        ],
        **read_history(output, page.network, page.starts_at),
    }


def packed(values: NDArray[Any]) -> dict[str, str]:
    """Give an array of whole numbers as base64 of its little-endian bytes."""
    plain = np.ascontiguousarray(values, values.dtype.newbyteorder("<"))
    return {"type": f"{plain.dtype.kind}{plain.dtype.itemsize}", "data": b64encode(plain.tobytes()).decode()}


def in_script(data: dict[str, Any]) -> str:
    """Give data as JSON that cannot end the script element it stands in, whatever its texts hold."""
    return orjson.dumps(data).decode().translate(UNSAFE_IN_SCRIPT)


def _part(name: str) -> str:
    return (files("adapters.report") / name).read_text(encoding="utf-8")


def _figure(figure: Figure) -> str:
    value, label, note = escape(figure.value), escape(figure.label), escape(figure.note)
    return f"<div><dt>{label}</dt><dd>{value}<small>{note}</small></dd></div>"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>' + "".join(f"<td>{escape(text)}</td>" for text in row[1:]) + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
