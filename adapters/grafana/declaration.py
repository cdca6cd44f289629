"""What a dashboard is before it is written as Grafana reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Unit = Literal["short", "s", "bytes", "percentunit", "cps", "d", "bool_yes_no"]
"""Of Grafana's own names."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture: what each line is, and which runbook says what to do about it."""

    title: str
    description: str
    unit: Unit
    runbook: str
    """Name of an alert."""
    lines: tuple[tuple[str, str], ...]
    """Expression, and how its series are named (`{{label}}` stands for a label)."""
    single: bool = False
    """A number in place of a curve."""


@dataclass(frozen=True, slots=True)
class Variable:
    """What a reader of the dashboard can choose: values of a label of a metric."""

    name: str
    metric: str
    label: str


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Panels for one kind of reader."""

    name: str
    title: str
    panels: tuple[Panel, ...]
    variables: tuple[Variable, ...] = ()
