"""One outage and its life: suspected (unpublished), detected, confirmed, partially restored, and five ways to end.

IEEE 1366-2022 calls an interruption momentary if supply returns for good within five minutes of the first trip.
"""

from __future__ import annotations

from base64 import b32encode
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from models.contracts.outputs.outage import FINAL_STATUSES
from models.network.zone_digest import LETTERS, zone_digest
from models.outages.context.operators import OperatorFacts
from models.outages.estimate.estimator import Estimate  # noqa: TC001 (the state is read by it)
from models.outages.inference.ownership import COUNTS

if TYPE_CHECKING:
    import numpy as np

ID_LENGTH: Final = 26
"""Letters of an outage's name."""
PROGRESS: Final = ("suspected", "detected", "confirmed", "partially_restored")
"""Statuses of an open outage; it only moves forward, and may skip."""
ENDED: Final = frozenset({"restored", "momentary"})
"""Statuses with which all customers have power again."""


@dataclass(slots=True)
class Restored:
    """Points that got power back in this instant, for one restoration record."""

    basis: str
    restored_at: int
    device: int
    points: list[int]


class Step(NamedTuple):
    """Customers who came back together."""

    at: int
    """When the first of them did (ms)."""
    device: int
    """What was closed, by position; -1 of a single service."""
    customers: int


STEP_MS: Final = 300_000
"""What comes back over a device within so long is one step."""
MOST_STEPS: Final = 50


def add_step(steps: list[Step], step: Step) -> list[Step]:
    """Give the steps with one more, which may be more of one that is there; of too many the last ones are one."""
    for place, known in enumerate(steps):
        if known.device == step.device and abs(known.at - step.at) < STEP_MS:
            joined = Step(min(known.at, step.at), step.device, known.customers + step.customers)
            return [*steps[:place], joined, *steps[place + 1 :]]
    if len(steps) == MOST_STEPS:
        last = steps[-1]
        return [*steps[:-1], Step(min(last.at, step.at), last.device, last.customers + step.customers)]
    return sorted([*steps, step])


def no_customers() -> list[int]:
    """Counts of nobody: customers, and of these critical and key ones."""
    return [0] * COUNTS


