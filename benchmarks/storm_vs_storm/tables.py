"""The figures as Markdown: hour by hour, and of the whole storm for each assumption."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.storm_vs_storm.play import CHANNELS
from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from benchmarks.storm_vs_storm.course import Course
    from benchmarks.storm_vs_storm.play import Look

QUIET = 500
"""Customers out below which hours are not shown any more."""


def hours(course: Course, worlds: Mapping[str, Sequence[Look]]) -> Iterator[str]:
    """A row for each hour and world: means over the hour's minutes, and the most where it says so."""
    columns = [f"{name}: customers behind (for)" for name in CHANNELS]
    yield row("hour", "", "customers out", *columns, "two channels differ on power; most", "on anything; most",
              "without answer, %", "asked of the engine a second; most")  # fmt: skip
    yield row(*["---"] * 10)
    looks = next(iter(worlds.values()))
    for begin in range(0, len(looks), 60):
        if max(look.out for look in looks[begin : begin + 60]) < QUIET:
            break
        for name, lived in worlds.items():
            hour = lived[begin : begin + 60]
            yield row(
                format_time(course.begin + begin * 60_000)[11:16], name, _whole(_mean(hour, lambda one: one.out)),
                *(_behind(hour, channel) for channel in CHANNELS),
                _both(hour, lambda one: one.power_differs), _both(hour, lambda one: one.content_differs),
                _unanswered(hour), _both(hour, lambda one: one.load),
            )  # fmt: skip


def whole(worlds: Mapping[str, Sequence[Look]]) -> Iterator[str]:
    """A row for each world: customer-hours of the whole storm."""
    columns = [f"{name} behind, customer-h (for)" for name in CHANNELS]
    yield row("", *columns, "two differ on power, customer-h; most", "on anything", "without answer, %",
              "asked of the engine a second, at most")  # fmt: skip
    yield row(*["---"] * 9)
    for name, looks in worlds.items():
        yield row(
            name,
            *(f"{_hours(looks, _of(channel))} ({_age(looks, channel)})" for channel in CHANNELS),
            f"{_hours(looks, lambda one: one.power_differs)}; {_whole(max(one.power_differs for one in looks))}",
            _hours(looks, lambda one: one.content_differs), _unanswered(looks), _whole(max(one.load for one in looks)),
        )  # fmt: skip


def row(*cells: str) -> str:
    """Lay out a row."""
    return f"| {' | '.join(cells)} |"


def _of(channel: str) -> Callable[[Look], float]:
    return lambda one: one.behind[channel]


def _mean(looks: Sequence[Look], figure: Callable[[Look], float]) -> float:
    return sum(map(figure, looks)) / len(looks)


def _both(looks: Sequence[Look], figure: Callable[[Look], float]) -> str:
    return f"{_whole(_mean(looks, figure))}; {_whole(max(map(figure, looks)))}"


def _behind(looks: Sequence[Look], channel: str) -> str:
    return f"{_whole(_mean(looks, _of(channel)))} ({_age(looks, channel)})"


def _age(looks: Sequence[Look], channel: str) -> str:
    """For how long, in the mean over all who are behind."""
    behind = sum(one.behind[channel] for one in looks)
    if not behind:
        return "-"
    seconds = sum(one.behind[channel] * one.age[channel] for one in looks) / behind
    return f"{seconds:.0f} s" if seconds < 60 else f"{seconds / 60:.0f} min"


def _unanswered(looks: Sequence[Look]) -> str:
    asked = sum(one.asked for one in looks)
    return f"{sum(one.asked * one.unanswered for one in looks) / asked * 100:.1f}"


def _hours(looks: Sequence[Look], figure: Callable[[Look], float]) -> str:
    return _whole(sum(map(figure, looks)) / 60)


def _whole(number: float) -> str:
    return f"{number:,.0f}"
