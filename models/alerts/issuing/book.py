"""What is known of the outages and alerts of the areas, in plain values that a state can hold."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from models.contracts.outputs.outage import OutageRecord

NEVER_WAS: Final = frozenset({"momentary", "cancelled"})
"""How an outage ends that the public should not have been warned of."""


class Revision(NamedTuple):
    """What of a revision of an outage matters to the public, as it goes through the flow's log."""

    outage_id: str
    status: str
    zone_id: str
    device_id: str
    customers_out: int
    out_since: str
    evidence: str
    sustained_at: str | None
    planned: bool
    held: bool
    """Operators have it that the public is told nothing."""
    merged_into: str | None
    etr_public: str | None = None

    @classmethod
    def of(cls, record: OutageRecord) -> Revision:
        """Take it from the life cycle's record."""
        same = {name: getattr(record, name) for name in cls._fields if name not in {"planned", "held"}}
        held = record.operators is not None and record.operators.publication_held
        return cls(**same, planned=record.planned is not None, held=held)


@dataclass(slots=True)
class OpenOutage:
    """An outage that counts, as its last revision has it."""

    device_id: str
    customers_out: int
    out_since: int
    """Seconds since the epoch."""
    observed: bool
    restoration: int | None = None
    """By when its power is promised to be back."""


@dataclass(slots=True)
class Issued:
    """The alert of an area and its last message."""

    opened: int
    """Seconds since the epoch, as all times here."""
    number: int
    """Of the last message, from 1."""
    identifier: str
    sent: int
    expires: int
    customers_out: int
    devices: list[str]
    real: bool = False
    """Whether any of its outages ended otherwise than by having been none."""
    since: int = 0
    restoration: int | None = None
    """By when power was said to be back."""


@dataclass(slots=True)
class AreaBook:
    """An area: its outages by id, its alert, and when anything was last said of it."""

    outages: dict[str, OpenOutage] = field(default_factory=dict)
    alert: Issued | None = None
    last_sent: int = 0
    due: int | None = None
    """The next time (seconds) at which there may be something to say."""

    @property
    def customers_out(self) -> int:
        """Without power now."""
        return sum(outage.customers_out for outage in self.outages.values())

    def restoration(self, now: int) -> int | None:
        """By when power is promised to be back everywhere; None while it is not for each of its outages."""
        times = [outage.restoration or 0 for outage in self.outages.values()]
        return max(times) if times and min(times) > now else None

    @property
    def devices(self) -> list[str]:
        """The devices below which power is out, in order."""
        return sorted({outage.device_id for outage in self.outages.values()})


def to_plain(book: AreaBook) -> dict[str, Any]:
    """Give a book in built-in types."""
    return asdict(book)


def from_plain(saved: dict[str, Any]) -> AreaBook:
    """Make a book of what `to_plain` gave."""
    outages = {outage: OpenOutage(**known) for outage, known in saved["outages"].items()}
    alert = None if saved["alert"] is None else Issued(**saved["alert"])
    return AreaBook(outages, alert, saved["last_sent"], saved["due"])
