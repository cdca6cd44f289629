"""The tables: all figures by preset, device F1 by network, and what went wrong by cause."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from benchmarks.storms.figures import CAUSES, FIGURES, Figure, causes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.storms.storm import Outcome


def tables(runs: Sequence[Outcome]) -> Iterator[Table]:
    """Lay everything out."""
    presets, utilities = _names(run.preset for run in runs), _names(run.utility for run in runs)
    by_preset = {preset: [run for run in runs if run.preset == preset] for preset in presets}
    laid = Table(title=f"{len(runs)} storms over {', '.join(utilities)}: mean (worst storm)", title_justify="left")
    laid.add_column("")
    for preset in presets:
        laid.add_column(preset, justify="right")
    for figure in FIGURES:
        laid.add_row(figure.name, *(_cell(figure, by_preset[preset]) for preset in presets))
    yield laid
    yield _by_utility(runs, presets, utilities)
    for title, path in CAUSES.items():
        yield _by_cause(title, {preset: causes(by_preset[preset], path) for preset in presets})


def _by_utility(runs: Sequence[Outcome], presets: list[str], utilities: list[str]) -> Table:
    figure = FIGURES[0]
    laid = Table(title=f"{figure.name} by network", title_justify="left")
    laid.add_column("")
    for utility in utilities:
        laid.add_column(utility, justify="right")
    for preset in presets:
        chosen = [[run for run in runs if (run.preset, run.utility) == (preset, utility)] for utility in utilities]
        laid.add_row(preset, *(_cell(figure, of) for of in chosen))
    return laid


def _by_cause(title: str, counts: dict[str, dict[str, int]]) -> Table:
    laid = Table(title=f"{title}, by cause", title_justify="left")
    laid.add_column("")
    names = _names(name for of in counts.values() for name in of)
    for name in names:
        laid.add_column(name.replace("_", " "), justify="right")
    for preset, of in counts.items():
        laid.add_row(preset, *(f"{of[name]:,}" for name in names))
    return laid


def _cell(figure: Figure, runs: Sequence[Outcome]) -> str:
    return f"{_number(figure.over(runs), figure)} ({_number(figure.worst(runs), figure)})"


def _number(value: float | None, figure: Figure) -> str:
    return "-" if value is None else f"{value:,.{figure.digits}f}"


def _names(names: Iterator[str]) -> list[str]:
    return list(dict.fromkeys(names))
