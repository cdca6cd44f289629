"""Lots, drawn by seed: the same seed and purpose give the same lots, whatever else is drawn."""

from __future__ import annotations

from hashlib import blake2b

from numpy.random import Generator, Philox


def chance(seed: int, purpose: str) -> Generator:
    """Return the generator of one purpose; what one purpose draws never moves another's lots."""
    key = blake2b(f"{seed}:{purpose}".encode(), digest_size=16).digest()
    return Generator(Philox(key=int.from_bytes(key, "little")))


def between(lots: Generator, low: float, high: float) -> int:
    """Draw whole milliseconds, even between two numbers of seconds."""
    return round(1000 * lots.uniform(low, high))
