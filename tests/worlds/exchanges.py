"""A town in which a crew exchanges the meters of a transformer, which fails afterwards: only new meters can say so."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

from adapters.network.compiled_file import write_artefact
from adapters.network.load import compile_folder
from models.contracts.topics import METER_EVENTS, RAW_TOPICS
from tests.worlds.evidence import Evidence
from tests.worlds.town_releases import TABLES

if TYPE_CHECKING:
    from pathlib import Path

EXCHANGED: Final = tuple(f"q0{number}" for number in range(6))
"""All usage points of transformer ty0."""
FAILS_AT, BACK_AT = 400, 700
"""Seconds."""


DRAWN_AT: Final = 112.5
"""When the tables of the second version were drawn, by its own word: in the midst of the exchange."""
RELEASED_AT: Final = 250


def compile_town(folder: Path) -> Path:
    """Write the town's network before the exchange; as town-2.network the one that has the first of the new meters."""
    first = compile_folder(TABLES / "town-1", None, 1)
    shutil.copytree(TABLES / "town-1", folder / "tables")
    points = folder / "tables" / "usage_points.csv"
    points.write_text(points.read_text().replace(",m-q00,", ",new-q00,"))
    write_artefact(first, folder / "town-1.network")
    write_artefact(compile_folder(folder / "tables", first, 1), folder / "town-2.network")
    return folder / "town-1.network"


def write_exchange(folder: Path) -> None:
    """Write the day as topic files."""
    evidence = Evidence()
    for second in range(0, 1100, 5):  # the clock goes on in all topics
        evidence.meter("q25", "ping_on", second, 0)
        evidence.scada("brk2", "closed", second, delay=0)
        evidence.call("q25", "power_back", second, 0)
        evidence.crew("c9", "available", second, 0)
    evidence.meter("/new-q00", "power_restored", 60, 1)  # before its installed: refused
    for number, point in enumerate(EXCHANGED):
        evidence.meter(point, "removed", 100 + number, 1)
        evidence.meter(f"/new-{point}", "installed", 110 + number, 3)
        evidence.rows[-1][2]["usage_point_id"] = point
        evidence.meter(f"/new-{point}", "last_gasp", FAILS_AT + 0.1 * number, 2)
        # On a bench: refused. The clock has come so far already: who does not refuse them has the same log times.
        evidence.meter(point, "power_restored", FAILS_AT + 20 + 0.1 * number, 5 - 0.1 * number)
        evidence.meter(f"/new-{point}", "power_restored", BACK_AT + number, 2)
    folder.mkdir(parents=True, exist_ok=True)
    lines = evidence.lines()
    for topic in RAW_TOPICS:
        text = b"".join(line + b"\n" for line in lines[topic])
        if topic == METER_EVENTS:
            text = text.replace(b'"M/', b'"').replace(b'"M', b'"m-')
        (folder / f"{topic}.jsonl").write_bytes(text)
