"""The records of the outage topics, with the fields that the score needs; what a contract does not have is left out."""

from __future__ import annotations

from typing import Final

import msgspec

FINAL: Final = ("restored", "repaired", "momentary", "merged", "cancelled")
SET_ASIDE: Final = ("momentary", "merged", "cancelled")
"""An outage that ends so is neither right nor wrong, but for one that was merged when it had long been right."""


class Numbered(msgspec.Struct, gc=False):
    """What every record has."""

    event_id: str
    sequence: int
    outage_id: str
    revision: int
    updated_at: str


class StateLine(Numbered, gc=False, kw_only=True):
    """A record of the current state topic: a revision, or the tombstone of an outage that is forgotten."""

    event_id: str = ""
    revision: int = 0

    def __post_init__(self) -> None:
        """Name a tombstone."""
        self.event_id = self.event_id or f"{self.outage_id}:{self.updated_at}:tombstone"


class ClassLine(msgspec.Struct, gc=False):
    """Customers of a class who are out."""

    customer_class: str | None
    customers_out: int


class AreaLine(msgspec.Struct, gc=False):
    """Customers of an area who are out."""

    kind: str
    area_id: str
    customers_out: int


class OperatorsLine(msgspec.Struct, gc=False):
    """What operators said of an outage."""

    disputed_by: list[str]


class RevisionLine(Numbered, gc=False):
    """A life cycle record."""

    status: str
    zone_id: str
    device_id: str
    device_kind: str
    started_at: str
    sustained_at: str | None
    restored_at: str | None
    customers_affected: int
    customers_out: int
    customers_restored: int
    priority_customers: dict[str, int]
    evidence: str = ""
    confidence: float | None = None
    detected_at: str | None = None
    nested_in: str | None = None
    merged_into: str | None = None
    out_since: str | None = None
    """The earliest loss of its customers."""
    customers_transferred: int = 0
    """Gone over to `transferred_to`, still out."""
    transferred_to: str | None = None
    planned: dict[str, str] | None = None
    """The planned work that it belongs to."""
    operators: OperatorsLine | None = None
    customers_by_class: list[ClassLine] = []
    areas: list[AreaLine] = []


class RestorationLine(Numbered, gc=False):
    """A restoration record."""

    basis: str
    restored_at: str
    customers_restored: int
    customers_out: int
    device_id: str
    usage_point_ids: list[str] | None
