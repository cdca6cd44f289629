"""A toy flow: how many outages are open on each feeder, every minute, also while nothing happens."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import Field

from dataflows.following.declaration import Following, make_flow
from models.contracts.fields import Count, FollowingRecord
from models.contracts.registry import Contract, Output
from models.contracts.topics import OUTAGE_LIFECYCLE
from models.timeline.moment import Followed, Said

ENDED = {"restored", "repaired", "momentary", "merged", "cancelled"}
MINUTE = 60_000


class FeederCount(FollowingRecord):
    """The open outages of a feeder at a whole minute."""

    feeder_id: str = Field(description="The feeder.")
    open_outages: Count = Field(description="Outages that are open.")


class FeederCounts:
    def __init__(self, saved: Any) -> None:
        self.feeders: list[str]
        self.open: dict[str, str]
        self.next: int | None
        self.feeders, self.open, self.next = saved or ([], {}, None)

    def due(self) -> int | None:
        return self.next

    def live(self, instant: int, records: Sequence[Followed]) -> Iterable[Said]:
        for outage in (followed.record for followed in records):
            feeder = outage.feeder_id or "none"
            self.open = {**self.open, outage.outage_id: feeder}
            if outage.status in ENDED:
                del self.open[outage.outage_id]
            self.feeders = sorted({*self.feeders, feeder})
        if self.next is None or instant >= self.next:
            self.next = (instant // MINUTE + 1) * MINUTE
            counts = Counter(self.open.values()) if instant % MINUTE == 0 else {}
            for feeder in self.feeders if instant % MINUTE == 0 else ():
                yield Said("feeder_counts", {"feeder_id": feeder, "open_outages": counts[feeder]})

    def save(self) -> object:
        return self.feeders, self.open, self.next


OUTPUT = Output(
    name="feeder_counts", topic="toy.feeder.counts.v1", summary="Open outages by feeder, every minute.",
    contract=Contract("feeder_count", FeederCount), key="feeder_id", retention_days=7,
    event_type="faultline.toy.feeder.v1", owner="feeders", counted="feeder_id",
)  # fmt: skip
FOLLOWING = Following("feeders", (OUTAGE_LIFECYCLE,), (OUTPUT,), FeederCounts)
FLOW = make_flow(FOLLOWING, "Count the open outages of each feeder, every minute.")
