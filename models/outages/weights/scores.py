"""The model file as integers: what each piece of evidence weighs, in units of 1/4096 nat.

Whole numbers add up to the same sum in any order and on any processor, so an answer can be repeated bit for bit.
Weights compare with "the point has had power all the time", which weighs nothing.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from models.evidence.kinds import METER_BITS, OUT_KINDS
from models.network.network import DEVICE_KINDS
from models.times.units import SECOND

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from models.outages.weights.delivery import Delivery
    from models.outages.weights.parameters import Distribution, Parameters

UNITS_PER_NAT: Final = 4096
WHOLE: Final = 1024
"""Rates and shares are counted in this."""
LEVELS: Final = (
    *(0.01, 0.02, 0.04, 0.07, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8),
    *(0.84, 0.88, 0.91, 0.94, 0.96, 0.975, 0.985, 0.99, 0.995, 0.9985),
)
"""Delivery rates for which there are tables."""
HASTY: Final = 0.05
"""Share of the meters that notice a dip of any length, whatever their hold-off."""


class Scores(NamedTuple):
    """Tables of integer weights, read by the compiled loops; times in milliseconds.

    `steps` tables give the times at which the weights change, and a bucket is how many of the steps have passed. What
    silence weighs goes by the level of the delivery rate (`LEVELS`); the last level is for points without a meter.
    """

    device_prior: NDArray[np.int64]
    """By device kind: log of the opening rate over one coherence window."""
    service_prior: int
    out: NDArray[np.int64]
    """[mask of out bits]: what reports of these kinds together weigh where power is lost, if gasps always arrived."""
    level_of: NDArray[np.int64]
    """[0 to 1024] the level of a rate in 1/1024."""
    rate: NDArray[np.int64]
    """[level] log of the rate: what it takes from the weight of a gasp."""
    class_mean: NDArray[np.int64]
    """[delivery class] the rate to begin with, in 1/1024."""
    class_return: NDArray[np.int64]
    """The same of restoration messages."""
    heard: NDArray[np.int64]
    """[bucket of time since the opening] share of the gasps that arrive which are here by now, in 1/1024."""
    heard_back: NDArray[np.int64]
    """[bucket of time since the closing] the same of restoration messages."""
    silent: NDArray[np.int64]
    """[level + 1, bucket of time since the opening]: what the silence of a meter weighs."""
    steps: NDArray[np.int64]
    dip_silent: NDArray[np.int64]
    """[level + 1, bucket of the length, bucket of time]: silence after an interruption that has ended."""
    noticed: NDArray[np.int64]
    """[bucket of the length]: log of the share of meters that notice so short an interruption."""
    dip_steps: NDArray[np.int64]
    return_silent: NDArray[np.int64]
    """[level + 1, bucket of time since the closing]: no restoration message of a meter that has power again."""
    return_steps: NDArray[np.int64]
    false_on: int
    """An "on" of a point without power."""
    relief: NDArray[np.int64]
    """[share of an area that is dark, in 1/64]: so much less a report weighs, since a meter joined to the wrong point
    reports of another one."""
    return_relief: int
    """So much less a false "on" costs among many."""
    returned: int
    """Against power all the time: the meter says that it came back."""
    late_report: int
    """A report that its clock puts outside the wave."""
    stale_report: int
    """A report long after its interruption began."""
    closing_prior: int
    dip_prior: int
    """A reclosing device that opens and closes within `dip_span`."""
    odd_dip_prior: int
    """The same of any other device."""
    tie_prior: int
    """A part with a listed tie is fed over it."""
    unlisted_tie_prior: int
    persistence: int
    """What stands keeps this lead over what would take its place."""
    scada_good: int
    scada_uncertain: int
    scada_trial: int
    """A closed position that may be followed by the next opening of a reclosing sequence."""
    unseen: int
    """An opening of a telemetered device that nobody has reported."""
    mismatch: int
    """A position of another moment than the opening or closing in question."""
    crew_fact: int
    coherence: int
    clock_tolerance: int
    scada_hold: int
    reclaim: int
    """A closed position younger than this is a trial."""
    dip_span: int
    forget: int
    """A report that nothing has explained for so long is forgotten."""


SHARES: Final = 64


def milliseconds(seconds: float) -> int:
    """A span of the model file, as times are counted."""
    return round(seconds * SECOND)


def units(nats: float) -> int:
    """Round nats to whole units."""
    return round(nats * UNITS_PER_NAT)


def units_of(share: float) -> int:
    """The log of a probability, in units."""
    return _log(share)


def _log(probability: float) -> int:
    return units(math.log(probability))


def _share(steps: Distribution, seconds: float) -> float:
    """Value of a step distribution after so many seconds."""
    return max((share for at, share in steps if at <= seconds), default=0.0)


def _all_steps(distributions: Iterable[Distribution]) -> list[float]:
    return sorted({at for distribution in distributions for at, _ in distribution})


def _milliseconds(steps: Sequence[float]) -> NDArray[np.int64]:
    return np.array([milliseconds(step) for step in steps], np.int64)


class _Silence:
    """Chances of being heard, over the mixture of sources, by level of the delivery rate and bucket of time."""

    def __init__(self, parameters: Parameters) -> None:
        self.sources = list(parameters.sources.values())
        self.steps = _all_steps(source.gasp for source in self.sources)
        self.lengths = _all_steps(source.hold_off for source in self.sources)
        self.return_steps = _all_steps(source.restored for source in self.sources)
        window = parameters.coherence_seconds / 3600
        self.false_gasp = min(parameters.false_report.last_gasp * window, 0.5)

    def _noticed(self, length: float) -> list[float]:
        return [max(_share(source.hold_off, length), HASTY) for source in self.sources]

    def _heard(self, seconds: float, length: float = math.inf) -> float:
        """Share of the gasps that arrive which are here so long after a loss of power that lasted for this length."""
        shares = zip(self.sources, self._noticed(length), strict=True)
        return sum(source.share * _share(source.gasp, seconds) * noticed for source, noticed in shares)

    def silent(self, length: float = math.inf) -> NDArray[np.int64]:
        """[level + 1, bucket]: log of (1 - p F) / (1 - eps), the design's section 5."""
        heard = [self._heard(at, length) for at in [-1.0, *self.steps]]
        rows = [[_log((1 - rate * share) / (1 - self.false_gasp)) for share in heard] for rate in LEVELS]
        return np.array([*rows, [0] * len(heard)], np.int64)

    def heard(self) -> NDArray[np.int64]:
        return np.array([round(WHOLE * self._heard(at)) for at in [-1.0, *self.steps]], np.int64)

    def dip_silent(self) -> NDArray[np.int64]:
        return np.stack([self.silent(length) for length in self._lengths()], axis=1)

    def _lengths(self) -> list[float]:
        """The longest interruption of each bucket: what its clock says of a short one is never exact."""
        return [*self.lengths, math.inf]

    def noticed(self) -> NDArray[np.int64]:
        shares = [source.share for source in self.sources]
        return np.array(
            [_log(sum(a * b for a, b in zip(shares, self._noticed(length), strict=True))) for length in self._lengths()]
        )

    def _heard_back(self) -> list[float]:
        return [sum(one.share * _share(one.restored, at) for one in self.sources) for at in [-1.0, *self.return_steps]]

    def heard_back(self) -> NDArray[np.int64]:
        return np.array([round(WHOLE * share) for share in self._heard_back()], np.int64)

    def return_silent(self) -> NDArray[np.int64]:
        """[level + 1, bucket]: log of 1 - p F of restoration messages."""
        rows = [[_log(1 - rate * share) for share in self._heard_back()] for rate in LEVELS]
        return np.array([*rows, [0] * len(rows[0])], np.int64)


