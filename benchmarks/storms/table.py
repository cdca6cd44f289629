"""The tables, as Markdown: all figures by preset, some by network, and what went wrong by cause."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.box import MARKDOWN
from rich.table import Table

from benchmarks.storms.figures import CAUSES, FIGURES, Figure, causes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.storms.storm import Outcome


_BY_NETWORK: Final = ("device F1", "service F1", "told while out", "outages a fault", "ECE")


def tables(runs: Sequence[Outcome]) -> Iterator[Table]:
    """Lay everything out."""
    presets, utilities = _names(run.preset for run in runs), _names(run.utility for run in runs)
    by_preset = {preset: [run for run in runs if run.preset == preset] for preset in presets}
    laid = _table(f"{len(runs)} storms over {', '.join(utilities)}: mean (worst network, worst storm)", presets)
    for figure in FIGURES:
        laid.add_row(figure.name, *(_cell(figure, by_preset[preset], utilities) for preset in presets))
    yield laid
    for figure in FIGURES:
        if figure.name in _BY_NETWORK:
            yield _by_network(figure, runs, presets, utilities)
    for title, path in CAUSES.items():
        yield _by_cause(title, {preset: causes(by_preset[preset], path) for preset in presets})


def _table(title: str, columns: Sequence[str]) -> Table:
    laid = Table(title=title, title_justify="left", box=MARKDOWN)
    laid.add_column("")
    for column in columns:
        laid.add_column(column, justify="right", no_wrap=True)
    return laid


def _by_network(figure: Figure, runs: Sequence[Outcome], presets: list[str], utilities: list[str]) -> Table:
    laid = _table(f"{figure.name} by network: mean (worst storm)", utilities)
    for preset in presets:
        chosen = [[run for run in runs if (run.preset, run.utility) == (preset, utility)] for utility in utilities]
        cells = [f"{_number(figure.over(of), figure)} ({_number(figure.worst(of), figure)})" for of in chosen]
        laid.add_row(preset, *cells)
    return laid


def _by_cause(title: str, counts: dict[str, dict[str, int]]) -> Table:
    names = _names(name for of in counts.values() for name in of)
    laid = _table(f"{title}, by cause", [name.replace("_", " ") for name in names])
    for preset, of in counts.items():
        laid.add_row(preset, *(f"{of.get(name, 0):,}" for name in names))
    return laid


def _cell(figure: Figure, runs: Sequence[Outcome], utilities: Sequence[str]) -> str:
    """Return the figure over all storms, that of the worst network, and that of the worst storm."""
    networks = [figure.over([run for run in runs if run.utility == utility]) for utility in utilities]
    known = [value for value in networks if value is not None]
    worst = max(known, key=figure.badness, default=None), figure.worst(runs)
    return f"{_number(figure.over(runs), figure)} ({', '.join(_number(value, figure) for value in worst)})"


def _number(value: float | None, figure: Figure) -> str:
    return "-" if value is None else f"{value:,.{figure.digits}f}"


def _names(names: Iterator[str]) -> list[str]:
    return list(dict.fromkeys(names))
