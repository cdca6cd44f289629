"""What the engine publishes, by output and as records; what an output is stands in `models.contracts.registry`."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from adapters.kafka.records.dead_letters import dead_letter
from adapters.kafka.records.output_record import outgoing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from adapters.kafka.clients.producer import Outgoing
    from models.contracts.registry import Output
    from models.outages.publishing import Published

PICKS: Final[dict[str, Callable[[Published], Sequence[dict[str, Any]]]]] = {
    "lifecycle": attrgetter("lifecycle"),
    "restorations": attrgetter("restorations"),
    "membership": attrgetter("membership"),
    "current_state": attrgetter("states"),
    "answers": attrgetter("answers"),
    "abnormal": attrgetter("abnormal"),
    "backfeed": attrgetter("backfeed"),
    "zone_health": attrgetter("health"),
    "clock": attrgetter("clock"),
    "canary_lifecycle": attrgetter("canary_lifecycle"),
    "canary_restorations": attrgetter("canary_restorations"),
}
"""By the output's name."""


def writer_of(output: Output, organisation: str) -> Callable[[Published], list[Outgoing]]:
    """Give the function that writes what the engine published to an output."""
    pick = PICKS[output.name]

    def write(published: Published) -> list[Outgoing]:
        records = pick(published)
        if not records:
            return []
        revisions = (*published.lifecycle, *published.canary_lifecycle)
        zones = {record["outage_id"]: record["zone_id"] for record in revisions}
        return [outgoing(output, record, organisation, zones.get(record.get("outage_id", ""))) for record in records]

    return write


def letters(published: Published, version: str) -> list[Outgoing]:
    """Write the crew lines that the engine refused, and those that waited for their instant."""
    return [
        dead_letter.outgoing(line, dead_letter.unpack(line.envelope), version, number)
        for number, line in enumerate(published.dead_letters, published.first_dead_letter)
    ]
