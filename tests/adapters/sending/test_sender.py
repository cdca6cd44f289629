"""Notifications on their way to real receivers, which are slow, overrun, broken and away; the sender is killed."""

from __future__ import annotations

import hmac
import os
import signal
import subprocess
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from confluent_kafka import Producer

from adapters.kafka.playing.embedded import EmbeddedBroker
from adapters.kafka.records.output_record import outgoing
from models.contracts.customers.reply import NotificationReceipt
from models.customers.output import CUSTOMER_POWER
from models.notifications.output import ACCOUNTS, NOTIFICATIONS, RECEIPTS, REPLIES
from models.times.iso8601 import format_time
from tests.chaos.topics import read_topics
from tests.peers.kafka import eventually, with_topics
from tests.peers.receivers import Answer, Got, SmtpRelay, WebhookReceiver
from tests.worlds.accounts import account, contact
from tests.worlds.storms import COMMAND, HOME

if TYPE_CHECKING:
    from scripts.kafka.broker import KafkaBroker

PARTITIONS = 2
TOPICS = (NOTIFICATIONS, ACCOUNTS, REPLIES, RECEIPTS, CUSTOMER_POWER)
SECRET = "whsec_c2VjcmV0IG9mIGEgdGVzdA=="
PATIENCE = 240.0
Record = dict[str, Any]


@pytest.fixture
def embedded() -> Iterator[str]:
    with EmbeddedBroker() as broker:
        for one in TOPICS:
            broker.create(one.topic, PARTITIONS)
        yield broker.bootstrap


@pytest.fixture
def apache_kafka(own_broker: KafkaBroker) -> str:
    flows = "dataflows.customers.declaration,dataflows.notifications.declaration"
    return with_topics(own_broker, flows, PARTITIONS, PARTITIONS)


class Sender:
    """The command, as a process."""

    def __init__(self, broker: str, folder: Path, channels: str, **own: str) -> None:
        self.config, self.log = folder / "send.toml", folder / "send.log"
        (folder / "secret").write_text(SECRET + "\n")
        self.config.write_text(channels.replace("SECRET", str(folder / "secret")))
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("FAULTLINE_")}
        self.environment |= {"FAULTLINE_KAFKA": broker, **own}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [*COMMAND, "connect", "notifications", "--config", str(self.config)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=HOME, env=self.environment, stdout=log, stderr=log)

    def check(self) -> None:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()

    def reaches(self, what: Callable[[], bool]) -> None:
        """Wait until something is so, while it runs."""

        def reached() -> bool:
            self.check()
            return what()

        eventually(reached, PATIENCE)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        self.check()
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(60) == 0, self.log.read_text()


def webhook(port: int, **options: Any) -> str:
    lines = [f"{name} = {value}" for name, value in options.items()]
    head = ["[[channels]]", 'channel = "sms"', 'kind = "webhook"', 'secret_file = "SECRET"']
    return "\n".join([*head, f'url = "http://127.0.0.1:{port}/messages"', *lines, ""])


def notification(number: int, account_id: str, **fields: Any) -> Record:
    now = int(time.time() * 1000)
    at = format_time(now)
    name = f"n{number:04d}"
    return {
        "event_id": f"{name}:{at}", "schema_version": 1, "organisation": "test", "sequence": number + 1,
        "updated_at": at, "notification_id": name, "account_id": account_id, "contact_id": "c", "channel": "sms",
        "usage_point_ids": [f"UP-{account_id}"], "kind": "outage", "language": "en", "message_code": "assessing",
        "parameters": {"since": at}, "text": f"message {number}", "outage_id": "a" * 26, "revision": 1, "as_of": at,
        "not_before": at, "expires_at": format_time(now + 600_000), "supersedes": None,
    } | fields  # fmt: skip


def stands(account_id: str, code: str, power: str) -> Record:
    at = format_time(int(time.time() * 1000) + 3_600_000)
    return {
        "event_id": f"UP-{account_id}:{at}", "schema_version": 1, "organisation": "test", "sequence": 1,
        "updated_at": at, "usage_point_id": f"UP-{account_id}", "power": power, "message_code": code,
        "message_parameters": {}, "etr_public": None, "zone_id": "z",
    }  # fmt: skip


def produce(broker: str, topic: str, records: dict[str, Record | None]) -> None:
    producer = Producer({"bootstrap.servers": broker, "log_level": 0})
    for key, record in records.items():
        producer.produce(topic, None if record is None else orjson.dumps(record), key.encode(), 0)
    assert producer.flush(60) == 0


