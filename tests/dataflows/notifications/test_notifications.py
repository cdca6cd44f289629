"""The flow `notifications` on Kafka: what it writes is what its model says of its log.

Whatever was killed, and in the end with two processes in place of one, and no state.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pytest
from confluent_kafka import Producer

from adapters.kafka.records.origin_log import origin_of, partition_of
from adapters.kafka.records.output_record import outgoing
from adapters.network.load import load_network
from dataflows.notifications.declaration import NotificationsSettings, equip
from models.contracts.inputs.call import CallEvent
from models.contracts.registry import output_of
from models.contracts.topics import (
    CALL_EVENTS,
    OUTAGE_CLOCK,
    OUTAGE_LIFECYCLE,
    OUTAGE_MEMBERSHIP,
    WORK_EVENTS,
    dead_letter_topic,
)
from models.notifications.notifications import Notifications
from models.notifications.output import ACCOUNTS, LOG, NOTIFICATIONS, OUTSIDE, REPLIES
from models.timeline.life import Life
from models.timeline.moment import Followed
from models.timeline.origin_merge import OriginMerge
from models.times.iso8601 import parse_time
from tests.chaos.processes import Flow as Process
from tests.chaos.processes import Place
from tests.chaos.topics import read_topics
from tests.peers.kafka import eventually, with_topics
from tests.worlds.golden import GOLDEN

if TYPE_CHECKING:
    from scripts.kafka.broker import KafkaBroker

MODULE = "dataflows.notifications.declaration"
FOLLOWED = (OUTAGE_LIFECYCLE, OUTAGE_MEMBERSHIP)
PARTITIONS = 2
assert LOG.imported is not None
LOGS = (LOG.topic, LOG.imported.topic)
CHECKPOINTS = LOG.imported.checkpoints
SECRET = "Wilhelmina"
PATIENCE = 300.0
pytestmark = pytest.mark.xdist_group("notifications")
"""The storm is replayed once for all."""
Records = list[dict[str, Any]]
Entry = tuple[str, dict[str, Any]]


@pytest.fixture
def apache_kafka(own_broker: KafkaBroker) -> str:
    """A Kafka of this test's own, with the topics as an operator makes them."""
    return with_topics(own_broker, MODULE, 1, PARTITIONS)


def read(folder: Path, topic: str) -> Records:
    return [orjson.loads(line) for line in (folder / f"{topic}.jsonl").read_bytes().splitlines()]


def produce(broker: str, records: list[tuple[str, int, bytes | None, bytes | None, Any]]) -> None:
    producer = Producer({"bootstrap.servers": broker, "log_level": 0})
    for topic, part, key, value, headers in records:
        producer.produce(topic, value, key, part, headers=list(headers or ()))
    assert producer.flush(60) == 0


def write_accounts(broker: str) -> None:
    """An account for each three usage points; some that cannot be read, and one that is gone again."""
    ids = list(load_network(GOLDEN / "network").point_ids)
    made: dict[str, Any] = {}
    for number, first in enumerate(range(0, len(ids), 3)):
        contacts = [
            {"contact_id": name, "channel": channel, "address": f"{SECRET}{number}@example.org", "consent": True}
            for name, channel in (("mobile", "sms"), ("post", "email"))
        ]
        own = {"usage_point_ids": ids[first : first + 3], "contacts": contacts, "language": ("en", "de")[number % 2]}
        made[f"A{number}"] = {"account_id": f"A{number}", **own}
    made["A1"]["time_zone"] = f"{SECRET}/Nowhere"
    made["A2"]["contacts"][0]["channel"] = SECRET
    made["A3"]["usage_point_ids"].append(f"{SECRET}'s house")
    made["A4"] = None
    lines = [(name, None if one is None else orjson.dumps(one)) for name, one in made.items()]
    lines += [("A5", b"{" + SECRET.encode())]
    produce(broker, [(ACCOUNTS.topic, 0, name.encode(), value, None) for name, value in lines])


