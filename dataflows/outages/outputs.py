"""Which of what the engine publishes goes to which output; what an output is stands in `models.contracts.registry`."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from models.outages.publishing import Published

PICKS: Final[dict[str, Callable[[Published], Sequence[dict[str, Any]]]]] = {
    "lifecycle": attrgetter("lifecycle"),
    "restorations": attrgetter("restorations"),
    "current_state": attrgetter("states"),
    "zone_health": attrgetter("health"),
}
"""By the output's name."""
