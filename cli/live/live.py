"""A storm lived through: a broker, the flows as child processes, a feed, and what comes out of it."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING, Final

from adapters.files.play import Playback
from adapters.files.topics import find_topic_files
from adapters.kafka.clients.consumer import RecordsGoneError
from adapters.kafka.clients.positions import Positions
from adapters.kafka.connection.connection import Connection
from adapters.kafka.playing.embedded import RETAINED_BYTES, EmbeddedBroker
from adapters.kafka.playing.feed import Feed, FeedFailedError, Tempo
from adapters.kafka.playing.outcome import OutcomeReader
from adapters.kafka.playing.overrun import OverrunWatch, RetentionOverrunError
from adapters.kafka.playing.pace import Follower, SettledPace
from adapters.kafka.topics.cluster import find_cluster, refuse_live_topics
from adapters.kafka.topics.table import layout
from adapters.network.load import load_network
from adapters.process.child import ChildProcess
from cli.broker import named_connection, topic_prefix
from cli.live.control_system import by_opcua, serve_control_system
from cli.live.status import LiveStatus
from dataflows.service.flows import find_flows
from models.contracts.topics import RAW_TOPICS, SCADA_EVENTS
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Self

    from adapters.files.play import Played
    from adapters.files.topics import TopicFile
    from adapters.kafka.clients.consumer import Place
    from adapters.kafka.topics.cluster import Cluster
    from dataflows.service.flows import Flow

CHECK_SECONDS: Final = 0.25
"""Between two looks at children, readers and retention."""
POLL_SECONDS: Final = 0.05
ON_THEIR_WAY: Final = 4 * RETAINED_BYTES // 5
"""Bytes of a raw partition that may be between an embedded broker's feed and the end of the flows: the broker holds
them, and the evidence that is made of all partitions is smaller."""
NO_BOUND: Final = 1 << 60
RAW_PARTITIONS: Final = 4
EMBEDDED: Final = {"FAULTLINE_EMBEDDED": "true", "FAULTLINE_EPOCH_SECONDS": "0.25"}
"""Settings of the flows. An epoch is how long the feed waits before it knows what has been read."""
COMPILING: Final = "compiling"
"""In the last line of what a flow says while it compiles."""
RUN: Final = "from cli.main import main; main()"
HOME: Final = Path(__file__).parents[2]


class LiveFailedError(Exception):
    """A flow ended by itself; the message has its last words."""


OF_ONE_PROCESS: Final = {f"FAULTLINE_{name}" for name in ("LISTEN", "NETWORK", "PROCESS", "PROCESSES", "STATE")}
"""Settings of one process of one flow: here there are several, each with its own."""
LIVE_ERRORS: Final = (FeedFailedError, LiveFailedError, RecordsGoneError, RetentionOverrunError)
"""What goes wrong on the way; the message says it all."""


@dataclass(frozen=True, slots=True)
class LivePlan:
    """What to live through, and how."""

    network: Path
    storm: Path
    """Folder of the topics' files."""
    folder: Path
    """Receives what the flows say and keep: `ingest.log`, `outages.log`, `state/`."""
    speed: float | None = None
    """Seconds of the storm in a second; None for as fast as it goes."""
    listen: Sequence[str] = ()
    """Where the flows listen, address and port of each; empty for nowhere."""
    delivery: str | None = None
    environment: Mapping[str, str] | None = None
    """Settings of broker and flows in place of this process's own."""
    opcua: bool = False
    """The storm's SCADA goes through an OPC UA server and the connector, which takes a speed."""