def write_works(broker: str) -> None:
    """Work at the devices of the network's head, which takes power of all; and what is none."""
    network = load_network(GOLDEN / "network")
    times = {"observed_at": "2026-07-12T12:00:00Z", "received_at": "2026-07-12T12:00:01Z"}
    window = {"planned_from": "2026-07-13T06:00:00Z", "planned_to": "2026-07-13T09:00:00Z"}
    for device in np.flatnonzero(network.parent < 0).tolist():
        name = network.device_ids[device]
        made = {"work_id": "W", "device_id": name, "kind": "safety_shutoff", "status": "planned", **window, **times}
        unknown = made | {"device_id": "nowhere"}
        values = [orjson.dumps(made), orjson.dumps(unknown), SECRET.encode()]
        produce(broker, [(WORK_EVENTS, 0, b"W", value, None) for value in values])


def write_replies(broker: str) -> None:
    """One contact wants to hear no more, one is still out, one says what nobody understands, one sends no reply."""
    times = {"observed_at": "2026-07-12T16:48:00Z", "received_at": "2026-07-12T16:48:01Z"}
    for name, text in (("A6", "Stop, please"), ("A7", "still out!"), ("A8", f"{SECRET} is here"), ("A9", [SECRET])):
        record = {"event_id": name, "account_id": name, "contact_id": "mobile", "text": text, **times}
        produce(broker, [(REPLIES.topic, 0, name.encode(), orjson.dumps(record), None)])


def write(broker: str, replayed: Path, begin: float, end: float) -> None:
    """Write what belongs to a share of the instants, the clock last: another partition has the clock alone."""
    ticks = read(replayed, OUTAGE_CLOCK)
    some = ticks[int(begin * len(ticks)) : int(end * len(ticks))]
    before = ticks[int(begin * len(ticks)) - 1]["sequences"] if begin else {}
    made = []
    for topic in FOLLOWED:
        records = read(replayed, topic)[before.get(topic, 0) : some[-1]["sequences"][topic]]
        made += [(topic, 0, outgoing(output_of(topic), record, "default")) for record in records]
    for tick in some:
        empty = {"sequences": dict.fromkeys(tick["sequences"], 0), "event_id": f"1:{tick['updated_at']}"}
        other = tick | {"evidence_partition": 1} | empty
        made += [
            (OUTAGE_CLOCK, part, outgoing(output_of(OUTAGE_CLOCK), one, "default"))
            for part, one in enumerate((tick, other))
        ]
    produce(broker, [(topic, part, one.key, one.value, one.headers) for topic, part, one in made])


def values(broker: str, topic: str, part: int) -> list[bytes]:
    return [record.value or b"" for record in read_topics(broker, [(topic, part)])[topic, part]]


def entries(broker: str, part: int) -> list[Entry]:
    records = read_topics(broker, [(topic, part) for topic in LOGS])
    return [((one.key or b"").decode(), orjson.loads(one.value or b"")) for some in records.values() for one in some]


def expected(broker: str, some: Iterable[Entry], settings: Mapping[str, str]) -> list[bytes]:
    """What the model says, asked by itself, of entries of the log."""
    given = NotificationsSettings(
        kafka=broker,
        state=Path(),
        network=GOLDEN / "network",
        notifications_policy=Path(settings["notifications_policy"]),
    )
    equipment = equip(given).arguments[0]
    life = Life(lambda saved: Notifications(equipment, saved), [NOTIFICATIONS], "default")
    merge = OriginMerge([*map(origin_of, range(PARTITIONS)), OUTSIDE])
    for offset, (origin, entry) in enumerate(some):
        records = [Followed(LOG.topic, entry["number"], *pair) for pair in entry["records"]]
        merge.add(origin, entry["number"], entry["instant"], records, offset)
    said = [record for moment in merge.take() for _, record in life.take(moment)]
    return [outgoing(NOTIFICATIONS, record, "default").value or b"" for record in said]


def has_read(running: list[Process], broker: str, instant: int) -> bool:
    """Whether the log has come so far, of all origins, and all that follows from it is written."""
    for process in running:
        process.check()
    for part in range(PARTITIONS):
        reached: dict[str, int] = {}
        for origin, entry in entries(broker, part):
            reached[origin] = entry["instant"]
        if len(reached) <= PARTITIONS or min(reached.values()) < instant:
            return False
    return all(
        values(broker, NOTIFICATIONS.topic, part) == expected(broker, entries(broker, part), running[0].settings)
        for part in range(PARTITIONS)
    )


