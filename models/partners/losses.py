"""A watch over large losses of service: so many customers out for so long, over all outages that are not planned."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from models.contracts.outputs.outage import FINAL_STATUSES
from models.partners.output import LARGE_LOSSES
from models.timeline.moment import Said
from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from models.contracts.outputs.outage import OutageRecord
    from models.partners.policy import PartnerPolicy

REPORT_MS: Final = 6 * 3_600_000
FINAL_REPORT_MS: Final = 72 * 3_600_000


class Loss(NamedTuple):
    """What of an outage counts."""

    customers_out: int
    cause: str | None
    areas: Sequence[Sequence[Any]]
    """Kind, id, customers out."""

    @classmethod
    def of(cls, record: OutageRecord) -> Loss | None:
        """Take it from an outage; None of one that is planned or over."""
        if record.planned is not None or record.status in FINAL_STATUSES:
            return None
        areas = [(area.kind, area.area_id, area.customers_out) for area in record.areas]
        return cls(record.customers_out, None if record.cause is None else record.cause.code, areas)


class LossWatch:
    """The outages that count, and since when too many are out."""

    def __init__(self, policy: PartnerPolicy, saved: Mapping[str, Any] | None = None) -> None:
        """Begin with nothing, or with what `save` gave."""
        self._policy = policy
        self._losses: dict[str, Loss] = {}
        self._out, self._most = 0, 0
        self._began: int | None = None
        self._told = False
        if saved:
            self._losses = {name: Loss(*fields) for name, fields in saved["losses"].items()}
            self._began, self._most, self._told = saved["began"], saved["most"], saved["told"]
            self._out = sum(loss.customers_out for loss in self._losses.values())

    def due(self) -> int | None:
        """Give the instant (ms) at which a loss has lasted long enough."""
        return None if self._began is None or self._told else self._began + self._policy.loss_seconds * 1000

    def take(self, outage_id: str, loss: Loss | None) -> None:
        """Put an outage in the place of what was known of it."""
        before = self._losses.pop(outage_id, None)
        self._out += (0 if loss is None else loss.customers_out) - (0 if before is None else before.customers_out)
        if loss is not None:
            self._losses[outage_id] = loss

    def tell(self, instant: int) -> Iterator[Said]:
        """Say what there is to say at an instant (ms), after all outages have been put in."""
        if self._out < self._policy.loss_customers:
            if self._began is not None and self._told:
                yield self._said("over", self._began, instant)
            self._began, self._told, self._most = None, False, 0
            return
        self._began = instant if self._began is None else self._began
        self._most = max(self._most, self._out)
        if not self._told and instant >= self._began + self._policy.loss_seconds * 1000:
            self._told = True
            yield self._said("reached", self._began, None)

    def _said(self, state: str, began: int, ended: int | None) -> Said:
        causes = Counter(loss.cause for loss in self._losses.values() if loss.cause is not None)
        out: Counter[tuple[str, str]] = Counter()
        for loss in self._losses.values():
            for kind, area_id, customers in loss.areas:
                out[kind, area_id] += customers
        return Said(
            LARGE_LOSSES.name,
            {
                "loss_id": format_time(began),
                "state": state,
                "began_at": format_time(began),
                "ended_at": None if ended is None else format_time(ended),
                "least_customers": self._policy.loss_customers,
                "least_seconds": self._policy.loss_seconds,
                "report_due_at": format_time(began + REPORT_MS),
                "final_report_due_at": format_time(began + FINAL_REPORT_MS),
                "customers_out": self._out,
                "customers_out_most": self._most,
                "outages_open": len(self._losses),
                "causes": sorted(causes, key=lambda cause: (-causes[cause], cause)),
                "areas": [
                    {"kind": kind, "area_id": area_id, "customers_out": customers}
                    for (kind, area_id), customers in sorted(out.items())
                    if customers
                ],
            },
        )

    def save(self) -> dict[str, Any]:
        """Give all that the next instant depends on."""
        losses = {name: list(loss) for name, loss in self._losses.items()}
        return {"losses": losses, "began": self._began, "most": self._most, "told": self._told}
