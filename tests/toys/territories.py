"""A toy flow that is keyed by territory: the open outages of each, though its zones lie in several partitions."""

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import Field

from dataflows.following.declaration import Following, make_flow
from models.contracts.fields import Count, FollowingRecord
from models.contracts.registry import Contract, Log, Output
from models.contracts.topics import OUTAGE_STATE
from models.timeline.moment import Followed, Said

ENDED = {"restored", "repaired", "momentary", "merged", "cancelled"}


class Territory(FollowingRecord):
    """What is open in a territory now."""

    territory_id: str = Field(description="The territory.")
    open_outages: Count = Field(description="Outages that are open.")


class Territories:
    def __init__(self, saved: Any) -> None:
        self.open: dict[str, list[str]] = saved or {}

    def due(self) -> None:
        """It has no timers."""

    def live(self, _instant: int, records: Sequence[Followed]) -> Iterable[Said]:
        for followed in records:
            outage, is_open = followed.record
            known = set(self.open.get(followed.key, ())) - {outage}
            self.open[followed.key] = sorted(known | ({outage} if is_open else set()))
        for territory in sorted({followed.key for followed in records}):
            yield Said("territories", {"territory_id": territory, "open_outages": len(self.open[territory])})

    def save(self) -> object:
        return self.open


def route(followed: Followed) -> tuple[str, Any] | None:
    """A territory has zones of several partitions; tombstones say nothing new."""
    outage = followed.record
    if outage is None:
        return None
    return f"territory-{sum(outage.zone_id.encode()) % 3}", [outage.outage_id, outage.status not in ENDED]


OUTPUT = Output(
    name="territories", topic="toy.territory.state.v1", summary="Open outages by territory.", compacted=True,
    contract=Contract("territory", Territory), key="territory_id", retention_days=7,
    event_type="faultline.toy.territory.v1", owner="territories", counted="territory_id",
)  # fmt: skip
LOG = Log(topic="toy.territory.log.v1", summary="States of outages by territory.", owner="territories")
FOLLOWING = Following("territories", (OUTAGE_STATE,), (OUTPUT,), Territories, LOG, route)
FLOW = make_flow(FOLLOWING, "Count the open outages of each territory.")
