"""What partners and regulators are told, instant by instant: a function of the outages' current states."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from models.partners.losses import Loss, LossWatch
from models.partners.outages import partner_outage
from models.partners.output import PARTNER_OUTAGES
from models.timeline.moment import Said

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from models.partners.policy import PartnerPolicy
    from models.timeline.moment import Followed


class Partners:
    """All outages of a utility: its log has one key."""

    def __init__(self, policy: PartnerPolicy, saved: Mapping[str, Any] | None = None) -> None:
        """Begin with nothing, or with what `save` gave."""
        self._policy = policy
        self._told: set[str] = set(saved["told"]) if saved else set()
        self._watch = LossWatch(policy, saved["watch"] if saved else None)

    def due(self) -> int | None:
        """Give the instant (ms) of the next timer."""
        return self._watch.due()

    def live(self, instant: int, records: Sequence[Followed]) -> Iterator[Said]:
        """Take what partners may be told of outages, each with what counts of it as a loss; the last word counts."""
        last = {outage_id: (facts, loss) for outage_id, facts, loss in (followed.record for followed in records)}
        for outage_id, (facts, loss) in sorted(last.items()):
            self._watch.take(outage_id, None if loss is None else Loss(*loss))
            if facts is not None:
                self._told.add(outage_id)
                yield Said(PARTNER_OUTAGES.name, partner_outage(facts, self._policy))
            elif outage_id in self._told:
                self._told.remove(outage_id)
                yield Said(PARTNER_OUTAGES.name, {"outage_id": outage_id}, gone=True)
        yield from self._watch.tell(instant)

    def save(self) -> dict[str, Any]:
        """Give all that the next instant depends on."""
        return {"told": sorted(self._told), "watch": self._watch.save()}
