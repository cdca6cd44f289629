"""What customers are told in simulated storms, and what reaches them: against evidence, the truth and the policy.

`python -m benchmarks.notifications --network TABLES [--presets full,bad] [--seeds 10] [--per-second 5]`: each storm is
made, replayed and told to accounts of one to three usage points each. A carrier takes so many messages a second; who
sends asks before whether each still holds, and its receipts come back. A line a storm; code 1 if a law is broken.
With `--replies` half of those who are told that power should be back, while it is not, say so five minutes later, and
the storm is lived through once more with these calls.
"""

from __future__ import annotations

import csv
import os
import random
import sys
import time
from argparse import ArgumentParser, Namespace
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from operator import itemgetter
from pathlib import Path
from subprocess import DEVNULL, run
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import orjson

from adapters.kafka.records.followed_record import RecordReader
from adapters.network.load import load_network
from adapters.process.time_zone import ZoneOffsets
from benchmarks.command import COMMAND
from models.contracts.registry import output_of
from models.contracts.topics import CALL_EVENTS, OUTAGE_CLOCK, OUTAGE_LIFECYCLE, OUTAGE_MEMBERSHIP
from models.customers.news import news_of
from models.customers.output import CUSTOMER_POWER
from models.customers.point_names import PointNames
from models.customers.policy import CustomerPolicy
from models.messages.words import MessageWords
from models.notifications.equipment import Equipment
from models.notifications.news_in_json import write_news
from models.notifications.notifications import Notifications
from models.notifications.output import LOG, NOTIFICATIONS
from models.notifications.outside.reading import AccountReader, read_reply
from models.notifications.policy import NotificationPolicy
from models.sending.holding import Stands, holds
from models.sending.outbox import Ended, Message, Outbox, Outcome
from models.sending.pace import Pace
from models.timeline.life import Life
from models.timeline.moment import Followed, Moment
from models.times.iso8601 import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from models.contracts.customers.reply import ReceiptStatus
    from models.network.network import Network

MODULE = "dataflows.customers.declaration"
FOLLOWED = (OUTAGE_LIFECYCLE, OUTAGE_MEMBERSHIP)
MINUTE = 60_000
ON = {"restored", "probably_restored_please_confirm"}
Record = dict[str, Any]


def read(folder: Path, topic: str) -> list[Record]:
    return [orjson.loads(line) for line in (folder / f"{topic}.jsonl").read_bytes().splitlines()]


@dataclass
class Truth:
    """When usage points were out, as it was."""

    spans: dict[str, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, folder: Path) -> Truth:
        """Read the truth of a simulation."""
        truth = cls()
        with (folder / "truth" / "interruptions.csv").open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                back_at = parse_time(row["back_at"]) if row["back_at"] else sys.maxsize
                truth.spans[row["usage_point_id"]].append((parse_time(row["out_at"]), back_at))
        return truth

    def is_out(self, point: str, at: int) -> bool:
        """Whether a usage point was out at a time (ms)."""
        return any(begin <= at < end for begin, end in self.spans.get(point, ()))


