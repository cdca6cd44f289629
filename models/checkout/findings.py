"""Points that do not say what they are taken to say: inverted, dead, swapped, mis-mapped, each with its evidence.

What a point is, is weighed by Bayes' law: how likely what it told is under each of the ways in which it may be wrong,
and how common each is. What is listed is right with the probability `SURE` at least.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import numpy as np

from models.checkout.likelihood import Weighing
from models.checkout.meters import MetersBelow, Verdict
from models.checkout.testimony import CLOSED, NEAR_MS, OPEN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from models.checkout.likelihood import Likelihoods
    from models.checkout.meters import Count
    from models.checkout.testimony import Stay, Told
    from models.network.network import Network

    Floats = NDArray[np.float64]

FindingKind = Literal["inverted", "dead", "swapped", "mis_mapped"]
SURE: Final = 0.9
PRIOR: Final = 0.01
"""How often a point is inverted; is dead; is swapped with another; speaks of another, or of none that is known."""
ROUNDS: Final = 4
"""So often rates are counted anew, from the points that are right by those before."""
DEAD_MOVES: Final = 0.02
"""How likely each change is that a point tells which is dead."""


class Happening(NamedTuple):
    """One piece of evidence."""

    at: int
    """Milliseconds."""
    told: str
    """What the point said; `nothing` where it was silent."""
    meters: str
    """What the meters say: `went out`, `came back`, `stayed on`, `had power` (as they lost it later), or of whom."""
    metered: Count


class Finding(NamedTuple):
    """A point that is wrong."""

    kind: FindingKind
    device: int
    """Position in the network of the device that the point is taken for."""
    other: int | None
    """The device that it speaks of instead."""
    probability: float
    """That it is wrong in this way."""
    agreed: int
    """Times that it agreed with the meters of its device."""
    evidence: list[Happening]


class Checkout(NamedTuple):
    """What was found, and of how many points something could be said."""

    findings: list[Finding]
    agreed: int
    """Points that agreed with the meters and are not listed."""
    unseen: int
    """Points of which the meters could not judge anything: nothing moved, or too few meters are below."""


class _Cause(NamedTuple):
    """A way in which a point may be wrong, and how probable it is."""

    probability: float
    kind: FindingKind
    other: int | None
    """Place of the other device."""


def check_points(network: Network, meters: MetersBelow, told: Mapping[int, Told]) -> Checkout:
    """Compare what each telemetered device told with the meters below it."""
    devices = sorted({*np.flatnonzero(network.telemetered).tolist(), *told})
    weighing = Weighing(network, devices, meters, told)
    silent = np.array([device not in told for device in devices], bool)
    right = np.ones(len(devices))
    for _ in range(ROUNDS):
        found = weighing.weigh(right)
        weights = _weights(found, silent)
        right = np.exp(weights[:, 0] - np.logaddexp.reduce(weights, axis=1))
    evidence = _Evidence(meters, devices, told)
    findings, agreed = [], 0
    for place, device in enumerate(devices):
        cause = _most_probable(place, weights, found)
        if cause is not None and (happenings := list(evidence.of(place, cause))):
            other = None if cause.other is None else devices[cause.other]
            findings.append(Finding(cause.kind, device, other, cause.probability, evidence.agreed(device), happenings))
        else:
            agreed += evidence.agreed(device) > 0
    return Checkout(findings, agreed, len(devices) - agreed - len(findings))


def _weights(found: Likelihoods, silent: NDArray[np.bool_]) -> Floats:
    """Weigh for each point, as logarithms: right, inverted, dead, of nobody known, and of each other device."""
    some = len(silent)
    own, prior, each = np.diag(found.speaks_of), np.log(PRIOR), np.log(PRIOR / max(some - 1, 1))
    alive = np.where(silent, np.log((silent.sum() - silent + 1) / (some + 1)), 0.0)
    dead = prior + found.moves * np.log(DEAD_MOVES) - alive
    others = each + found.speaks_of
    np.fill_diagonal(others, -np.inf)
    return np.column_stack([own, own + prior + found.inverted, dead, np.where(found.moves > 0, prior, -np.inf), others])


def _most_probable(place: int, weights: Floats, found: Likelihoods) -> _Cause | None:
    """Give the most probable of the ways in which a point may be wrong, if it is sure enough.

    A swap stands against all that the other point may be by itself.
    """
    alone = np.logaddexp.reduce(weights, axis=1)
    swapped = weights[place, 4:] + found.speaks_of[:, place] - alone
    mis_mapped = weights[place, 4:]
    both = np.concatenate([weights[place, :4], swapped, mis_mapped])
    probabilities = np.exp(both - np.logaddexp.reduce(both))
    others = probabilities[4:].reshape(2, -1)
    other = int(np.argmax(others.sum(axis=0)))
    kind: FindingKind = "swapped" if others[0, other] >= others[1, other] else "mis_mapped"
    causes = [
        _Cause(float(probabilities[1]), "inverted", None),
        _Cause(float(probabilities[2]), "dead", None),
        _Cause(float(probabilities[3]), "mis_mapped", None),
        _Cause(float(others[:, other].sum()), kind, other),
    ]
    best = max(causes, key=lambda cause: cause.probability)
    return best if best.probability >= SURE else None


class _Evidence:
    """What people are shown."""

    def __init__(self, meters: MetersBelow, devices: Sequence[int], told: Mapping[int, Told]) -> None:
        self._meters, self._devices, self._told = meters, devices, told

    def agreed(self, device: int) -> int:
        """Count the times that a point agreed with the meters of its device."""
        return sum(self._verdict(device, stay) <= Verdict.FURTHER_UP for stay in self._stays(device))

    def of(self, place: int, cause: _Cause) -> Iterator[Happening]:
        """Show what speaks for a cause."""
        device = self._devices[place]
        if cause.kind == "inverted":
            yield from self._opposite(device)
        elif cause.kind == "dead":
            yield from self._untold(device)
        elif cause.other is None:
            yield from self._denied(device)
        else:
            yield from self._astray(device, self._devices[cause.other])

    def _stays(self, device: int) -> Sequence[Stay]:
        return self._told[device].stays if device in self._told else ()

    def _verdict(self, device: int, stay: Stay) -> Verdict:
        at = np.array([stay.begin])
        say = self._meters.openings if stay.position == OPEN else self._meters.closings
        return Verdict(int(say(device, at)[0]))

    def _opposite(self, device: int) -> Iterator[Happening]:
        for stay in self._stays(device):
            if self._verdict(device, stay) is Verdict.OPPOSITE:
                yield self._happening(stay, device, went=stay.position == CLOSED)
            elif stay.position == OPEN:
                lived = self._meters.lived(device, np.array([stay.begin]), np.array([stay.end]))
                if lived.some[0]:
                    yield Happening(stay.begin, "open", "had power", lived.at(0))

    def _denied(self, device: int) -> Iterator[Happening]:
        for stay in self._stays(device):
            if stay.position == OPEN and self._verdict(device, stay) is Verdict.NOTHING:
                yield self._happening(stay, device, went=True)._replace(meters="stayed on")

    def _astray(self, device: int, other: int) -> Iterator[Happening]:
        yield from self._denied(device)
        for stay in self._stays(device):
            if self._verdict(other, stay) <= Verdict.ABOUT_THEN:
                one = self._happening(stay, other, went=stay.position == OPEN)
                yield one._replace(meters=f"of it {one.meters}")

    def _untold(self, device: int) -> Iterator[Happening]:
        times = np.array([stay.begin for stay in self._stays(device)], np.int64)
        for episode in self._meters.episodes(device):
            if not np.any(np.abs(times - episode.begin) <= NEAR_MS):
                yield Happening(episode.begin, "nothing", "went out", episode.meters)

    def _happening(self, stay: Stay, device: int, *, went: bool) -> Happening:
        at = np.array([stay.begin])
        count = (self._meters.went if went else self._meters.came)(device, at).at(0)
        return Happening(
            stay.begin, "open" if stay.position == OPEN else "closed", "went out" if went else "came back", count
        )
