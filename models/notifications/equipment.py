"""What notifications are made with: network, policy, words and clocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from models.notifications.quiet import QuietHours, minute_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy import int32
    from numpy.typing import NDArray

    from models.customers.policy import CustomerPolicy
    from models.messages.words import MessageWords
    from models.notifications.policy import NotificationPolicy
    from models.times.offsets import Offsets


class Equipment(NamedTuple):
    """All of it."""

    names: Callable[[NDArray[int32]], list[str]]
    """Gives the ids of usage points of stable numbers."""
    customers: CustomerPolicy
    policy: NotificationPolicy
    words: MessageWords
    offsets: Callable[[str | None], Offsets]
    """Gives how far the clocks of a zone are ahead of UTC, of the utility's without a name."""

    @property
    def quiet_hours(self) -> QuietHours | None:
        """Those of accounts that name none."""
        begin, end = self.policy.quiet_from, self.policy.quiet_to
        return None if begin is None or end is None else QuietHours(minute_of(begin), minute_of(end))

    def rank(self, customer_class: str) -> int:
        """Say how early a class is told."""
        first = self.policy.first
        return first.index(customer_class) if customer_class in first else len(first)
