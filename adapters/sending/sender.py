"""Sending what `customer.notification.events.v1` says, until it is asked to stop.

Delivery: at least once, each with its id as the key of idempotence. What is done stands on the receipts' topic; the
group's offsets say before which all is done. Who starts anew reads on there, and leaves out what has a receipt.
"""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

import orjson
from confluent_kafka import KafkaError, KafkaException

from adapters.connectors.clock import now_ms
from adapters.kafka.clients.consumer import PartitionReader, offset_of
from adapters.kafka.clients.offset_range import RangeReader
from adapters.kafka.clients.positions import Positions
from adapters.kafka.clients.producer import Outgoing
from adapters.kafka.records.followed_record import ForeignRecordError, RecordReader
from models.contracts.customers.reply import NotificationReceipt
from models.notifications.output import NOTIFICATIONS, RECEIPTS
from models.notifications.outside.reading import read_receipt
from models.refusal import FaultsError
from models.sending.outbox import Ended, Message, Outcome
from models.timeline.tables import RefusedRecordError
from models.times.iso8601 import format_time, parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from adapters.kafka.clients.consumer import Place, Run
    from adapters.kafka.clients.producer import RecordProducer
    from adapters.sending.directory import Directory
    from models.contracts.customers.reply import ReceiptStatus
    from models.sending.outbox import Outbox

GROUP: Final = "faultline-notifications-sender"
MOST_WAITING: Final = 100_000
"""Messages of which nothing has become yet; then no more are read."""
RECORDS_AT_ONCE: Final = 1000
LOOK_SECONDS: Final = 0.02
COMMIT_SECONDS: Final = 1.0
BY_KEY: Final = -1
PATIENCE: Final = 60.0
PASSING: Final = frozenset(
    {
        KafkaError.NOT_COORDINATOR,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
    }
)
log: Final = logging.getLogger("faultline")


class Way(Protocol):
    """How a channel is sent."""

    def send(self, record: Mapping[str, Any], address: str) -> Outcome:
        """Try once, on any thread."""

    def fault(self) -> str | None:
        """Say why nothing can be sent now, None if it can; sends nothing."""


class Begin(NamedTuple):
    """Where a sender begins."""

    offsets: Mapping[Place, int]
    done: frozenset[str]
    """Messages that have a receipt."""


class Topics(NamedTuple):
    """What a sender reads and writes."""

    reader: PartitionReader
    producer: RecordProducer
    receipts: str
    """The topic's name."""
    done: frozenset[str]
    """As in `Begin`."""


