"""The model file as integers: what each piece of evidence weighs, in units of 1/4096 nat.

Whole numbers add up to the same sum in any order and on any processor, so an answer can be repeated bit for bit.
A weight compares "it is out" with "it has power"; zero says nothing, plus speaks for the outage.
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
HASTY: Final = 0.05
"""Share of the meters that notice a dip of any length, whatever their hold-off."""


class Scores(NamedTuple):
    """Tables of integer weights, read by the compiled kernels; times in milliseconds.

    K delivery classes and one more, the last, for points without a meter; `steps` tables give the times at which the
    weights change, and a bucket is how many of the steps have passed.
    """

    device_prior: NDArray[np.int64]
    """By device kind: log of the opening rate over one coherence window."""
    service_prior: int
    out: NDArray[np.int64]
    """[K + 1, mask of out bits]: what reports of these kinds together weigh."""
    silent: NDArray[np.int64]
    """[K + 1, bucket of time since the opening]: what the silence of a meter weighs."""
    steps: NDArray[np.int64]
    echo_out: NDArray[np.int64]
    """[bucket of the dip's length, bucket of the report's delay]: a gasp that a short interruption explains as well."""
    echo_silent: NDArray[np.int64]
    """[K + 1, bucket of the dip's length, bucket of time]: silence after a short interruption."""
    echo_steps: NDArray[np.int64]
    said_on: int
    """A point that has said "on" since the opening."""
    restored_on: int
    """After a close-in: an "on", for "it has power"."""
    restored_silent: NDArray[np.int64]
    """[bucket of time since the close-in]: silence, for "it has power" (negative)."""
    restored_steps: NDArray[np.int64]
    restoring_prior: int
    nested_prior: int
    scada_good: int
    scada_uncertain: int
    crew_fact: int
    clear_lead: int
    coherence: int
    clock_tolerance: int
    scada_hold: int


def units(nats: float) -> int:
    """Round nats to whole units."""
    return round(nats * UNITS_PER_NAT)


def _log(probability: float) -> int:
    return units(math.log(probability))


def _share(steps: Distribution, seconds: float) -> float:
    """Value of a step distribution after so many seconds."""
    return max((share for at, share in steps if at <= seconds), default=0.0)


def _all_steps(distributions: Iterable[Distribution]) -> list[float]:
    return sorted({at for distribution in distributions for at, _ in distribution})


def _milliseconds(steps: Sequence[float]) -> NDArray[np.int64]:
    return np.array([round(step * SECOND) for step in steps], np.int64)


class _Silence:
    """Chances of being heard, over the mixture of sources, by delivery class and bucket of time."""

    def __init__(self, parameters: Parameters, delivery: Delivery) -> None:
        self.sources = list(parameters.sources.values())
        self.rates = delivery.rates
        self.steps = _all_steps(source.gasp for source in self.sources)
        self.dips = _all_steps(source.hold_off for source in self.sources)
        window = parameters.coherence_seconds / 3600
        self.false_gasp = min(parameters.false_report.last_gasp * window, 0.5)
        times, dips = [*self._times(), math.inf], self._lengths()
        self.arrived = {at: [_share(source.gasp, at) for source in self.sources] for at in times}
        self.noticed = {dip: [max(_share(source.hold_off, dip), HASTY) for source in self.sources] for dip in dips}

    def _times(self) -> list[float]:
        return [-1.0, *self.steps]

    def _lengths(self) -> list[float]:
        """The longest dip of each bucket: what its clock says of a short dip is never exact."""
        return [*self.dips, math.inf]

    def heard(self, rates: Sequence[float], seconds: float, dip: float = math.inf) -> float:
        """Chance that a point has been heard so long after its loss of power, if a dip of that length was the cause."""
        shares = zip(self.sources, rates, self.arrived[seconds], self.noticed[dip], strict=True)
        return sum(source.share * rate * arrived * noticed for source, rate, arrived, noticed in shares)

    def silent(self) -> NDArray[np.int64]:
        """[K + 1, bucket]: log of (1 - p F) / (1 - eps), the design's section 5."""
        rows = [
            [_log((1 - self.heard(rates, at)) / (1 - self.false_gasp)) for at in self._times()] for rates in self.rates
        ]
        return np.array([*rows, [0] * len(self._times())], np.int64)

    def echo_silent(self) -> NDArray[np.int64]:
        rows = [
            [
                [_log((1 - self.heard(rates, at)) / (1 - self.heard(rates, at, dip))) for at in self._times()]
                for dip in self._lengths()
            ]
            for rates in self.rates
        ]
        return np.array([*rows, np.zeros_like(rows[0])], np.int64)

    def echo_out(self) -> NDArray[np.int64]:
        """How much likelier a gasp of that delay is after a lasting loss than after the dip; never below nothing."""
        mean = [float(rate) for rate in self.rates.mean(axis=0)]
        return np.array(
            [[self._echo(mean, dip, delay) for delay in self._delays()] for dip in self._lengths()], np.int64
        )

    def _delays(self) -> list[tuple[float, float]]:
        edges = [-1.0, *self.steps, math.inf]
        return [(edges[i], edges[i + 1]) for i in range(len(edges) - 1)]

    def _echo(self, rates: Sequence[float], dip: float, delay: tuple[float, float]) -> int:
        first, last = delay
        lasting = self.heard(rates, last) - self.heard(rates, first)
        after_dip = self.heard(rates, last, dip) - self.heard(rates, first, dip)
        if lasting <= 0:
            return 0
        return max(0, _log(lasting / (after_dip + self.false_gasp)))


def compile_scores(parameters: Parameters, delivery: Delivery) -> Scores:
    """Turn rates into the integer tables, for the delivery classes of one network."""
    silence = _Silence(parameters, delivery)
    restored_steps = _all_steps(source.restored for source in parameters.sources.values())
    return Scores(
        device_prior=np.array([_opening(parameters, kind) for kind in DEVICE_KINDS], np.int64),
        service_prior=_opening(parameters, "service"),
        out=_out(parameters, delivery),
        silent=silence.silent(),
        steps=_milliseconds(silence.steps),
        echo_out=silence.echo_out(),
        echo_silent=silence.echo_silent(),
        echo_steps=_milliseconds(silence.dips),
        said_on=_log(parameters.false_on),
        restored_on=_log(parameters.restoration_delivery / parameters.false_on),
        restored_silent=_restored_silent(parameters, restored_steps),
        restored_steps=_milliseconds(restored_steps),
        restoring_prior=_log(parameters.restoring_probability),
        nested_prior=_log(parameters.nested_probability),
        scada_good=units(parameters.scada_good),
        scada_uncertain=units(parameters.scada_uncertain),
        crew_fact=units(parameters.crew_fact),
        clear_lead=units(parameters.clear_lead),
        coherence=round(parameters.coherence_seconds * SECOND),
        clock_tolerance=round(parameters.clock_tolerance_seconds * SECOND),
        scada_hold=round(parameters.scada_hold_seconds * SECOND),
    )


def without_silence(scores: Scores) -> Scores:
    """The tables by which a meter that does not speak is one that cannot."""
    return scores._replace(
        silent=np.zeros_like(scores.silent),
        echo_silent=np.zeros_like(scores.echo_silent),
        restored_silent=np.zeros_like(scores.restored_silent),
    )


def _opening(parameters: Parameters, kind: str) -> int:
    return _log(min(getattr(parameters.opening, kind) * parameters.coherence_seconds / 3600, 0.5))


def _out(parameters: Parameters, delivery: Delivery) -> NDArray[np.int64]:
    """[K + 1, mask]: kinds of report are independent given the truth, so their weights add up."""
    window = parameters.coherence_seconds / 3600
    shares = np.array([source.share for source in parameters.sources.values()])
    rows = []
    for gasp in [*(delivery.rates @ shares), parameters.delivery]:
        said = {"last_gasp": float(gasp), **parameters.report.model_dump()}
        false = {kind: min(getattr(parameters.false_report, kind) * window, 0.5) for kind in OUT_KINDS}
        bits = [max(0, _log(said[kind] / false[kind])) for kind in OUT_KINDS]
        rows.append([_of_mask(bits, mask) for mask in range(1 << len(OUT_KINDS))])
    return np.array(rows, np.int64)


def _of_mask(bits: Sequence[int], mask: int) -> int:
    return sum(bit for i, bit in enumerate(bits) if mask >> i & 1)


def _restored_silent(parameters: Parameters, steps: Sequence[float]) -> NDArray[np.int64]:
    rate = parameters.restoration_delivery
    heard = [
        sum(source.share * rate * _share(source.restored, at) for source in parameters.sources.values())
        for at in [-1.0, *steps]
    ]
    return np.array([_log(1 - share) for share in heard], np.int64)


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