def tell(broker: str, *records: Record) -> None:
    producer = Producer({"bootstrap.servers": broker, "log_level": 0})
    for record in records:
        one = outgoing(NOTIFICATIONS, record, "test")
        part = sum(record["account_id"].encode()) % PARTITIONS
        producer.produce(NOTIFICATIONS.topic, one.value, one.key, part, headers=list(one.headers or ()))
    assert producer.flush(60) == 0


def receipts(broker: str) -> list[tuple[str, str]]:
    places = [(RECEIPTS.topic, part) for part in range(PARTITIONS)]
    values = [record.value or b"" for records in read_topics(broker, places).values() for record in records]
    found = [NotificationReceipt.model_validate_json(value) for value in values if b'"no"' not in value]
    return [(one.notification_id, one.status) for one in found]


def accounts(*names: str, **fields: Any) -> dict[str, Record | None]:
    return {name: account(name, [1], contacts=[contact("c", **fields)]) for name in names}


def hold_to_the_order(taken: list[Got]) -> None:
    """By contact, messages came in their order; what came twice had the same key and the same body."""
    first: dict[str, Got] = {}
    for got in taken:
        assert first.setdefault(got.headers["webhook-id"], got).body == got.body
    by_account: dict[str, list[str]] = {}
    for name, got in first.items():
        by_account.setdefault(got.record["account_id"], []).append(name)
    assert all(names == sorted(names) for names in by_account.values())


def hold_to_the_signature(got: Got) -> None:
    headers = got.headers
    assert headers["idempotency-key"] == f'"{got.record["notification_id"]}"'
    assert abs(time.time() - int(headers["webhook-timestamp"])) < 3600
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + got.body
    expected = hmac.new(b64decode(SECRET.removeprefix("whsec_")), signed, sha256).digest()
    assert b64decode(headers["webhook-signature"].removeprefix("v1,")) == expected


def test_a_receiver_that_does_all_that_it_should_not(embedded: str, tmp_path: Path) -> None:
    names = [f"A{number}" for number in range(8)]
    sent = [notification(10 * turn + place, name) for turn in range(3) for place, name in enumerate(names)]
    faults = [
        Answer(500), Answer(429, {"Retry-After": "1"}), Answer(302, {"Location": "/elsewhere"}), Answer(None),
        Answer(503, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}), Answer(401), Answer(202), Answer(200),
    ]  # fmt: skip

    def answers(got: Got, times: int) -> Answer:
        number = int(got.headers["webhook-id"][1:])
        if got.record["account_id"] == "bad":
            return Answer(422)
        return faults[number % 10 % len(faults)] if times == 1 else Answer(200)

    with closing(WebhookReceiver(answers)) as receiver:
        sender = Sender(embedded, tmp_path, webhook(receiver.port, timeout_seconds=1), FAULTLINE_EMBEDDED="true")
        produce(embedded, ACCOUNTS.topic, accounts(*names, "bad", "stop", "old") | accounts("mute", consent=False))
        reply = {"event_id": "r", "account_id": "stop", "contact_id": "c", "text": "STOP"}
        at = format_time(int(time.time() * 1000))
        produce(embedded, REPLIES.topic, {"stop": reply | {"observed_at": at, "received_at": at}})
        states = {"UP-old": stands("old", "restored", "on"), "UP-A0": stands("A0", "assessing", "out")}
        produce(embedded, CUSTOMER_POWER.topic, {**states, "UP-A1": {"no": "state"}})
        produce(embedded, RECEIPTS.topic, {"A1": {"no": "receipt"}})
        produce(embedded, ACCOUNTS.topic, {"A?": {"no": "account"}})
        others = ("bad", "stop", "mute", "nobody", "old")
        odd = [notification(100 + place, name) for place, name in enumerate(others)]
        long_ago = "2026-01-01T00:00:00.000Z"
        over = {"as_of": long_ago, "not_before": long_ago, "expires_at": "2026-01-01T00:30:00.000Z"}
        odd.append(notification(110, "A1", **over))
        pair = [notification(120, "A2"), notification(121, "A2", supersedes="n0120")]
        mail = notification(130, "A3", channel="email")
        sender.start()
        try:
            tell(embedded, *sent, *odd, *pair, mail)
            expected = {one["notification_id"]: "sent" for one in sent} | {"n0121": "sent", "n0120": "superseded"}
            expected |= dict.fromkeys(("n0101", "n0102", "n0103"), "stopped")
            expected |= {"n0100": "failed", "n0104": "stale"}
            expected["n0110"] = "expired"
            sender.reaches(lambda: len(receipts(embedded)) >= len(expected))
            sender.stop()
        finally:
            sender.kill()
        assert sorted(receipts(embedded)) == sorted(expected.items())
        assert not [got for got in receiver.got if "followed" in got.headers], "a redirect was followed"
        hold_to_the_order(receiver.taken)
        for got in receiver.taken:
            hold_to_the_signature(got)
            assert got.record["address"] == "c@secret.example"
        assert "secret.example" not in sender.log.read_text()


