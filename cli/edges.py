"""Options that say which part of a topic: `--from` and `--to`, an offset or a time each."""

from __future__ import annotations

from typing import Annotated

import typer

from adapters.kafka.clients.offset_range import Edge
from models.refusal import FaultsError
from models.times.iso8601 import parse_time

FromOption = Annotated[
    str | None, typer.Option("--from", metavar="OFFSET|TIME", help="Begin here: an offset, or an ISO 8601 time.")
]
ToOption = Annotated[str | None, typer.Option("--to", metavar="OFFSET|TIME", help="End before this offset or time.")]


def read_edges(begin: str | None, end: str | None) -> tuple[Edge | None, Edge | None]:
    """Read both options. Raises `FaultsError` with every fault."""
    edges: list[Edge | None] = []
    faults = []
    for option, text in (("--from", begin), ("--to", end)):
        try:
            edges.append(None if text is None else _edge(text))
        except ValueError as error:
            faults.append(f'{option} "{text}" {error}, or an offset')
    if faults:
        raise FaultsError(faults)
    return edges[0], edges[1]


def _edge(text: str) -> Edge:
    return Edge(offset=int(text)) if text.isdecimal() and text.isascii() else Edge(time=parse_time(text))
