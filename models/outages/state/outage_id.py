"""Names that never change: an outage is called by its zone and by the earliest evidence that opened it."""

from __future__ import annotations

from base64 import b32encode
from hashlib import blake2b
from typing import Final

from models.network.zone_digest import LETTERS, zone_digest

LENGTH: Final = 26


def outage_id(zone_id: str, subject_id: str, observed_at: int) -> str:
    """Name an outage: its zone's digest, then letters over zone, usage point or device, and when it was observed (ms).

    All are of base32. Parts are divided by a byte that cannot stand in UTF-8, so no two triples run together.
    """
    text = b"\xff".join((zone_id.encode(), subject_id.encode(), str(observed_at).encode()))
    letters = b32encode(blake2b(text, digest_size=16).digest()).decode().lower()
    return zone_digest(zone_id) + letters[: LENGTH - LETTERS]
