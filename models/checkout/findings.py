"""Points that do not say what they are taken to say: inverted, dead, swapped, mis-mapped, each with its evidence.

A single coincidence decides nothing: what a device told must disagree with the meters at both ends of a stay, or more
than once, and hardly ever agree.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import numpy as np

from models.checkout.meters import MetersBelow
from models.checkout.testimony import CLOSED, NEAR_MS, NEVER, OPEN
from models.network.network import DEVICE_KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from models.checkout.meters import Count, Episode
    from models.checkout.testimony import Interruptions, Stay, Told
    from models.network.network import Network

FindingKind = Literal["inverted", "dead", "swapped", "mis_mapped"]
DENIALS: Final = 3
"""So often a point that speaks of nothing known is denied: telemetry that lies now and then is denied less often."""
ENOUGH: Final = 2
"""So many times that something was seen: a message may be lost, a fuse may open beside a breaker."""


_TRIPPING: Final = [
    DEVICE_KINDS.index(kind) for kind in ("breaker", "recloser", "sectionalizer", "fuse", "transformer")
]


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


class _Device(NamedTuple):
    """All that was seen of one device."""

    device: int
    told: bool
    agreed: list[Happening]
    inverted: list[Happening]
    denied: list[tuple[Stay, Happening]]
    """Stays told as open while the meters stayed on."""
    silent: list[Episode]
    """By the meters it opened, and it told nothing of that."""


def check_points(network: Network, interruptions: Interruptions, told: Mapping[int, Told]) -> Checkout:
    """Compare what each telemetered device told with the meters below it."""
    meters = MetersBelow(network, interruptions)
    devices = sorted({*np.flatnonzero(network.telemetered).tolist(), *told})
    seen = {device: _look(meters, device, told.get(device)) for device in devices}
    findings = [*_inverted(seen.values()), *_astray(seen)]
    listed = {finding.device for finding in findings}
    named = listed | {finding.other for finding in findings}
    findings += [finding for finding in _dead(network, seen.values()) if finding.device not in named]
    listed |= {finding.device for finding in findings}
    agreed = sum(bool(one.agreed) for one in seen.values() if one.device not in listed)
    return Checkout(sorted(findings), agreed, len(seen) - agreed - len(listed))


def _look(meters: MetersBelow, device: int, told: Told | None) -> _Device:
    agreed: list[Happening] = []
    inverted: list[Happening] = []
    denied: list[tuple[Stay, Happening]] = []
    for stay in told.stays if told is not None else ():
        went, came = meters.went(device, stay.begin), meters.came(device, stay.begin)
        says = "open" if stay.position == OPEN else "closed"
        if went.most and not came.most:
            (agreed if stay.position == OPEN else inverted).append(Happening(stay.begin, says, "went out", went))
        elif came.most and not went.most:
            (agreed if stay.position == CLOSED else inverted).append(Happening(stay.begin, says, "came back", came))
        elif stay.position == OPEN and went.few:
            denied.append((stay, Happening(stay.begin, says, "stayed on", went)))
            if (lived := meters.lived(device, stay.begin, stay.end)).some:
                inverted.append(Happening(stay.begin, says, "had power", lived))
    times = told.times if told is not None else np.zeros(0, np.int64)
    silent = [one for one in meters.episodes(device) if not (_near(times, one.begin) or _near(times, one.end))]
    return _Device(device, bool(len(times)), agreed, inverted, denied, silent)


def _near(times: Iterable[int], at: int) -> bool:
    return bool(np.any(np.abs(np.asarray(times) - at) <= NEAR_MS))


def _inverted(seen: Iterable[_Device]) -> Iterator[Finding]:
    for one in seen:
        # A switch that parts a fault off is opened as a tie brings power back: that alone turns nothing round.
        lost = any(each.meters == "went out" for each in one.inverted)
        if lost and len(one.inverted) >= ENOUGH and len(one.inverted) > 3 * len(one.agreed):
            yield Finding("inverted", one.device, None, len(one.agreed), one.inverted)


def _astray(seen: Mapping[int, _Device]) -> Iterator[Finding]:
    """Find points whose stays are those of another device that is silent itself."""
    silent = [(one.device, episode) for one in seen.values() for episode in one.silent]
    matched: dict[tuple[int, int], list[Happening]] = defaultdict(list)
    for one in seen.values():
        for stay, denial in one.denied if not one.agreed else ():
            for other, episode in silent:
                if other != one.device and _same(stay, episode):
                    matched[one.device, other] += [denial, _of_other(stay, episode)]
    by_device: dict[int, list[int]] = defaultdict(list)
    for device, other in matched:
        by_device[device].append(other)
    for device, others in by_device.items():
        best = max(others, key=lambda each: ((each, device) in matched, len(matched[device, each])))
        kind: FindingKind = "swapped" if (best, device) in matched else "mis_mapped"
        yield Finding(kind, device, best, 0, matched[device, best])
    for one in seen.values():
        if one.device not in by_device and not one.agreed and not one.inverted and len(one.denied) >= DENIALS:
            yield Finding("mis_mapped", one.device, None, 0, [denial for _, denial in one.denied])


def _same(stay: Stay, episode: Episode) -> bool:
    if abs(stay.begin - episode.begin) > NEAR_MS:
        return False
    return NEVER in (stay.end, episode.end) or abs(stay.end - episode.end) <= NEAR_MS


def _of_other(stay: Stay, episode: Episode) -> Happening:
    return Happening(episode.begin, "open" if stay.position == OPEN else "closed", "of it went out", episode.meters)


def _dead(network: Network, seen: Iterable[_Device]) -> Iterator[Finding]:
    for one in seen:
        need = ENOUGH if one.told or not _is_alone(network, one.device) else 1
        if one.agreed or len(one.silent) < need:
            continue
        evidence = [Happening(each.begin, "nothing", "went out", each.meters) for each in one.silent]
        yield Finding("dead", one.device, None, 0, evidence)


def _is_alone(network: Network, device: int) -> bool:
    """Whether no other device that trips by itself has the same usage points below, so that the meters name it."""
    top = int(network.class_of[device])
    alike = np.flatnonzero(network.class_of[top : network.device_end[top]] == top) + top
    return not np.any(np.isin(network.device_kind[alike[alike != device]], _TRIPPING))
