"""One outage and its life: suspected (unpublished), detected, confirmed, partially restored, and four ways to end.

IEEE 1366-2022 calls an interruption momentary if supply returns for good within five minutes of the first trip.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from models.outages.inference.ownership import COUNTS
from models.outages.inference.pass_columns import SUSPECTED

if TYPE_CHECKING:
    import numpy as np

PROGRESS: Final = ("suspected", "detected", "confirmed", "partially_restored")
"""Statuses of an open outage; it only moves forward, and may skip."""
ENDED: Final = frozenset({"restored", "momentary"})
"""Statuses with which all customers have power again."""
FINAL: Final = frozenset({"restored", "momentary", "merged", "cancelled"})


@dataclass(slots=True)
class Section:
    """A part of an outage below a device that closed again, until its silent points can be judged."""

    device: int
    closed_at: int
    judged_at: int
    noticed: bool
    """The interruption was long enough for every meter to notice."""


@dataclass(slots=True)
class Restored:
    """Points that got power back in this instant, for one restoration record."""

    basis: str
    restored_at: int
    device: int
    points: list[int]
    customers: int


def no_customers() -> list[int]:
    """Counts of nobody: customers, and of these life support, critical and key."""
    return [0] * COUNTS


@dataclass(slots=True)
class Outage:
    """An outage in the engine's hands; times in milliseconds, devices and usage points by position.

    `device` is -1 of a single service, `service_point` of all others.
    """

    outage_id: str
    slot: int
    zone: int
    device: int
    service_point: int
    span: tuple[int, int]
    """Usage points below the device."""
    opened_at: int
    """The instant at which inference found it."""
    wave_at: int
    """Start of its wave, for coherence with other reports."""
    started_at: int
    posterior: int
    stance: int = SUSPECTED
    status: str = "suspected"
    detected_at: int | None = None
    sustained_at: int | None = None
    restored_at: int | None = None
    confirmed: bool = False
    found_device: int = -1
    nested_in: str | None = None
    merged_into: str | None = None
    parent_id: str | None = None
    follows: str | None = None
    affected: list[int] = field(default_factory=no_customers)
    restored: list[int] = field(default_factory=no_customers)
    sections: list[Section] = field(default_factory=list)
    disbelieved_at: int = 0
    """A closing of the device up to here brought nobody's power back."""
    next_restoration_at: int = 0
    opened_by_scada_at: int | None = None
    told_starts: list[int] = field(default_factory=list)
    """When meters, back again, say that their interruption began."""
    timers: list[int] = field(default_factory=list)
    """Instants at which it will be looked at."""
    revision: int = 0
    published: dict[str, Any] = field(default_factory=dict)
    restorations: list[Restored] = field(default_factory=list)

    @property
    def customers_out(self) -> int:
        """Customers without power now."""
        return self.affected[0] - self.restored[0]

    @property
    def final(self) -> bool:
        """Whether its status can no longer change."""
        return self.status in FINAL

    @property
    def whole(self) -> bool:
        """Whether its own device has closed again, not only parts below."""
        return any(section.device == self.device for section in self.sections)

    @property
    def restoring(self) -> bool:
        """Whether power has begun to come back: its reports are no evidence of an opening any more."""
        return bool(self.sections) or self.restored[0] > 0

    def progress(self, status: str) -> None:
        """Move forward to an open status; never back."""
        if not self.final and PROGRESS.index(status) > PROGRESS.index(self.status):
            self.status = status

    def gain(self, counts: np.ndarray[Any, Any]) -> None:
        """More points are affected."""
        self.affected = [a + int(b) for a, b in zip(self.affected, counts, strict=True)]

    def lose(self, counts: np.ndarray[Any, Any]) -> None:
        """Points moved away, or were never out."""
        self.affected = [a - int(b) for a, b in zip(self.affected, counts, strict=True)]

    def give_back(self, counts: np.ndarray[Any, Any]) -> None:
        """Points have power again."""
        self.restored = [a + int(b) for a, b in zip(self.restored, counts, strict=True)]

    def note(self, basis: str, at: int, device: int, points: list[int], customers: int) -> None:
        """Points have power again; what came back on the same basis in one instant is one record."""
        for restored in self.restorations:
            if restored.basis == basis:
                restored.points += points
                restored.customers += customers
                restored.restored_at = max(restored.restored_at, at)
                restored.device = self.device
                return
        self.restorations.append(Restored(basis, at, device, points, customers))


def is_momentary(started_at: int, restored_at: int, sustained_ms: int) -> bool:
    """IEEE 1366-2022: supply lasted again within five minutes of the first trip."""
    return restored_at - started_at <= sustained_ms
