"""`losses` as a flow of one's own: `FAULTLINE_FLOWS=dataflows.losses.declaration faultline run losses`.

Zones lie in partitions that never ask each other: the states of all outages go to one partition of the flow's log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dataflows.following.declaration import Following, make_flow
from models.contracts.registry import Log
from models.contracts.topics import OUTAGE_STATE
from models.losses.heads import Head, row_of
from models.losses.losses import Losses
from models.losses.output import OUTAGE_GROUPS, SOURCE_LOSSES

if TYPE_CHECKING:
    from models.timeline.moment import Followed

EVERYWHERE: Final = "utility"
"""The key of all entries of the log."""


def route(followed: Followed) -> tuple[str, Any] | None:
    """Give what of an outage's state matters here; of one that is forgotten, or is at no head, its id alone."""
    head = None if followed.record is None else Head.of(followed.record)
    return EVERYWHERE, row_of(head, followed.key)


LOG: Final = Log(
    topic="source.loss.log.v1", summary="States of outages, for losses of several sources at once.", owner="losses"
)
FOLLOWING: Final = Following("losses", (OUTAGE_STATE,), (SOURCE_LOSSES, OUTAGE_GROUPS), Losses, LOG, route)
FLOW: Final = make_flow(FOLLOWING, "Find losses of several sources at once. The broker is FAULTLINE_KAFKA.")
