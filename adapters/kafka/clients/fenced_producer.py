"""Writing where only one process may write: a transactional id a partition fences whoever had it before.

Transactions serve for nothing else: they have no part in epochs, and where to go on follows from the last number in a
topic, as ever. A partition's records of all topics go through one producer, whose transaction is committed at most
every 200 ms by a thread of its own, so that the flow never waits for a commit; what comes meanwhile goes into the next
one. A commit whose outcome is unknown ends the process: who starts next fences first, and then reads where the topics
end.
"""

from __future__ import annotations

import time
from collections import defaultdict, deque
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from itertools import islice
from threading import Condition, Lock, Thread
from typing import TYPE_CHECKING, Any, Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from adapters.kafka.clients.producer import PATIENCE, REMEDY, WRITING, DeliveryError, Outgoing, Tally, produce
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

COMMIT_SECONDS: Final = 0.2
"""Between two commits of a partition."""
LINGER_SECONDS: Final = 0.01
"""What one instant says goes into one transaction: its topics are written one after the other."""
LONGEST_TRANSACTION: Final = 900.0
"""Brokers allow no longer ones unless told to (`transaction.max.timeout.ms`)."""
MOST_WAITING: Final = 20_000
"""Records of a partition that wait while a transaction is committed; then the flow waits as well."""
AT_ONCE: Final = 1000
"""Records that are handed over before a commit may begin."""
FENCED_AT_ONCE: Final = 16
FENCED: Final = frozenset(
    {
        KafkaError._FENCED,  # noqa: SLF001 (so named)
        KafkaError.PRODUCER_FENCED,
        KafkaError.INVALID_PRODUCER_EPOCH,
    }
)


class FencedError(FaultsError):
    """Another process has taken a partition over."""


class _State(Enum):
    IDLE = 0
    OPEN = 1
    COMMITTING = 2