@dataclass
class Storm:
    """A storm, as the flow and the sender live through it."""

    network: Network
    out: Path
    truth: Truth
    policy: NotificationPolicy
    per_second: float
    told: list[Record] = field(default_factory=list)
    sent: list[tuple[int, Record]] = field(default_factory=list)
    ends: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    broken: list[str] = field(default_factory=list)
    """Messages that power is back, of who was out by evidence."""

    def __post_init__(self) -> None:
        zones = ZoneOffsets("Europe/Zurich")
        self.names = PointNames([self.network])
        own = Equipment(self.names, CustomerPolicy(), self.policy, MessageWords(), zones)
        self.life = Life(lambda saved: Notifications(own, saved), [NOTIFICATIONS], "benchmark")
        self.reader = AccountReader(self._numbers, zones.knows)
        self.states: dict[str, Stands] = {}
        paces = {"sms": Pace(self.per_second, None), "email": Pace(self.per_second, None)}
        self.outbox = Outbox(paces, self._refuse, lambda: 0.5)
        self.now = self.number = 0

    def _numbers(self, names: Sequence[str]) -> list[int]:
        positions = self.network.find_points(names)
        return [int(self.network.point_number[one]) if one >= 0 else -1 for one in positions.tolist()]

    def _refuse(self, record: Mapping[str, Any]) -> ReceiptStatus | None:
        return None if holds(record, self.states.get) else "stale"

    def live(self, accounts: Iterable[Record]) -> None:
        """Live through all instants."""
        waiting = {topic: read(self.out, topic) for topic in FOLLOWED}
        readers = {topic: RecordReader(output_of(topic)) for topic in FOLLOWED}
        states = read(self.out, CUSTOMER_POWER.topic)
        entries = [self._entry(one) for one in accounts]
        for tick in read(self.out, OUTAGE_CLOCK):
            instant = parse_time(tick["updated_at"])
            receipts = list(self._send(instant))
            count = bisect_right(states, tick["updated_at"], key=itemgetter("updated_at"))
            news, states = states[:count], states[count:]
            for topic in FOLLOWED:
                count = bisect_right(waiting[topic], tick["sequences"][topic], key=itemgetter("sequence"))
                for record in waiting[topic][:count]:
                    followed = readers[topic].take(record)
                    entries.append(self._logged("", write_news(news_of(followed))))  # type: ignore[arg-type]
                waiting[topic] = waiting[topic][count:]
            self._take(instant, [*entries, *receipts], news)
            entries = []

    def _take(self, instant: int, entries: Sequence[Followed], news: Iterable[Record]) -> None:
        """Live up to an instant; what is told before it, by a timer, is of how all stood until then."""
        self.now, self.number = instant, self.number + 1
        written = [record for _, record in self.life.take(Moment(self.number, instant, tuple(entries)))]
        earlier = [record for record in written if parse_time(record["updated_at"]) < instant]
        self._tell(earlier)
        self.states |= {one["usage_point_id"]: Stands.of(one) for one in news}
        self._tell(written[len(earlier) :])

    def _tell(self, written: Iterable[Record]) -> None:
        for record in written:
            self.told.append(record)
            stand = [self.states[name].power for name in record["usage_point_ids"]]
            if record["message_code"] in ON and set(stand) != {"on"}:
                self.broken.append(f"{record['notification_id']} says that power is back and it is {stand}")
            self.outbox.add(Message(record, 0, len(self.told), parse_time(record["expires_at"])))

    def _send(self, instant: int) -> Iterator[Followed]:
        """What the carrier takes up to an instant, second by second; gives the receipts."""
        begin = max(self.now, instant - 3_600_000)
        for at in range(begin, instant, 1000) if len(self.outbox) else ():
            for one in list(self.outbox.take(at, 1000)):
                ended = [one] if isinstance(one, Ended) else list(self.outbox.tell(one.name, Outcome("sent"), at))
                for some in ended:
                    yield self._end(some, at)

    def _end(self, ended: Ended, at: int) -> Followed:
        record = ended.message.record
        self.ends[ended.status] += 1
        if ended.status == "sent":
            self.sent.append((at, dict(record)))
        said = ["receipt", record["contact_id"], record["notification_id"], ended.status]
        return self._logged(record["account_id"], said)

    def _entry(self, account: Record) -> Followed:
        taken = self.reader(account["account_id"], orjson.dumps(account))
        return self._logged(taken.key, taken.said)

    def _logged(self, key: str, said: Sequence[Any]) -> Followed:
        return Followed(LOG.topic, 1, key, orjson.loads(orjson.dumps(said)))


def accounts_of(network: Network, seed: int) -> list[Record]:
    """Give accounts of one to three usage points, a fifth of them with two contacts, a tenth with quiet hours."""
    draw = random.Random(seed)
    ids = list(network.point_ids)
    made: list[Record] = []
    while ids:
        some = [ids.pop() for _ in range(min(len(ids), draw.choice([1, 1, 1, 1, 2, 3])))]
        contacts = [{"contact_id": "c1", "channel": "sms", "address": "-", "consent": True}]
        contacts += [contacts[0] | {"contact_id": "c2", "channel": "email"}] if draw.random() < 0.2 else []
        account = {"account_id": f"A{len(made)}", "usage_point_ids": some, "contacts": contacts}
        quiet = {"quiet_from": "22:00", "quiet_to": "06:30"} if draw.random() < 0.1 else {}
        made.append(account | quiet | {"language": draw.choice(["en", "de", "es"])})
    return made


def broken_laws(storm: Storm) -> Iterator[str]:
    """Name what must not be."""
    yield from storm.broken
    by_contact: dict[tuple[str, str], list[tuple[int, Record]]] = defaultdict(list)
    for at, record in storm.sent:
        by_contact[record["account_id"], record["contact_id"]].append((at, record))
        if at >= parse_time(record["expires_at"]):
            yield f"{record['notification_id']} was sent after its time"
    interval = storm.policy.interval_minutes * MINUTE
    for sent in by_contact.values():
        issued = [(parse_time(record["updated_at"]), record) for _, record in sent]
        for (before, _), (after, record) in pairwise(issued):
            if after - before < interval and record["kind"] not in storm.policy.at_once:
                yield f"{record['notification_id']} came {(after - before) / MINUTE:.0f} minutes after the one before"
    if len({record["notification_id"] for record in storm.told}) < len(storm.told):
        yield "a notification_id comes twice"


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--network", type=Path, required=True)
    parser.add_argument("--presets", default="full,bad")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--per-second", type=float, default=5.0)
    parser.add_argument("--replies", action="store_true")
    options = parser.parse_args()
    broken = 0
    for preset in options.presets.split(","):
        for seed in range(1, options.seeds + 1):
            with TemporaryDirectory() as name:
                broken += play(options, preset, seed, Path(name))
    sys.exit(1 if broken else 0)


