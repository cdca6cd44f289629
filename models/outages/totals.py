"""How the lines of an origin were counted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Totals:
    """Lines of one origin. After the end copies are what was read, not refused and not used."""

    read: int = 0
    refused: int = 0
    used: int = 0

    @property
    def copies(self) -> int:
        """Lines that changed nothing."""
        return self.read - self.refused - self.used
