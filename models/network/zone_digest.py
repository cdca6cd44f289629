"""A zone's digest: the letters with which the ids of its outages begin, so that they tell their zone."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from models.digest import base32

if TYPE_CHECKING:
    from collections.abc import Iterable

LETTERS: Final = 6
"""Of 30 bits: two of a thousand zones have one digest once in two thousand networks, which are refused."""


@lru_cache(1 << 16)
def zone_digest(zone_id: str) -> str:
    """Give the first letters of all outages of a zone."""
    return base32(blake2b(zone_id.encode(), digest_size=5).digest())[:LETTERS]


def zones_by_digest(zone_ids: Iterable[str]) -> dict[str, str]:
    """Give the zones by their digests."""
    return {zone_digest(zone_id): zone_id for zone_id in zone_ids}


def digest_faults(zone_ids: Iterable[str]) -> list[str]:
    """Say which zones have one digest."""
    by_digest: dict[str, list[str]] = defaultdict(list)
    for zone_id in zone_ids:
        by_digest[zone_digest(zone_id)].append(zone_id)
    return [
        f"the ids of outages could not tell zones {', '.join(map(repr, some))} apart; give all but one another id"
        for some in by_digest.values()
        if len(some) > 1
    ]