def imported(running: list[Process], broker: str) -> bool:
    for process in running:
        process.check()
    return all(["end"] in [one for _, entry in entries(broker, part) for _, one in entry["records"]] for part in (0, 1))


def test_kills_and_a_lost_state_show_nowhere(apache_kafka: str, replayed: Path, tmp_path: Path) -> None:
    broker, folder = apache_kafka, tmp_path
    policy = folder / "policy.toml"
    policy.write_text("outage_after_minutes = 1\ninterval_minutes = 5\nstorm_accounts = 30\n")
    given = {"flows": MODULE, "notifications_policy": str(policy), "epoch_seconds": "0.2"}
    whole = [Process(broker, "", "notifications", GOLDEN / "network", folder / "state", Place(), given)]
    halves = [
        Process(broker, "", "notifications", GOLDEN / "network", folder / f"state{one}", Place(one, 2), given)
        for one in range(2)
    ]
    ticks = [one["updated_at"] for one in read(replayed, OUTAGE_CLOCK)]
    write_accounts(broker)
    write_works(broker)
    produce(broker, [(OUTAGE_CLOCK, 0, b"0", b"no clock", None)])
    try:
        for begin, end, running in ((0.0, 0.01, whole), (0.01, 0.4, whole), (0.4, 0.7, whole), (0.7, 1.0, halves)):
            if begin == 0.4:
                rmtree(whole[0].state)
            for process in running:
                process.start()
            write(broker, replayed, begin, end)
            until = parse_time(ticks[int(end * len(ticks)) - 1])
            eventually(lambda running=running: imported(running, broker), PATIENCE)  # type: ignore[misc]
            if not begin:
                write_replies(broker)
                eventually(lambda: len(values(broker, dead_letter_topic(REPLIES.topic), 0)) == 1, PATIENCE)
            eventually(lambda until=until, running=running: has_read(running, broker, until), PATIENCE)  # type: ignore[misc]
            for process in running:
                process.kill()
    finally:
        for process in (*whole, *halves):
            process.kill()
    told = [orjson.loads(value) for part in range(PARTITIONS) for value in values(broker, NOTIFICATIONS.topic, part)]
    assert len({one["notification_id"] for one in told}) == len(told) > 50
    assert {one["kind"] for one in told} >= {"outage", "restored"}
    ahead = [one for one in told if one["message_code"] == "announced"]
    assert len({one["account_id"] for one in ahead}) > 10
    assert {partition_of(one["account_id"], PARTITIONS) for one in ahead} == {0, 1}
    assert {partition_of(one["account_id"], PARTITIONS) for one in told} == {0, 1}
    assert not {"A1", "A2", "A4", "A5"} & {one["account_id"] for one in told}
    assert "A6" in {one["account_id"] for one in told}
    later = [one for one in told if one not in ahead]
    assert ("A6", "mobile") not in {(one["account_id"], one["contact_id"]) for one in later}
    calls = [CallEvent.model_validate_json(one) for one in values(broker, CALL_EVENTS, 0)]
    assert {(one.event_id, one.account_id) for one in calls} == {("reply:A7:0", "A7")}, "a repeat has the same id"
    for process in (*whole, *halves):
        hold_to_privacy(broker, process)


def hold_to_privacy(broker: str, process: Process) -> None:
    """No address and nothing that was refused stands anywhere but where it came from."""
    letters = read_topics(broker, [(dead_letter_topic(ACCOUNTS.topic), 0)])[dead_letter_topic(ACCOUNTS.topic), 0]
    assert len(letters) >= 4
    assert {(one.key, one.value) for one in letters} == {(None, None)}
    places = [(CALL_EVENTS, 0), (dead_letter_topic(REPLIES.topic), 0)]
    written = (*LOGS, CHECKPOINTS, NOTIFICATIONS.topic)
    places += [(topic, part) for topic in written for part in range(PARTITIONS)]
    places.append((dead_letter_topic(ACCOUNTS.topic), 0))
    for records in read_topics(broker, places).values():
        assert not [one for one in records if SECRET in repr(one)]
    assert SECRET not in "\n".join(process.said())
    assert not [file for file in process.state.rglob("*") if file.is_file() and SECRET.encode() in file.read_bytes()]
