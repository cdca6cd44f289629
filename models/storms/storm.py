"""A storm that may still change."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from models.digest import base32
from models.storms.sums import Sums

if TYPE_CHECKING:
    from collections.abc import Mapping

NEVER: Final = 1 << 62


@dataclass(slots=True)
class Storm:
    """What is known of it; times in milliseconds."""

    storm_id: str
    name: str
    by_rule: bool
    started_at: int
    ended_at: int | None = None
    exclusion_reason: str | None = None
    by_command: bool = False
    """An operator's command opened it; else, where it is not by rule, the policy declares it."""
    closed_by_command: bool = False
    """Who is still out by it makes no other storm."""
    calm_since: int | None = None
    """Since when few are out, by rule."""
    sums: Sums = field(default_factory=Sums)
    most: int = 0
    most_at: int | None = None
    told_at: int = 0
    changed: bool = True
    over: bool = False

    @property
    def declared(self) -> bool:
        """Whether the policy has it."""
        return not self.by_rule and not self.by_command

    def covers(self, at: int) -> bool:
        """Whether a moment is in its time."""
        return self.started_at <= at < (NEVER if self.ended_at is None else self.ended_at)

    def save(self) -> dict[str, Any]:
        """Give all of it in built-in types."""
        return asdict(self)

    @classmethod
    def restore(cls, saved: Mapping[str, Any]) -> Storm:
        """Make it of what `save` gave."""
        return cls(**{**saved, "sums": Sums(**saved["sums"])})


def name_of(*parts: str) -> str:
    """26 letters of base32 over texts, divided by a byte that cannot stand in UTF-8."""
    text = b"\xff".join(part.encode() for part in parts)
    return base32(blake2b(text, digest_size=16).digest())
