"""A day after an account was erased nothing is left of it anywhere, and nobody else is told anything else.

On Apache Kafka, whose hours are seconds here: topics keep what they keep by their own settings, all divided alike.
"""

from __future__ import annotations

from itertools import chain
from shutil import rmtree
from typing import TYPE_CHECKING, Any, Final

import orjson
import pytest

from adapters.kafka.topics.declaration import log_topics, table_topics, topic_of
from adapters.network.load import load_network
from models.contracts.topics import OUTAGE_CLOCK
from models.notifications.output import ACCOUNTS, LOG, NOTIFICATIONS, RECEIPTS, REPLIES
from models.times.iso8601 import parse_time
from tests.chaos.processes import Flow as Process
from tests.chaos.processes import Place
from tests.dataflows.notifications.test_notifications import (
    CHECKPOINTS,
    LOGS,
    MODULE,
    PARTITIONS,
    PATIENCE,
    expected,
    imported,
    produce,
    read,
    write,
    write_accounts,
)
from tests.peers.forgetting import HOUR, SHORT_HOUR, eager_broker, let_pass, read_forgetting, traces
from tests.peers.kafka import eventually, with_topics
from tests.worlds.golden import GOLDEN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from scripts.kafka.broker import KafkaBroker

pytestmark = pytest.mark.xdist_group("notifications")
ERASED: Final = "Wilhelmine-7"
STEPS: Final = 40
"""Of the storm while the day passes."""


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[KafkaBroker]:
    yield from eager_broker(tmp_path)


def set_hours(bootstrap: str, hour: int) -> None:
    """Let an hour of the flow's topics that name accounts take so many milliseconds."""
    tables = chain.from_iterable(map(table_topics, (ACCOUNTS, RECEIPTS, REPLIES)))
    let_pass(bootstrap, (*tables, *log_topics(LOG), topic_of(NOTIFICATIONS)), hour)


def account(account_id: str) -> bytes:
    """Make an account with two contacts."""
    contacts = [
        {"contact_id": name, "channel": channel, "address": f"{account_id}@example.org", "consent": True}
        for name, channel in (("mobile", "sms"), ("post", "email"))
    ]
    points = list(load_network(GOLDEN / "network").point_ids[:6])
    return orjson.dumps({"account_id": account_id, "usage_point_ids": points, "contacts": contacts})


class Player:
    """Plays the storm, and keeps what stood in topics that forget."""

    def __init__(self, bootstrap: str, flow: Process, replayed: Path) -> None:
        self.bootstrap, self.flow, self.replayed = bootstrap, flow, replayed
        self.ticks = [one["updated_at"] for one in read(replayed, OUTAGE_CLOCK)]
        self.at = 0.0
        self.entries: dict[tuple[int, str, int], dict[str, Any]] = {}
        self.messages: dict[tuple[int, int], bytes] = {}

    def play(self, until: float) -> None:
        """Play up to a share of the storm, and wait until it is in the log."""
        write(self.bootstrap, self.replayed, self.at, until)
        self.at = until
        eventually(self.has_read, PATIENCE)

    def has_read(self) -> bool:
        self.flow.check()
        self.keep()
        instant = parse_time(self.ticks[int(self.at * len(self.ticks)) - 1])
        reached = {(part, origin): entry["instant"] for (part, origin, _), entry in self.entries.items()}
        return len(reached) == PARTITIONS * (PARTITIONS + 1) and min(reached.values()) >= instant

    def keep(self) -> None:
        places = [(topic, part) for topic in (*LOGS, NOTIFICATIONS.topic) for part in range(PARTITIONS)]
        for (topic, part), some in read_forgetting(self.bootstrap, places).items():
            for message in some:
                value = message.value() or b""
                record = orjson.loads(value)
                if topic == NOTIFICATIONS.topic:
                    assert self.messages.setdefault((part, record["sequence"]), value) == value
                else:
                    self.entries[part, (message.key() or b"").decode(), record["number"]] = record

    def has_told(self) -> bool:
        """Whether all has been said that the model says which has forgotten nothing, byte for byte."""
        self.flow.check()
        self.keep()
        return all(self.told(part) == self.expected(part) for part in range(PARTITIONS))

    def told(self, part: int) -> list[bytes]:
        return [self.messages[one] for one in sorted(self.messages) if one[0] == part]

    def expected(self, part: int) -> list[bytes]:
        some = [(origin, self.entries[at, origin, number]) for at, origin, number in sorted(self.entries) if at == part]
        return expected(self.bootstrap, some, self.flow.settings)


