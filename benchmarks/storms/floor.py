"""Stored figures, and whether new ones fall below them by more than the spread that is stored with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks.storms.figures import CAUSES, FIGURES, causes
from models.outages.rules_version import RULES
from simulator.scoring.score import VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.storms.figures import Figure
    from benchmarks.storms.storm import Outcome

STORED: Final = Path(__file__).parent / "quick.json"
_SLACK: Final = 1e-6
"""Figures are stored to so many places."""


def stored_form(runs: Sequence[Outcome]) -> dict[str, Any]:
    """Return figure and spread by preset, as they are stored."""
    presets = list(dict.fromkeys(run.preset for run in runs))
    by_preset = {preset: [run for run in runs if run.preset == preset] for preset in presets}
    return {
        "score_version": VERSION,
        "presets": {
            preset: {
                figure.name: {"value": _rounded(figure.over(of)), "spread": _rounded(figure.spread(of))}
                for figure in FIGURES
            }
            for preset, of in by_preset.items()
        },
    }


def full_form(runs: Sequence[Outcome]) -> dict[str, Any]:
    """Return the same with the worst storm, and everything by network as well."""
    networks = list(dict.fromkeys(run.utility for run in runs))
    return {
        **stored_form(runs),
        "rules": RULES,
        "storms": len(runs),
        "networks": {network: _by_preset([run for run in runs if run.utility == network]) for network in networks},
    }


def full_text(runs: Sequence[Outcome]) -> str:
    """Return the same as text, with the figures and causes of a network and preset on one line each."""
    whole = full_form(runs)
    parts: list[str] = []
    for network in whole["networks"].values():
        for preset in network.values():
            for name in ("figures", "causes"):
                parts.append(json.dumps(preset[name]))
                preset[name] = f"part {len(parts) - 1}"
    text = json.dumps(whole, indent=1)
    for number, part in enumerate(parts):
        text = text.replace(f'"part {number}"', part, 1)
    return text + "\n"


def _by_preset(runs: Sequence[Outcome]) -> dict[str, Any]:
    by_preset = {
        preset: [run for run in runs if run.preset == preset] for preset in dict.fromkeys(r.preset for r in runs)
    }
    return {
        preset: {
            "storms": len(of),
            "figures": {figure.name: [_rounded(figure.over(of)), _rounded(figure.worst(of))] for figure in FIGURES},
            "causes": {name: causes(of, path) for name, path in CAUSES.items()},
        }
        for preset, of in by_preset.items()
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def store(runs: Sequence[Outcome], path: Path = STORED) -> None:
    """Write the figures down."""
    path.write_text(json.dumps(stored_form(runs), indent=1) + "\n", encoding="utf-8")


def fallen(runs: Sequence[Outcome], path: Path = STORED) -> list[str]:
    """Return a line for each figure that is worse than what is stored by more than its spread."""
    before, now = json.loads(path.read_text(encoding="utf-8")), stored_form(runs)
    if before["score_version"] != now["score_version"]:
        return [f"{path} is of score version {before['score_version']}, not {VERSION}; store it anew with --store"]
    return [
        f"{preset}: {figure.name} is {new}, was {old['value']} give or take {old['spread']}"
        for preset, figures in now["presets"].items()
        for figure in FIGURES
        if figure.held
        and _is_worse(figure, new := figures[figure.name]["value"], old := before["presets"][preset][figure.name])
    ]


def _is_worse(figure: Figure, new: float | None, old: dict[str, float | None]) -> bool:
    value, spread = old["value"], old["spread"] or 0.0
    if new is None or value is None:
        return (new is None) != (value is None)
    return figure.badness(new) - figure.badness(value) > spread + _SLACK
