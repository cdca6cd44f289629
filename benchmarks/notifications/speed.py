"""How fast messages are made: so many customers out, and back, each at one instant, each with an account of its own.

`python -m benchmarks.notifications.speed [--accounts 50000]`: the rules alone, in this process, by its CPU time, with
garbage collected as seldom as a flow does.
"""

from __future__ import annotations

import time
from argparse import ArgumentParser
from resource import RUSAGE_SELF, getrusage
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from adapters.process.pulse import collect_seldom
from adapters.process.time_zone import ZoneOffsets
from adapters.state.sealed import seal
from models.customers.news import CONFIRMED, GAINED, LedgerNews, OutageNews
from models.customers.policy import CustomerPolicy
from models.customers.saying import NOTHING_SAID
from models.messages.words import MessageWords
from models.notifications.equipment import Equipment
from models.notifications.news_in_json import write_news
from models.notifications.notifications import Notifications
from models.notifications.output import LOG, NOTIFICATIONS
from models.notifications.outside.accounts import Account
from models.notifications.outside.reading import ACCOUNT
from models.notifications.policy import NotificationPolicy
from models.timeline.life import Life
from models.timeline.moment import Followed, Moment

if TYPE_CHECKING:
    from collections.abc import Iterator

START = 1_782_900_000_000
MINUTE = 60_000
ZONES = 200


def names(numbers: Any) -> list[str]:  # noqa: ANN401 (an array)
    return [f"UP{number:08d}" for number in numbers.tolist()]


def logged(key: str, said: Any) -> Followed:  # noqa: ANN401 (what is put into the log)
    return Followed(LOG.topic, 1, key, orjson.loads(orjson.dumps(said)))


def accounts(count: int) -> Iterator[Followed]:
    contact = ["mobile", "sms", True, None, "holder", "en"]
    for number in range(count):
        name = f"A{number:08d}"
        account = Account(name, "residential", [f"UP{number:08d}"], [number], [contact], None, None, None)  # type: ignore[list-item]
        yield logged(name, [ACCOUNT, list(account)])


def ledger(count: int, revision: int, change: int, at: int) -> Iterator[Followed]:
    """Every zone has an outage; all of its points change alike."""
    for zone in range(ZONES):
        numbers = np.arange(zone * count // ZONES, (zone + 1) * count // ZONES, dtype=np.int32)
        outage, name = "a" * 20 + f"{zone:06d}", f"z{zone}"
        said = NOTHING_SAID | {"message_code": "assessing"}
        yield logged("", write_news(OutageNews(outage, name, revision, False, False, None, None, said)))  # noqa: FBT003
        changes, out_at = np.full(len(numbers), change, np.uint8), START + numbers.astype(np.int64) % 30_000
        entries = LedgerNews(outage, name, revision, numbers, changes, out_at, np.full(len(numbers), at, np.int64), {})
        yield logged("", write_news(entries))


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=50_000)
    count = parser.parse_args().accounts
    policy = NotificationPolicy(outage_after_minutes=0, interval_minutes=1, digest_minutes=1)
    own = Equipment(names, CustomerPolicy(), policy, MessageWords(), ZoneOffsets(None))
    life = Life(lambda saved: Notifications(own, saved), [NOTIFICATIONS], "benchmark")
    steps = (
        ("accounts", START, list(accounts(count))),
        ("out", START + MINUTE, list(ledger(count, 1, GAINED, START))),
        ("restored", START + 3 * MINUTE, list(ledger(count, 2, CONFIRMED, START + 2 * MINUTE))),
    )
    collect_seldom()
    for number, (what, instant, records) in enumerate(steps, start=1):
        begun = time.process_time()
        written = life.take(Moment(number, instant, tuple(records)))
        spent = time.process_time() - begun
        print(f"{what}: {len(written):,} messages, {spent / count * 1e6:.0f} us of CPU an account")
    begun = time.process_time()
    state = seal(life.save())
    print(f"state: {len(state) / count:.0f} bytes an account, sealed in {time.process_time() - begun:.2f} s of CPU; "
          f"peak {getrusage(RUSAGE_SELF).ru_maxrss // 1024} MiB")  # fmt: skip


if __name__ == "__main__":
    main()
