"""Messages that come more than once, by three ways in which they do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from simulator.chance import chance
from simulator.days.loss import HOUR_MS
from simulator.telemetry.fleet import milliseconds
from simulator.telemetry.reports import joined

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from simulator.telemetry.reports import Reports

_MOST: Final = 10
_APART_SECONDS: Final = (1, 60)
_BESIDE_SECONDS: Final = (0.2, 8)
_ESTIMATE_SECONDS: Final = (-1.5, 1.5)
_FLUSH_SECONDS: Final = (120, 1800)


def copies(
    seed: int, family: str, share: float, reports: Reports, collector: NDArray[np.int32], *, clocks_off: bool
) -> Reports:
    """Draw the copies of messages, about a share of them; `clocks_off` lets neighbours estimate the time anew."""
    lots = chance(seed, "copies of the day")
    if family == "repeats":
        return _repeats(lots, share, reports)
    if family == "neighbours":
        return _neighbours(lots, share, reports, clocks_off=clocks_off)
    return _flushed(lots, share, reports, collector)


def _repeats(lots: Generator, share: float, reports: Reports) -> Reports:
    """Let the meter repeat itself, now and then up to ten times (Itron/Elster: repeaters drop most of these)."""
    times = np.minimum(lots.geometric(1 / (1 + share), len(reports)) - 1, _MOST)
    again = reports.take(np.repeat(np.arange(len(reports)), times))
    return _later(lots, again, _APART_SECONDS)


def _neighbours(lots: Generator, share: float, reports: Reports, *, clocks_off: bool) -> Reports:
    """Let several neighbours pass a message on, each with its own estimate of the time (Landis+Gyr)."""
    passed = reports.take(lots.random(len(reports)) < share / 2)
    many = joined([_later(lots, passed, _BESIDE_SECONDS) for _ in range(2)])
    if not clocks_off:
        return many
    return replace(many, observed_at=many.observed_at + milliseconds(lots.uniform(*_ESTIMATE_SECONDS, len(many))))


def _flushed(lots: Generator, share: float, reports: Reports, collector: NDArray[np.int32]) -> Reports:
    """Let a collector send all that it has of an hour once more, minutes later: nobody had acknowledged it."""
    if not len(reports):
        return reports
    hour = (reports.received_at - reports.received_at.min()) // HOUR_MS
    batch, member = np.unique(collector[reports.point] * np.int64(1 << 20) + hour, return_inverse=True)
    again = lots.random(len(batch)) < share
    after = milliseconds(lots.uniform(*_FLUSH_SECONDS, len(batch)))
    sent = reports.take(again[member])
    return replace(sent, received_at=sent.received_at + after[member][again[member]])


def _later(lots: Generator, reports: Reports, seconds: tuple[float, float]) -> Reports:
    return replace(reports, received_at=reports.received_at + milliseconds(lots.uniform(*seconds, len(reports))))