def play(options: Namespace, preset: str, seed: int, folder: Path) -> int:
    """Play a storm; returns how many laws were broken."""
    begun = time.monotonic()
    environment = {name: value for name, value in os.environ.items() if name != "FAULTLINE_KAFKA"}
    environment["FAULTLINE_FLOWS"] = MODULE
    made = folder / "storm"
    simulate = ["simulate", "--network", options.network, "--output", made, "--seed", seed, "--preset", preset]
    command(simulate, environment)
    network = load_network(made / "network")
    accounts = accounts_of(network, seed)
    broken: list[str] = []
    for turn in range(2 if options.replies else 1):
        out = folder / f"out{turn}"
        command(["replay", "--network", made / "network", "--input", made, "--output", out], environment)
        storm = Storm(network, out, Truth.of(made), NotificationPolicy(), options.per_second)
        storm.live(accounts)
        broken += broken_laws(storm)
        show(f"{preset} {seed}{' with replies' if turn else ''}", storm, accounts, time.monotonic() - begun)
        if options.replies and not turn:
            add_calls(made, replies(storm, seed))
    for one in broken[:5]:
        print(f"    {one}")
    return len(broken)


def command(arguments: Sequence[object], environment: Mapping[str, str]) -> None:
    """Run a command to its end."""
    ended = run([*COMMAND, *map(str, arguments)], env=environment, stdout=DEVNULL, check=False)
    if ended.returncode not in {0, 3}:
        raise RuntimeError(f"{arguments[0]} ended with code {ended.returncode}")


def replies(storm: Storm, seed: int) -> Iterator[bytes]:
    """Give the calls that replies come to."""
    draw = random.Random(seed)
    for at, record in storm.sent:
        out = [name for name in record["usage_point_ids"] if storm.truth.is_out(name, at + 5 * MINUTE)]
        if record["message_code"] not in ON or not out or draw.random() < 0.5:
            continue
        times = {"observed_at": at + 5 * MINUTE, "received_at": at + 5 * MINUTE + 1000}
        who = {"event_id": record["notification_id"], **{name: record[name] for name in ("account_id", "contact_id")}}
        reply = {**who, "usage_point_ids": out, "text": "No, still out!", **times}
        yield from (one.value for one in read_reply(record["account_id"], orjson.dumps(reply)).passed)


def add_calls(storm: Path, calls: Iterable[bytes]) -> None:
    """Put calls among those of a storm, by the time at which they came."""
    file = storm / f"{CALL_EVENTS}.jsonl"
    lines = [*file.read_bytes().splitlines(), *calls]
    lines.sort(key=lambda line: parse_time(orjson.loads(line)["received_at"]))
    file.write_bytes(b"".join(line + b"\n" for line in lines))


def show(name: str, storm: Storm, accounts: Sequence[Record], seconds: float) -> None:
    back = [(at, one) for at, one in storm.sent if one["kind"] == "restored" and one["message_code"] in ON]
    wrong = [one for at, one in back if any(storm.truth.is_out(point, at) for point in one["usage_point_ids"])]
    sure = sum(one["message_code"] == "restored" for one in wrong)
    corrected = sum(one["kind"] == "correction" for _, one in storm.sent)
    lasting = storm.policy.outage_after_minutes * MINUTE
    long_out = {
        account["account_id"]
        for account in accounts
        if "quiet_from" not in account
        for point in account["usage_point_ids"]
        if any(end - begin > 2 * lasting for begin, end in storm.truth.spans.get(point, ()))
    }
    heard = {record["account_id"] for _, record in storm.sent}
    ends = ", ".join(f"{count} {status}" for status, count in sorted(storm.ends.items()))
    minutes = 2 * storm.policy.outage_after_minutes
    print(
        f"{name}: {len(storm.told)} messages ({ends}); told restored {len(back)}, truly out of these {len(wrong)} "
        f"({sure} of them without asking), corrections {corrected}; of {len(long_out)} accounts without quiet hours "
        f"that were out for over {minutes} minutes {len(long_out & heard)} heard ({seconds:.0f} s)",
        flush=True,
    )


if __name__ == "__main__":
    main()