def compile_scores(parameters: Parameters, delivery: Delivery) -> Scores:
    """Turn rates into the integer tables, for the delivery classes of one network."""
    silence = _Silence(parameters)
    shares = np.array([source.share for source in parameters.sources.values()])
    return Scores(
        device_prior=np.array([_opening(parameters, kind) for kind in DEVICE_KINDS], np.int64),
        service_prior=_opening(parameters, "service"),
        out=_out(parameters),
        level_of=_levels(),
        rate=np.array([_log(rate) for rate in LEVELS], np.int64),
        class_mean=np.rint(WHOLE * (delivery.rates @ shares)).astype(np.int64),
        class_return=np.rint(WHOLE * delivery.returns).astype(np.int64),
        heard=silence.heard(),
        heard_back=silence.heard_back(),
        silent=silence.silent(),
        steps=_milliseconds(silence.steps),
        dip_silent=silence.dip_silent(),
        noticed=silence.noticed(),
        dip_steps=_milliseconds(silence.lengths),
        return_silent=silence.return_silent(),
        return_steps=_milliseconds(silence.return_steps),
        false_on=_log(parameters.false_on),
        relief=_relief(parameters.wave_relief),
        return_relief=units(parameters.return_relief),
        returned=units(parameters.returned),
        late_report=units(-parameters.late_report),
        stale_report=units(-parameters.stale_report),
        closing_prior=_log(parameters.restoring_probability),
        dip_prior=_log(parameters.dip_probability),
        odd_dip_prior=_log(parameters.odd_dip_probability),
        tie_prior=_log(parameters.tie_probability),
        unlisted_tie_prior=_log(parameters.unlisted_tie_probability),
        persistence=units(parameters.persistence),
        scada_good=units(parameters.scada_good),
        scada_uncertain=units(parameters.scada_uncertain),
        scada_trial=units(parameters.scada_trial),
        unseen=units(parameters.unseen),
        mismatch=units(parameters.mismatch),
        crew_fact=units(parameters.crew_fact),
        coherence=milliseconds(parameters.coherence_seconds),
        clock_tolerance=milliseconds(parameters.clock_tolerance_seconds),
        scada_hold=milliseconds(parameters.scada_hold_seconds),
        reclaim=milliseconds(parameters.reclaim_seconds),
        dip_span=milliseconds(parameters.dip_seconds),
        forget=milliseconds(parameters.unexplained_seconds),
    )


