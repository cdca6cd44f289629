"""What a report about planned work says, as codes: the place of a name here."""

from __future__ import annotations

from typing import Final

WORK_KINDS: Final = ("maintenance", "safety_shutoff", "switching")
WORK_STATUSES: Final = ("planned", "started", "finished", "cancelled")
"""A later status goes before an earlier one of the same time."""