def test_after_a_day_nothing_is_left_of_an_erased_account(broker: KafkaBroker, replayed: Path, tmp_path: Path) -> None:
    bootstrap = with_topics(broker, MODULE, 3, PARTITIONS)
    policy = tmp_path / "policy.toml"
    policy.write_text("outage_after_minutes = 1\ninterval_minutes = 5\n")
    given = {"flows": MODULE, "notifications_policy": str(policy), "epoch_seconds": "0.2"}
    flow = Process(bootstrap, "", "notifications", GOLDEN / "network", tmp_path / "state", Place(), given)
    player = Player(bootstrap, flow, replayed)
    write_accounts(bootstrap)
    produce(bootstrap, [(ACCOUNTS.topic, 0, ERASED.encode(), account(ERASED), None)])
    flow.start()
    try:
        live_a_day(broker, player)
    finally:
        flow.kill()


def live_a_day(broker: KafkaBroker, player: Player) -> None:
    bootstrap, flow = broker.bootstrap, player.flow
    player.play(0.01)
    eventually(lambda: imported([flow], bootstrap), PATIENCE)
    player.play(0.4)
    eventually(player.has_told, PATIENCE)
    answer(bootstrap, player)
    player.play(0.5)
    eventually(player.has_told, PATIENCE)
    named = {ACCOUNTS.topic, RECEIPTS.topic, REPLIES.topic, LOGS[1], CHECKPOINTS, NOTIFICATIONS.topic}
    assert named <= traces(broker, flow, ERASED)
    produce(bootstrap, [(ACCOUNTS.topic, 0, ERASED.encode(), None, None)])
    set_hours(bootstrap, SHORT_HOUR)
    steps = iter([0.5 + 0.2 * (step + 1) / STEPS for step in range(STEPS)])

    def is_gone() -> bool:
        """Other accounts change meanwhile, and outages go on."""
        produce(bootstrap, [(ACCOUNTS.topic, 0, b"B", account("B"), None)])
        if (step := next(steps, None)) is not None:
            player.play(step)
        return not traces(broker, flow, ERASED)

    eventually(is_gone, PATIENCE)
    player.play(0.8)  # there is a checkpoint again: hours of the storm did not pass as fast
    eventually(player.has_told, PATIENCE)
    flow.kill()
    set_hours(bootstrap, HOUR)
    rmtree(flow.state)
    flow.start()
    player.play(1.0)
    eventually(player.has_told, PATIENCE)
    assert flow.told("goes on from the checkpoint")
    told = [orjson.loads(one) for one in player.messages.values()]
    assert len({one["notification_id"] for one in told}) == len(told) > 50
    assert {one["account_id"] for one in told} > {ERASED, "B"}


def answer(bootstrap: str, player: Player) -> None:
    """The account has a receipt of each message so far; one of its contacts has had enough."""
    told = [one for one in map(orjson.loads, player.messages.values()) if one["account_id"] == ERASED]
    assert told
    made = []
    for one in told:
        receipt = {name: one[name] for name in ("notification_id", "account_id", "contact_id")}
        receipt |= {"status": "delivered", "observed_at": one["as_of"], "received_at": one["as_of"]}
        made.append((RECEIPTS.topic, 0, ERASED.encode(), orjson.dumps(receipt | {"event_id": one["event_id"]}), None))
    times = {"observed_at": told[-1]["as_of"], "received_at": told[-1]["as_of"]}
    stop = {"event_id": f"{ERASED}:1", "account_id": ERASED, "contact_id": "post", "text": "Stop", **times}
    made.append((REPLIES.topic, 0, ERASED.encode(), orjson.dumps(stop), None))
    produce(bootstrap, made)  # type: ignore[arg-type]
