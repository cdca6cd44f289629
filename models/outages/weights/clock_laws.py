"""How old a message may be, as integer tables: what the age says for its sender's clock, or against it.

The age is `received_at - observed_at`. A last gasp is seconds old when the head-end has it, minutes at the most; a
message that is an hour and some seconds old comes from a clock that is an hour off (daylight saving), one that is
twenty years old from a clock that was reset. Four histories explain an age: the clock is right (within its tolerance)
and the message prompt, or right and the message late; the clock is an hour off; the clock says nothing.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from models.evidence.kinds import EVIDENCE_KINDS
from models.evidence.sources import source_number
from models.outages.weights.scores import units
from models.times.units import SECOND

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from models.outages.weights.parameters import Distribution, MeterSource, Parameters

LAW_OF_KIND: Final = {"last_gasp": "gasp", "power_restored": "restored"}
"""Kinds of report whose delay the model file knows, and the table of a source that has it."""
IMPOSSIBLE: Final = -(1 << 40)
CENTURY_SECONDS: Final = 100 * 365.25 * 86_400
"""A clock that says nothing may say any time within a century."""


class ClockLaws(NamedTuple):
    """Tables that compiled code reads; L laws: one a source, and the last for sources that the model does not name."""

    source: NDArray[np.int64]
    """[L - 1] numbers of the sources, ascending."""
    kind: NDArray[np.int64]
    """[kind]: row of the law below within those of a source; -1 for kinds of which only the bounds are known."""
    prompt: NDArray[np.int64]
    """[L, 2, seconds]: log density of an age, in units, from `-tolerance` on."""
    typical: NDArray[np.int64]
    """[L, 2]: median age, milliseconds."""
    tolerance: int
    """Milliseconds that a right clock may be ahead."""
    late: int
    """Log density of any age up to `latest`."""
    latest: int
    """Milliseconds."""
    hour_off: int
    """Log prior of a clock that is an hour off, in one of both directions."""
    wrong: int
    """Log density of any age under a clock that says nothing."""


def compile_clock_laws(parameters: Parameters) -> ClockLaws:
    """Turn the model file's delays and errors of clocks into tables."""
    clock, tolerance = parameters.clock, round(parameters.clock_tolerance_seconds)
    named = sorted(parameters.sources.items(), key=lambda item: source_number(item[0]))
    sources = [[source] for _, source in named] + [list(parameters.sources.values())]
    laws = [[_law(some, field, tolerance) for field in LAW_OF_KIND.values()] for some in sources]
    longest = max(len(law) for of_source in laws for law in of_source)
    prompt = [[_pad(_log_density(law, 1 - clock.late), longest) for law in of_source] for of_source in laws]
    fields = list(LAW_OF_KIND)
    return ClockLaws(
        source=np.array([source_number(name) for name, _ in named], np.int64),
        kind=np.array([fields.index(kind) if kind in fields else -1 for kind in EVIDENCE_KINDS], np.int64),
        prompt=np.array(prompt, np.int64),
        typical=np.array([[_median(law, tolerance) for law in of_source] for of_source in laws], np.int64),
        tolerance=tolerance * SECOND,
        late=units(math.log(clock.late / clock.latest_seconds)),
        latest=round(clock.latest_seconds * SECOND),
        hour_off=units(math.log(clock.hour_off / 2)),
        wrong=units(math.log(clock.wrong / CENTURY_SECONDS)),
    )


def _law(sources: Sequence[MeterSource], field: str, tolerance: int) -> NDArray[np.float64]:
    """Density of the age by second from `-tolerance` on, of a mixture of sources, spread by the clocks' tolerance."""
    steps = [(source.share, getattr(source, field)) for source in sources]
    length = 1 + math.ceil(max(at for _, distribution in steps for at, _ in distribution))
    density = np.zeros(length)
    for share, distribution in steps:
        density += share * _density(distribution, length)
    kernel = np.full(2 * tolerance + 1, 1 / (2 * tolerance + 1))
    return np.asarray(np.convolve(density / density.sum(), kernel))


def _density(distribution: Distribution, length: int) -> NDArray[np.float64]:
    """Density by second, even between two steps and from 0 to the first."""
    times, shares = ([0.0, *column] for column in zip(*distribution, strict=True))
    return np.diff(np.interp(np.arange(length + 1), times, shares))


def _log_density(law: NDArray[np.float64], share: float) -> list[int]:
    return [units(math.log(share * density)) if density > 0 else IMPOSSIBLE for density in law.tolist()]


def _pad(law: list[int], length: int) -> list[int]:
    return law + [IMPOSSIBLE] * (length - len(law))


def _median(law: NDArray[np.float64], tolerance: int) -> int:
    return SECOND * max(0, int(np.searchsorted(np.cumsum(law), law.sum() / 2)) - tolerance)
