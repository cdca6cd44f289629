"""How far what was published of a zone holds: a posterior is right if the model is, which a storm puts to the test.

Of the outages of a zone that are over, those that went back into others or never were (`merged`, `cancelled`) were
taken back; the others were borne out. Their share, with `GIVEN` that count as borne out before the first, is by how
much a probability of the model is believed until somebody has seen the device.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from models.contracts.outputs.outage import TAKEN_BACK

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

GIVEN: Final = 30


class BorneOut:
    """What became of the published outages of some zones."""

    def __init__(self) -> None:
        self._counts: dict[int, list[int]] = {}
        """How many were borne out, and how many were taken back."""

    def note(self, zone: int, status: str) -> None:
        """Take in how a published outage ended."""
        self._counts.setdefault(zone, [0, 0])[status in TAKEN_BACK] += 1

    def share(self, zone: int) -> float:
        """Give the share of a zone's outages that were borne out."""
        held, back = self._counts.get(zone, (0, 0))
        return (GIVEN + held) / (GIVEN + held + back)

    def save(self) -> list[tuple[int, list[int]]]:
        """Give all that is known, in an order of its own."""
        return sorted(self._counts.items())

    def restore(self, saved: Iterable[tuple[int, Sequence[int]]]) -> None:
        """Know what `save` gave, and nothing else."""
        self._counts = {zone: list(counts) for zone, counts in saved}