def test_nothing_is_lost_while_the_receiver_is_away_and_the_sender_is_killed(apache_kafka: str, tmp_path: Path) -> None:
    names = [f"A{number}" for number in range(10)]
    sent = [notification(10 * turn + place, name) for turn in range(20) for place, name in enumerate(names)]
    with closing(WebhookReceiver(lambda *_: Answer(200))) as receiver:
        port = receiver.port
    sender = Sender(apache_kafka, tmp_path, webhook(port, per_second=40.0))
    produce(apache_kafka, ACCOUNTS.topic, accounts(*names))
    tell(apache_kafka, *sent)
    sender.start()
    taken: list[Got] = []

    def came() -> int:
        return len({got.headers["webhook-id"] for got in taken})

    try:
        for least in (20, 90):  # away at first, and again after a while
            with closing(WebhookReceiver(lambda *_: Answer(200), port, taken)):
                sender.reaches(lambda least=least: came() >= least)  # type: ignore[misc]
                sender.kill()
            sender.start()
        with closing(WebhookReceiver(lambda *_: Answer(200), port, taken)):
            sender.reaches(lambda: len({name for name, _ in receipts(apache_kafka)}) == len(sent))
            sender.stop()
    finally:
        sender.kill()
    assert {status for _, status in receipts(apache_kafka)} == {"sent"}
    assert {got.headers["webhook-id"] for got in taken} == {one["notification_id"] for one in sent}
    hold_to_the_order(taken)
    assert len(taken) <= len(sent) + 2 * 16, "only what was on its way came twice"


def test_mail_by_a_relay(embedded: str, tmp_path: Path) -> None:
    def answers(address: str, times: int) -> str:
        return "550 nobody here" if address.startswith("gone") else "250 well" if times > 1 else "451 later"

    with closing(SmtpRelay(answers)) as relay:
        channel = ["[[channels]]", 'channel = "email"', 'kind = "smtp"', 'host = "127.0.0.1"', f"port = {relay.port}"]
        channel += ['encryption = "none"', 'sender = "power@utility.example"']
        sender = Sender(embedded, tmp_path, "\n".join(channel), FAULTLINE_EMBEDDED="true")
        produce(embedded, ACCOUNTS.topic, accounts("A", address="here@home.example"))
        produce(embedded, ACCOUNTS.topic, accounts("B", address="gone@home.example") | accounts("C", address="x\r\ny"))
        tell(embedded, *(notification(number, name, channel="email") for number, name in enumerate("ABC")))
        sender.start()
        try:
            sender.reaches(lambda: len(receipts(embedded)) == 3)
            sender.stop()
        finally:
            sender.kill()
    assert sorted(receipts(embedded)) == [("n0000", "sent"), ("n0001", "failed"), ("n0002", "failed")]
    (mail,) = relay.mail
    assert "Message-ID: <n0000@utility.example>\r\n" in mail
    assert mail.rstrip().endswith("message 0")


def test_settings_that_are_wrong_are_told_at_once(tmp_path: Path) -> None:
    config = tmp_path / "send.toml"
    config.write_text(
        'kafka = "127.0.0.1:1"\nworkers = 0\n'
        '[[channels]]\nchannel = "sms"\nkind = "webhook"\nurl = "http://gateway.example/"\nsecret_file = "none"\n'
        '[[channels]]\nchannel = "email"\nkind = "smtp"\nhost = "relay.example"\nencryption = "none"\nsender = "x"\n'
    )
    command = [*COMMAND, "connect", "notifications", "--config", str(config)]
    done = subprocess.run(command, cwd=HOME, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    for fault in ("workers", "give https", "channels.1.smtp.sender"):
        assert fault in done.stderr, done.stderr
