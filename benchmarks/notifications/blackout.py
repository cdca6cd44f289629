"""A blackout of a million, told at a channel's rate: who is told when, how often, and what it costs.

`python -m benchmarks.notifications.blackout [--accounts 1000000] [--a-minute 60000]`: all are out at one instant, and
back at one instant once all have heard of it. Minute by minute; code 1 if the channel is given more in a minute, or
somebody hears of either more or less often than once.
"""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from collections import Counter
from resource import RUSAGE_SELF, getrusage
from typing import TYPE_CHECKING

from adapters.process.time_zone import ZoneOffsets
from benchmarks.notifications.speed import MINUTE, START, accounts, ledger, names
from models.customers.news import CONFIRMED, GAINED
from models.customers.policy import CustomerPolicy
from models.messages.words import MessageWords
from models.notifications.equipment import Equipment
from models.notifications.notifications import Notifications
from models.notifications.output import NOTIFICATIONS
from models.notifications.policy import NotificationPolicy
from models.timeline.life import Life
from models.timeline.moment import Followed, Moment

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 24 * 60
"""Minutes, for who has not been told by then."""


class Blackout:
    """The flow, minute by minute."""

    def __init__(self, a_minute: int) -> None:
        policy = NotificationPolicy(
            outage_after_minutes=0, interval_minutes=5, digest_minutes=5, a_minute={"sms": a_minute}
        )
        own = Equipment(names, CustomerPolicy(), policy, MessageWords(), ZoneOffsets(None))
        self.life = Life(lambda saved: Notifications(own, saved), [NOTIFICATIONS], "benchmark")
        self.now, self.number = START, 0
        self.ids: set[str] = set()
        self.kinds: Counter[str] = Counter()
        self.minutes: Counter[str] = Counter()
        self.twice = 0

    def live(self, records: list[Followed]) -> int:
        """Live through a minute; returns how many were told in it."""
        self.now, self.number = self.now + MINUTE, self.number + 1
        written = [record for _, record in self.life.take(Moment(self.number, self.now, tuple(records)))]
        for record in written:
            self.twice += record["notification_id"] in self.ids
            self.ids.add(record["notification_id"])
            self.kinds[record["kind"]] += 1
            self.minutes[record["not_before"][:16]] += 1
        return len(written)

    def until_quiet(self, records: list[Followed]) -> Iterator[int]:
        """Live until nobody is told any more, and nobody waits."""
        yield self.live(records)
        for _ in range(PATIENCE):
            told = self.live([])
            yield told
            if not told:
                return


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--a-minute", type=int, default=60_000)
    options = parser.parse_args()
    count, blackout = options.accounts, Blackout(options.a_minute)
    blackout.live(list(accounts(count)))
    begun = time.process_time()
    for what, change, revision in (("out", GAINED, 1), ("back", CONFIRMED, 2)):
        told = list(blackout.until_quiet(list(ledger(count, revision, change, blackout.now))))
        print(f"{what}: {sum(told):,} told in {len(told) - 1:,} minutes, {max(told):,} in one at the most", flush=True)
    spent = time.process_time() - begun
    most = max(blackout.minutes.values())
    print(f"{dict(blackout.kinds)}; {blackout.twice} twice; {most:,} in a minute of the clock at the most; "
          f"{spent / sum(blackout.kinds.values()) * 1e6:.0f} us of CPU a message, "
          f"peak {getrusage(RUSAGE_SELF).ru_maxrss // 1024} MiB")  # fmt: skip
    whole = blackout.kinds == {"outage": count, "restored": count}
    sys.exit(0 if whole and not blackout.twice and most <= options.a_minute + 1 else 1)


if __name__ == "__main__":
    main()