class FencedProducer:
    """A producer that nobody else can write beside. Raises `FencedError` and `DeliveryError` at the next call."""

    def __init__(
        self, client: Callable[[], Mapping[str, Any]], ids: Mapping[int, str], patience: float = PATIENCE
    ) -> None:
        """Make a producer for each partition with its transactional id; `client` gives the settings of one client."""
        self.on_tally: Callable[[str, Tally], None] = lambda _topic, _tally: None
        self.on_full: Callable[[float], None] = lambda _seconds: None
        self._patience = patience
        self._tallies: defaultdict[str, Tally] = defaultdict(Tally)
        self._counting = Lock()
        self._failure: Exception | None = None
        self._changed = Condition()
        """Guards the lanes' states; told when one changes."""
        self.flushing = False
        """Whether the flow waits until all is committed: nothing lingers."""
        self._lanes = {part: _Lane(self, client(), (part, name), patience) for part, name in ids.items()}
        self._thread = Thread(target=self._commit_due, name="committer", daemon=True)

    def fence(self) -> None:
        """Take the partitions over: whoever had them can write no more, and what it had open is undone.

        Raises `FaultsError`. What stands in the topics from here on stays there.
        """
        with ThreadPoolExecutor(FENCED_AT_ONCE) as pool:  # each waits for the broker
            list(pool.map(_Lane.take_over, self._lanes.values()))
        self._thread.start()

    def send(self, topic: str, partition: int, outgoing: Outgoing) -> None:
        """Hand a record over. Raises `FencedError` and `DeliveryError`."""
        self._raise()
        self._lanes[partition].send(topic, [outgoing])

    def send_all(self, topic: str, partition: int, records: Iterable[Outgoing]) -> None:
        """Hand records over, in their order. Raises `FencedError` and `DeliveryError`."""
        coming = iter(records)
        while some := list(islice(coming, AT_ONCE)):
            self._raise()
            self._lanes[partition].send(topic, some)

    def withhold(self, topic: str, outgoing: Outgoing) -> None:
        """Do not send a record, as the topic has it."""
        with self._counting:
            self._tallies[topic].withheld += 1
        if outgoing.receipt is not None:
            outgoing.receipt.delivered()

    def poll(self) -> None:
        """Look at what became of records. Raises `FencedError` and `DeliveryError`."""
        self._report_tallies()
        self._raise()

    def flush(self) -> None:
        """Wait until everything is committed. Raises `DeliveryError` where it takes too long or failed."""
        deadline = time.monotonic() + self._patience
        with self._changed:
            self.flushing = True
            for lane in self._lanes.values():
                lane.due = 0.0
            self._changed.notify_all()
            while self._failure is None and any(lane.busy for lane in self._lanes.values()):
                if not self._changed.wait(max(deadline - time.monotonic(), 0.0)):
                    self.fail(DeliveryError(f"records are not committed after {self._patience:.0f} s; {REMEDY}"))
            self.flushing = False
        self._report_tallies()
        self._raise()

    def fail(self, error: Exception) -> None:
        """Keep the first failure: it is raised at the next call."""
        self._failure = self._failure or error
        with self._changed:
            self._changed.notify_all()

    def wait(self, seconds: float) -> None:
        """There was no room for so many seconds. Raises what has failed meanwhile."""
        self.on_full(seconds)
        self._raise()

    def count(self, tallies: Mapping[str, Tally]) -> None:
        """Count what became of records."""
        with self._counting:
            for topic, some in tallies.items():
                tally = self._tallies[topic]
                tally.written += some.written
                tally.size += some.size

    @property
    def changed(self) -> Condition:
        """What is told when there is something to commit."""
        return self._changed

    def _report_tallies(self) -> None:
        with self._counting:
            tallies, self._tallies = self._tallies, defaultdict(Tally)
        for topic, tally in tallies.items():
            self.on_tally(topic, tally)

    def _raise(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _commit_due(self) -> None:
        """Commit one transaction after the other when it is due, for as long as the process lives."""
        while self._failure is None:
            with self._changed:
                open_now = [lane for lane in self._lanes.values() if lane.state is _State.OPEN]
                lane = min(open_now, key=lambda some: some.due, default=None)
                if lane is None or lane.due > time.monotonic():
                    self._changed.wait(None if lane is None else lane.due - time.monotonic())
                    continue
                lane.state = _State.COMMITTING
            try:
                lane.commit()
            except Exception as error:  # noqa: BLE001 (raised where the flow runs)
                self.fail(error)


class _Lane:
    """One partition of all topics: a producer and its transaction."""

    def __init__(
        self, owner: FencedProducer, client: Mapping[str, Any], partition: tuple[int, str], patience: float
    ) -> None:
        """`partition` is its number and its transactional id."""
        self._owner = owner
        self._partition, self._name = partition
        self._patience = patience
        longest = min(patience, LONGEST_TRANSACTION)
        settings: dict[str, Any] = {"transactional.id": self._name, "transaction.timeout.ms": int(longest * 1000)}
        settings["delivery.report.only.error"] = True  # that a transaction is committed says that all of it was kept
        self._producer = Producer({**WRITING, **client, **settings, "message.timeout.ms": int(longest * 1000)})
        self._waiting: deque[tuple[str, Sequence[Outgoing]]] = deque()
        self._waiting_records = 0
        self._sent: defaultdict[str, Tally] = defaultdict(Tally)
        """In the open transaction, by topic."""
        self.state = _State.IDLE
        self.due = 0.0
        """When the open transaction is to be committed, by the monotonic clock."""
        self._committed_at = 0.0

    @property
    def busy(self) -> bool:
        """Whether anything is not committed yet."""
        return self.state is not _State.IDLE or bool(self._waiting)

    def take_over(self) -> None:
        """Fence whoever has the transactional id, and undo what it had open. Raises `FaultsError`."""
        deadline = time.monotonic() + self._patience
        while True:
            try:
                self._producer.init_transactions(min(self._patience, 30.0))
            except KafkaException as error:
                cause = error.args[0]
                if cause.retriable() and time.monotonic() < deadline:
                    continue
                fault = f"no transaction can be begun as {self._name}: {cause.str().lower()}"
                remedy = "allow the transactional id, and see that the broker's transaction log has all of its replicas"
                raise FaultsError([f"{fault}; {remedy}"]) from error
            else:
                return

    def send(self, topic: str, records: Sequence[Outgoing]) -> None:
        """Write records into the open transaction, or let them wait for the next while that one is committed."""
        with self._owner.changed:
            while self.state is _State.COMMITTING and self._waiting_records >= MOST_WAITING:
                self._owner.changed.wait(COMMIT_SECONDS)
                self._owner.wait(COMMIT_SECONDS)
            if self.state is _State.COMMITTING:
                self._waiting.append((topic, records))
                self._waiting_records += len(records)
                return
            self._write(topic, records)

    def commit(self) -> None:
        """Commit, then write what has waited. Raises `FencedError` and `DeliveryError`."""
        deadline = time.monotonic() + self._patience
        while True:
            try:
                self._producer.commit_transaction(1.0)
                break
            except KafkaException as error:
                if not error.args[0].retriable() or time.monotonic() > deadline:
                    raise self._failure_of(error, "the outcome of a commit is unknown") from None
        with self._owner.changed:
            self.state, self._committed_at = _State.IDLE, time.monotonic()
            self._owner.count(self._sent)
            self._sent.clear()
            while self._waiting:
                self._write(*self._waiting.popleft())
            self._waiting_records = 0
            self._owner.changed.notify_all()

    def _write(self, topic: str, records: Sequence[Outgoing]) -> None:
        try:
            if self.state is _State.IDLE:
                self._producer.begin_transaction()
                self.state = _State.OPEN
                now = time.monotonic()
                lingers = max(now + LINGER_SECONDS, self._committed_at + COMMIT_SECONDS)
                self.due = now if self._owner.flushing else lingers
                self._owner.changed.notify_all()
            self._sent[topic].size += self._produce(topic, records)
            self._sent[topic].written += len(records)
        except KafkaException as error:
            raise self._failure_of(error, f"{topic} cannot be written") from None

    def _produce(self, topic: str, records: Sequence[Outgoing]) -> int:
        """Hand records to the client, each with as little work as may be; returns the bytes of their values."""
        hand_over, partition, refused, size = self._producer.produce, self._partition, self._refused, 0
        for outgoing in records:
            value, key, headers, _, _, at, _ = outgoing
            try:
                hand_over(topic, value, key, partition, on_delivery=refused, timestamp=at, headers=headers)  # type: ignore[arg-type]
            except BufferError:
                produce(self._producer, (topic, partition), outgoing, refused, self._patience, self._owner.wait)
            if value is not None:
                size += len(value)
        return size

    def _refused(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self._owner.fail(self._fault(error, f"{message.topic()}: a record was not kept"))

    def _failure_of(self, error: KafkaException, what: str) -> Exception:
        cause = error.args[0]
        if cause.code() == KafkaError._FATAL:  # noqa: SLF001 (so named)
            cause = self._fatal_cause(cause)
        return self._fault(cause, what)

    def _fatal_cause(self, error: KafkaError) -> KafkaError:
        """What made a producer useless: asked for anything about its transaction it tells, where writing does not."""
        try:
            self._producer.abort_transaction(0.1)
        except KafkaException as answer:
            cause: KafkaError = answer.args[0]
            return cause
        return error

    def _fault(self, error: KafkaError, what: str) -> Exception:
        if error.code() in FENCED:
            taken = f"partition {self._partition} was taken over by another process (transactional id {self._name})"
            remedy = "if both are meant to run, give each its own --process and the same --processes"
            return FencedError([f"{taken}: this one ends; {remedy}"])
        return DeliveryError(f"{what}, partition {self._partition}: {error.str().lower()}; {REMEDY}")