@dataclass(slots=True, eq=False)
class Outage:
    """An outage in the engine's hands; times in milliseconds, devices and usage points by position.

    `device` is -1 of a single service, `service_point` of all others.
    """

    outage_id: str
    slot: int
    zone: int
    area: int
    """In which it is looked at."""
    device: int
    service_point: int
    span: tuple[int, int]
    """Usage points below the device."""
    opened_at: int
    """The instant at which inference found it."""
    wave_at: int
    """The moment at which its points lost power, by the picture."""
    source: int
    """Who tells of that moment (`picture.reports`): meters, a call, a crew."""
    started_at: int
    posterior: int
    nested: bool = False
    """Found at a close-in, by its silence: it starts there."""
    status: str = "suspected"
    detected_at: int | None = None
    sustained_at: int | None = None
    restored_at: int | None = None
    closed_at: int | None = None
    """When its device closed again, by the picture."""
    closing_seen_at: int = 0
    """The instant at which that was found."""
    learned: bool = False
    """What it teaches of delivery has been taken in."""
    over: bool = False
    """Its device has closed, and its points have lost power anew: who is dark now is so by another outage."""
    confirmed: bool = False
    supply: int = -1
    """The device from which its customers were fed where that was not the normal way."""
    found_device: int = -1
    reports: int = 0
    """Points that say so."""
    nested_in: str | None = None
    merged_into: str | None = None
    transferred_to: str | None = None
    parent_id: str | None = None
    follows: str | None = None
    out_since: int | None = None
    affected: list[int] = field(default_factory=no_customers)
    restored: list[int] = field(default_factory=no_customers)
    transferred: list[int] = field(default_factory=no_customers)
    next_restoration_at: int = 0
    alternatives: list[tuple[int, int]] = field(default_factory=list)
    """Other devices that may have opened in its place, and the log probability of each."""
    operators: OperatorFacts | None = None
    """What operators said of it."""
    touched: dict[str, int] = field(default_factory=dict)
    """By field that commands touch, the revision that changed it last."""
    estimate: Estimate | None = None
    """When power will be back; None where no table is given."""
    revision: int = 0
    published: dict[str, Any] = field(default_factory=dict)
    restorations: list[Restored] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    """In which its customers came back, as published."""

    def operator_facts(self) -> OperatorFacts:
        """Give what operators said of it, to add to."""
        self.operators = self.operators or OperatorFacts()
        return self.operators

    @property
    def start_is_given(self) -> bool:
        """Whether operators said when it began."""
        return self.operators is not None and self.operators.start_is_set

    @property
    def suspected(self) -> bool:
        """Whether nobody has heard of it yet."""
        return self.status == "suspected"

    @property
    def order(self) -> tuple[int, int, int]:
        """Outages are taken oldest first, then by place in the network."""
        return self.opened_at, self.span[0], -self.span[1]

    @property
    def customers_out(self) -> int:
        """Customers without power now."""
        return self.affected[0] - self.restored[0] - self.transferred[0]

    @property
    def priority_out(self) -> list[int]:
        """Of the customers without power now, those of each priority."""
        rows = zip(self.affected, self.restored, self.transferred, strict=True)
        return [affected - restored - transferred for affected, restored, transferred in rows][1:]

    @property
    def final(self) -> bool:
        """Whether its status can no longer change."""
        return self.status in FINAL_STATUSES

    def progress(self, status: str) -> None:
        """Move forward to an open status; never back."""
        if not self.final and PROGRESS.index(status) > PROGRESS.index(self.status):
            self.status = status

    def gain(self, counts: np.ndarray[Any, Any]) -> None:
        """More points are affected."""
        self.affected = [a + int(b) for a, b in zip(self.affected, counts, strict=True)]

    def lose(self, counts: np.ndarray[Any, Any]) -> None:
        """Points moved to an outage that this one is a part of, or were never out."""
        self.affected = [a - int(b) for a, b in zip(self.affected, counts, strict=True)]

    def give_back(self, counts: np.ndarray[Any, Any]) -> None:
        """Points have power again; with negative counts they have lost it again."""
        self.restored = [a + int(b) for a, b in zip(self.restored, counts, strict=True)]

    def hand_on(self, counts: np.ndarray[Any, Any]) -> None:
        """Points are without power by another outage from now; with negative counts they are so by this one again."""
        self.transferred = [a + int(b) for a, b in zip(self.transferred, counts, strict=True)]
        if self.transferred[0] == 0:
            self.transferred_to = None

    def note(self, basis: str, at: int, device: int, points: list[int]) -> None:
        """Points have power again; what came back on the same basis in one instant is one record."""
        for restored in self.restorations:
            if restored.basis == basis:
                restored.points += points
                restored.restored_at = max(restored.restored_at, at)
                return
        self.restorations.append(Restored(basis, at, device, points))


def is_momentary(started_at: int, restored_at: int, sustained_ms: int) -> bool:
    """IEEE 1366-2022: supply lasted again within five minutes of the first trip."""
    return restored_at - started_at <= sustained_ms


def outage_id(zone_id: str, subject_id: str, observed_at: int) -> str:
    """Name an outage: its zone's digest, then letters over zone, usage point or device, and when it was observed (ms).

    All are of base32. Parts are divided by a byte that cannot stand in UTF-8, so no two triples run together.
    """
    text = b"\xff".join((zone_id.encode(), subject_id.encode(), str(observed_at).encode()))
    letters = b32encode(blake2b(text, digest_size=16).digest()).decode().lower()
    return zone_digest(zone_id) + letters[: ID_LENGTH - LETTERS]