def without_silence(scores: Scores) -> Scores:
    """The tables by which a meter that does not speak is one that cannot."""
    return scores._replace(
        silent=np.zeros_like(scores.silent),
        dip_silent=np.zeros_like(scores.dip_silent),
        return_silent=np.zeros_like(scores.return_silent),
    )


def _opening(parameters: Parameters, kind: str) -> int:
    return _log(min(getattr(parameters.opening, kind) * parameters.coherence_seconds / 3600, 0.5))


def _out(parameters: Parameters) -> NDArray[np.int64]:
    """[mask]: kinds of report are independent given the truth, so their weights add up; gasps as if all arrived."""
    window = parameters.coherence_seconds / 3600
    rate = {"last_gasp": 1.0, **parameters.report.model_dump()}
    false = {kind: min(getattr(parameters.false_report, kind) * window, 0.5) for kind in OUT_KINDS}
    bits = [max(0, _log(rate[kind] / false[kind])) for kind in OUT_KINDS]
    return np.array([_of_mask(bits, mask) for mask in range(1 << len(OUT_KINDS))], np.int64)


def _relief(of_all: float) -> NDArray[np.int64]:
    """By share of the area that is dark: a wrong join makes a false report as often as its right point is dark."""
    return np.array([units(math.log1p(math.expm1(of_all) * share / SHARES)) for share in range(SHARES + 1)], np.int64)


def _levels() -> NDArray[np.int64]:
    """The nearest level of each rate, by its logarithms: 1 - p matters as much as p."""
    found = []
    for share in range(WHOLE + 1):
        rate = min(max(share / WHOLE, LEVELS[0]), LEVELS[-1])
        odds = [abs(math.log(rate / (1 - rate)) - math.log(level / (1 - level))) for level in LEVELS]
        found.append(odds.index(min(odds)))
    return np.array(found, np.int64)


def _of_mask(bits: Sequence[int], mask: int) -> int:
    return sum(bit for i, bit in enumerate(bits) if mask >> i & 1)


def _soft_maximum() -> NDArray[np.int64]:
    """log(1 + exp(-x)) for x in units, until it rounds to nothing."""
    return np.array(
        [round(UNITS_PER_NAT * math.log1p(math.exp(-x / UNITS_PER_NAT))) for x in range(10 * UNITS_PER_NAT)]
    )


SOFT_MAXIMUM: Final = _soft_maximum()
METER_MASK: Final = METER_BITS


def probability(score: int) -> float:
    """The probability of a log score in units, to four decimals."""
    return round(math.exp(min(score, 0) / UNITS_PER_NAT), 4)