class Live:
    """From `with` on the flows run; `run` feeds them. Nothing of it is left when it ends."""

    def __init__(self, plan: LivePlan) -> None:
        self._plan = plan
        self._environment = os.environ if plan.environment is None else plan.environment
        self._flows = find_flows()
        self.stop = Event()
        self.network = load_network(plan.network)
        self._durable = True
        self.status = LiveStatus()
        self._stack = ExitStack()
        self.children: list[ChildProcess] = []
        """The flows, in the order of the stream."""
        self.bootstrap = ""
        """Where the broker is."""

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._start(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *reason: object) -> None:
        for child in self.children:
            child.terminate()  # all at once; then each is waited for
        self._stack.close()

    def run(self, show: Callable[[LiveStatus], None]) -> bool:
        """Feed the storm and follow it until all has gone through; returns False where `stop` was set before.

        Raises `LiveFailedError` for a flow that ends, `RetentionOverrunError` and `RecordsGoneError` for records
        dropped unread, and `FeedFailedError`.
        """
        thread = _FeedThread(self._feed, self._playback.topics, self._lines, self._pace)
        thread.start()
        checked_at = -CHECK_SECONDS
        try:
            while not self.stop.is_set():
                self.status.add_revisions(self.outcome.poll(POLL_SECONDS))
                if monotonic() - checked_at < CHECK_SECONDS:
                    continue
                checked_at = monotonic()
                self._check(thread)
                show(self.status)
                if not thread.is_alive() and self._is_over():
                    return True
        finally:
            self.stop.set()
            thread.join()
        return False

    def _is_over(self) -> bool:
        """Whether all that was fed has gone through every flow, one after the other, and has been read."""
        settled = self._pace.settled(self._feed.written) and all(flow.at_end() for flow in self._further)
        return settled and self.outcome.at_end()

    def _check(self, thread: _FeedThread) -> None:
        for child in self.children:
            if (code := child.ended()) is not None:
                raise LiveFailedError(f"{child.name} ended with code {code}; see {child.log}\n{child.last_lines()}")
        if thread.error is not None:
            raise thread.error
        lags = {watch.group: watch.check() for watch in self._watches}
        self.status.waiting = [
            words for child, watch in zip(self.children, self._watches, strict=False) if (words := doing(child, watch))
        ]
        feed = self._feed
        self.status.fed(feed.log_time, feed.records.total(), list(lags.values()))

    def _start(self, stack: ExitStack) -> None:
        self._plan.folder.mkdir(parents=True, exist_ok=True)
        connection, environment = self._open_broker(stack)
        self.bootstrap = connection.bootstrap_servers
        cluster = find_cluster(
            connection, topic_prefix(self._environment), self.network.evidence_partitions, embedded=not self._durable
        )
        refuse_live_topics(cluster.played, cluster.prefix)
        files = find_topic_files(self._plan.storm, RAW_TOPICS)
        self._playback = stack.enter_context(Playback(files, self.network))
        self._lines = self._playback.lines()
        if self._plan.opcua:
            self._lines = self._through_opcua(stack, files)
        self._follow(stack, cluster)
        self._feed = Feed(cluster.client, cluster.raw_partitions, cluster.prefix, Tempo(self._plan.speed), self.stop)
        for place, flow in enumerate(self._flows.values()):
            self.children.append(stack.enter_context(self._child(flow, place, environment)))

    def _through_opcua(self, stack: ExitStack, files: Sequence[TopicFile]) -> Iterator[Played]:
        """Let SCADA come by a connector. Raises `FaultsError` for a storm that has none."""
        found = next((place for place, file in enumerate(files) if file.topic == SCADA_EVENTS), None)
        if found is None or self._plan.speed is None:
            remedy = f"give a storm that has {SCADA_EVENTS}, and a speed"
            raise FaultsError([f"opcua needs SCADA to play and a time to play it in; {remedy}"])
        system = stack.enter_context(serve_control_system(self.network, files[found].path))
        return by_opcua(system, self._playback.lines(), found, self._plan.speed)

    def _open_broker(self, stack: ExitStack) -> tuple[Connection, Mapping[str, str]]:
        """Take the broker that is set, or start one; gives the environment of the flows besides."""
        given = {name: value for name, value in self._environment.items() if name not in OF_ONE_PROCESS}
        environment = {**given, "PYTHONPATH": os.pathsep.join([str(HOME), given.get("PYTHONPATH", "")])}
        connection = named_connection(given)
        if connection is not None:
            return connection, environment
        broker = stack.enter_context(EmbeddedBroker())
        self._durable = False
        rmtree(self._plan.folder / "state", ignore_errors=True)
        for topic in layout(RAW_PARTITIONS, self.network.evidence_partitions, topic_prefix(given), played=True):
            broker.create(topic.name, topic.partitions)
        connection = Connection(bootstrap_servers=broker.bootstrap)
        return connection, environment | EMBEDDED | {"FAULTLINE_KAFKA": broker.bootstrap}

    def _follow(self, stack: ExitStack, cluster: Cluster) -> None:
        """Set up what looks at the readers and at the output."""
        raw: list[Place] = [
            (cluster.name(topic), part) for topic, count in cluster.raw_partitions.items() for part in range(count)
        ]
        evidence: list[Place] = [(cluster.evidence_log, part) for part in range(cluster.evidence_partitions)]
        groups = [f"{flow.group}{cluster.group_suffix}" for flow in self._flows.values()]
        ingest, outages, *further = (stack.enter_context(Positions(cluster.client, group)) for group in groups)
        self._further = [
            Follower(readers, readers.partitions([cluster.name(stem)]))
            for readers, flow in zip(further, list(self._flows.values())[2:], strict=True)
            for stem in flow.reads
        ]
        most = NO_BOUND if self._durable else ON_THEIR_WAY
        self._pace = SettledPace(ingest, outages, raw, evidence, most)
        self._watches = [OverrunWatch(groups[0], ingest, raw), OverrunWatch(groups[1], outages, evidence)]
        self.outcome = OutcomeReader(cluster.client, "faultline-up", outages, cluster.prefix)
        stack.callback(self.outcome.close)

    def _child(self, flow: Flow, place: int, environment: Mapping[str, str]) -> ChildProcess:
        plan, folder = self._plan, self._plan.folder
        arguments = ["run", flow.name, "--state", str(folder / "state" / flow.name)]
        given = {"network": plan.network, "delivery": plan.delivery}
        arguments += [part for name in flow.options if given.get(name) for part in (f"--{name}", str(given[name]))]
        if plan.listen:
            arguments += ["--listen", plan.listen[place]]
        return ChildProcess(flow.name, RUN, arguments, environment, folder / f"{flow.name}.log")


def doing(child: ChildProcess, watch: OverrunWatch) -> str:
    """Say what a flow does before it reads; empty if it reads."""
    if COMPILING in child.last_lines(1):
        return f"{child.name} is compiling"
    return "" if watch.begun else f"{child.name} starts"


class _FeedThread(Thread):
    """Plays a storm beside the thread that follows it."""

    def __init__(self, feed: Feed, topics: list[str], lines: Iterator[Played], pace: SettledPace) -> None:
        super().__init__(name="feed", daemon=True)
        self._feed, self._topics, self._lines, self._pace = feed, topics, lines, pace
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            self._feed.play(self._topics, self._lines, self._pace)
        except Exception as error:  # noqa: BLE001 (told by the thread that follows)
            self.error = error
