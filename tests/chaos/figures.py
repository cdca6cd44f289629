"""Figures of the long form: shown in a table at the end, and written as JSON where FAULTLINE_CHAOS_FIGURES says."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import orjson

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

LONG: Final = os.environ.get("FAULTLINE_CHAOS") == "long"
"""Whether this is `make chaos`; else the short form that runs with all tests."""
WRITE_TO: Final = os.environ.get("FAULTLINE_CHAOS_FIGURES")

Figure = int | float | str
_told: Final[dict[str, dict[str, Figure]]] = {}


def tell(what: str, **figures: Figure) -> None:
    """Keep the figures of a test."""
    _told[what] = figures


def percentile(values: Sequence[float], share: float) -> float:
    """Give the value below which a share of the values lie, the nearest of them; 0 if there are none."""
    ordered = sorted(values)
    return round(ordered[min(int(share * len(ordered)), len(ordered) - 1)], 3) if ordered else 0.0


def show_figures(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table at the end of a run; pytest calls this."""
    if not _told:
        return
    terminalreporter.section("chaos")
    for what, figures in _told.items():
        for name, value in figures.items():
            terminalreporter.write_line(f"{what:32} {name.replace('_', ' '):44} {value:>12}")
    if WRITE_TO:
        Path(WRITE_TO).write_bytes(orjson.dumps(_told, option=orjson.OPT_INDENT_2))