class Sender:
    """One process."""

    def __init__(
        self,
        ways: Mapping[str, Way],
        outbox: Outbox,
        directory: Directory,
        topics: Topics,
        workers: int,
    ) -> None:
        """`ways` are by channel; `workers` messages may be on their way at once."""
        self._ways, self._outbox, self._directory = ways, outbox, directory
        self._reader, self._producer, self._receipts, self._done = topics
        self._records = RecordReader(NOTIFICATIONS)
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="sender")
        self._free = workers
        self._answers: SimpleQueue[tuple[str, Outcome]] = SimpleQueue()
        self._committed: dict[Place, int] = {}
        self._commit_at = 0.0
        self._paused = False
        self.on_ended: Callable[[str, ReceiptStatus], None] = lambda _channel, _status: None
        """Told the channel and the status of each message."""
        self.on_try: Callable[[str, str], None] = lambda _channel, _outcome: None
        """Told the channel of each try, and whether it was `answered` or is made `again`."""
        self.moved_at = time.monotonic()

    def run(self, stopping: Callable[[], bool]) -> None:
        """Send until it is asked to stop; what is on its way is waited for. Raises `DeliveryError`."""
        while not stopping():
            self.step()
        self._pool.shutdown(wait=True)
        self._take_answers(now_ms())
        self._commit()
        self._reader.close()

    def step(self) -> None:
        """Look at what has come, what may be sent and what has become of it."""
        self.moved_at = time.monotonic()
        if self._directory.failure is not None:
            raise FaultsError([self._directory.failure])
        self._pause(len(self._outbox) >= MOST_WAITING or bool(self._directory.lacking()))
        for run in self._reader.poll(RECORDS_AT_ONCE, LOOK_SECONDS).runs:
            self._read(run)
        now = now_ms()
        self._take_answers(now)
        if not self._directory.lacking():
            self._send(now)
        self._producer.poll()
        if time.monotonic() >= self._commit_at:
            self._commit()
            self._commit_at = time.monotonic() + COMMIT_SECONDS

    def _pause(self, pause: bool) -> None:  # noqa: FBT001 (what to do)
        if pause != self._paused:
            self._reader.pause(list(self._reader.positions) if pause else ())
            self._paused = pause

    def _read(self, run: Run) -> None:
        for message in run.messages:
            try:
                record = self._records.read(message).record
            except ForeignRecordError as error:
                where = f"{run.topic}/{run.partition}, offset {offset_of(message)}"
                log.warning("%s is passed over: %s", where, error)
                continue
            if record is not None and record.channel in self._ways and record.notification_id not in self._done:
                times = parse_time(record.expires_at), parse_time(record.not_before)
                self._outbox.add(Message(record.model_dump(), run.partition, offset_of(message), *times))

    def _send(self, now: int) -> None:
        for one in self._outbox.take(now, self._free):
            if isinstance(one, Ended):
                self._receipt(one, now)
            else:
                self._free -= 1
                self._pool.submit(self._try, one.record)

    def _try(self, record: Mapping[str, Any]) -> None:
        """Try to send a message; on a thread of the pool."""
        outcome = Outcome(None)
        try:
            address = self._directory.address(record)
            outcome = Outcome("stopped") if address is None else self._ways[record["channel"]].send(record, address)
        except Exception:
            log.exception("notifications: a message cannot be sent as it is; it is tried again")
        finally:
            self._answers.put((record["notification_id"], outcome))
            self.on_try(record["channel"], "again" if outcome.status is None else "answered")

    def _take_answers(self, now: int) -> None:
        while True:
            try:
                name, outcome = self._answers.get_nowait()
            except Empty:
                return
            self._free += 1
            for ended in self._outbox.tell(name, outcome, now):
                self._receipt(ended, now)

    def _receipt(self, ended: Ended, now: int) -> None:
        record = ended.message.record
        at = format_time(now)
        fields = {name: record[name] for name in ("notification_id", "account_id", "contact_id")}
        receipt = fields | {"status": ended.status, "observed_at": at, "received_at": at}
        receipt["event_id"] = f"{ended.message.name}:{ended.status}"
        NotificationReceipt.model_validate(receipt)
        self._producer.send(
            self._receipts,
            BY_KEY,
            Outgoing(orjson.dumps(receipt, option=orjson.OPT_SORT_KEYS), record["account_id"].encode()),
        )
        self.on_ended(record["channel"], ended.status)

    def _commit(self) -> None:
        """Tell the group before which all is done, once the receipts are acknowledged."""
        self._producer.flush()
        offsets = {
            place: self._outbox.done_before(place[1], position) for place, position in self._reader.positions.items()
        }
        if offsets != self._committed:
            self._reader.commit(offsets)
            self._committed = offsets


def find_begin(client: Mapping[str, Any], prefix: str, process: int, processes: int) -> Begin:
    """Find where a process goes on: where its group says, at the head at first. Raises `FaultsError`."""
    topic, receipts = prefix + NOTIFICATIONS.topic, prefix + RECEIPTS.topic
    with Positions(client, GROUP) as positions:
        counts = positions.partitions([topic, receipts])
        own = [(topic, part) for part in range(process, counts[topic], processes)]
        committed, bounds = _committed(positions, own), positions.bounds(own)
    offsets = {place: max(committed[place], bounds[place][0]) for place in own}
    done: set[str] = set()
    with RangeReader(client) as reader:
        for part in range(counts[receipts]):
            for message in reader.records(reader.locate(receipts, part)):
                with suppress(RefusedRecordError):  # the flow tells of those that cannot be read
                    key = (message.key() or b"").decode("utf-8", "replace")
                    done.add(read_receipt(key, message.value()).said[2])
    return Begin(offsets, frozenset(done))


def _committed(positions: Positions, own: Sequence[Place]) -> Mapping[Place, int]:
    """Ask how far the group has come; a cluster that has just begun to keep groups answers so after a while."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return positions.committed(own)
        except KafkaException as error:
            if error.args[0].code() not in PASSING or time.monotonic() > deadline:
                fault = f"how far {GROUP} has come cannot be asked: {error.args[0].str().lower()}"
                raise FaultsError([f"{fault}; see to the broker, and allow the group to be read"]) from error
            time.sleep(LOOK_SECONDS)
