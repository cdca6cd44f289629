"""A real Kafka of one node on this machine, for tests and benchmarks: started, stopped, killed and started again.

It listens on loopback only and shares two cores with what it serves, so it has few threads and a small heap.
"""

from __future__ import annotations

import argparse
import base64
import os
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from scripts.kafka.jars import OLDEST_JAVA, fetch_jars, java, missing_parts
from scripts.kafka.ports import HOST, free_ports, listens

if TYPE_CHECKING:
    from collections.abc import Mapping

PLAIN = "PLAINTEXT"
START_SECONDS = 240.0
STOP_SECONDS = 20.0
# A cluster's id is any 16 bytes.
_CLUSTER = base64.urlsafe_b64encode(b"faultline broker").decode().rstrip("=")

# One thread collects the heap: the cores belong to what is tested.
_FLAGS = ("-Xms256m", "-Xmx1g", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-Djava.awt.headless=true")

_PROPERTIES = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    # A broker that was killed is let in again only when its last session is over.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    "inter.broker.listener.name": PLAIN,
    "auto.create.topics.enable": "false",
    # Simulated storms bear the times of another day: nothing that a topic does not say itself is deleted by age.
    "log.retention.ms": "-1",
    "group.initial.rebalance.delay.ms": "0",
    "offsets.topic.num.partitions": "1",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "num.network.threads": "1",
    "num.io.threads": "2",
    "background.threads": "1",
    "group.coordinator.threads": "1",
    "share.coordinator.threads": "1",
    "log.cleaner.dedupe.buffer.size": str(16 << 20),
}


class BrokerError(Exception):
    """A broker does not start; the message names its log and shows the end of it."""


class KafkaBroker:
    """A Kafka broker with its data, settings and log in one folder; as a context manager it is started and stopped.

    `port` 0 chooses a free one. `listeners` are further ones, by name, with their security protocol: `addresses` has
    where each listens. `properties` go on top of the broker's own. `users` (name to password) can log in by SCRAM.
    A broker that was stopped or killed starts again at the same addresses with the same data.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        listeners: Mapping[str, str] | None = None,
        properties: Mapping[str, str] | None = None,
        users: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder.absolute()
        self.log = self.folder / "kafka.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._protocols = {PLAIN: PLAIN, "CONTROLLER": PLAIN, **(listeners or {})}
        ports = free_ports(len(self._protocols))
        ports[0] = port or ports[0]
        self.addresses = {name: f"{HOST}:{port}" for name, port in zip(self._protocols, ports, strict=True)}
        self._properties = properties or {}
        self._users = users or {}

    @property
    def bootstrap(self) -> str:
        """The address of the listener without security."""
        return self.addresses[PLAIN]

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the broker and wait until it answers; raises `BrokerError`."""
        self._settings.parent.mkdir(parents=True, exist_ok=True)
        self._settings.write_text("".join(f"{name}={value}\n" for name, value in self._all_properties().items()))
        if not (self.folder / "data" / "meta.properties").exists():
            self._format()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*dies_with_us(), java(), *_FLAGS, "-cp", f"{fetch_jars()}/*", "kafka.Kafka", str(self._settings)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            self._wait()
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """Stop the broker as an operator would; it is killed if it takes too long."""
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """Kill the broker, as a crash would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    @property
    def _settings(self) -> Path:
        return self.folder / "server.properties"

    def _all_properties(self) -> dict[str, str]:
        return {
            **_PROPERTIES,
            "controller.quorum.voters": f"1@{self.addresses['CONTROLLER']}",
            "listeners": ",".join(f"{name}://{address}" for name, address in self.addresses.items()),
            "listener.security.protocol.map": ",".join(":".join(pair) for pair in self._protocols.items()),
            "log.dirs": str(self.folder / "data"),
            **self._properties,
        }

    def _format(self) -> None:
        """Make the folder of the data, with the users in it."""
        users = [
            f"--add-scram={mechanism}=[name={name},password={password}]"
            for name, password in self._users.items()
            for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512")
        ]
        command = [java(), "-XX:TieredStopAtLevel=1", "-cp", f"{fetch_jars()}/*", "kafka.tools.StorageTool", "format"]
        options = ["--cluster-id", _CLUSTER, "--config", str(self._settings), *users]
        with self.log.open("ab") as log:
            if subprocess.run(
                [*command, *options], stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False
            ).returncode:
                raise BrokerError(self.told("cannot format its storage"))

    def _wait(self) -> None:
        deadline = monotonic() + START_SECONDS
        while not listens(self.bootstrap):
            self._check(deadline)
        while not _answers(self.bootstrap):
            self._check(deadline)

    def _check(self, deadline: float) -> None:
        """Wait a moment; raises `BrokerError` if the broker is gone or takes too long."""
        assert self.process is not None
        try:
            code = self.process.wait(0.05)
        except subprocess.TimeoutExpired:
            if monotonic() > deadline:
                raise BrokerError(self.told(f"does not answer within {START_SECONDS:.0f} s")) from None
        else:
            raise BrokerError(self.told(f"has ended with code {code}"))

    def told(self, what: str) -> str:
        """Return a message about this broker with the end of its log."""
        end = self.log.read_text(errors="replace").splitlines()[-20:]
        return "\n".join([f"the Kafka broker {what}; see {self.log}, which ends:", *end])


def dies_with_us() -> list[str]:
    """Give what goes before a command so that the kernel kills it when the thread that started it ends.

    A parent that is killed runs no clean-up, and a broker left behind would hold a core and a gigabyte. A program
    in front of the command sets this (util-linux has it), since Python code between fork and exec may hang in a
    process with threads, which every Kafka client has. Without it only `stop` and `kill` end a broker.
    """
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []


def _answers(address: str) -> bool:
    """Tell whether the broker is in its own cluster's metadata: it listens some seconds before."""
    client = AdminClient({"bootstrap.servers": address, "log_level": 0})
    try:
        return bool(client.list_topics(timeout=5).brokers)
    except KafkaException:
        return False


def main() -> None:
    """Run a broker in the foreground until it is told to stop."""
    parser = argparse.ArgumentParser(prog="python -m scripts.kafka.broker", description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("build/kafka"), help="where its data are kept")
    parser.add_argument("--port", type=int, default=9092, help="0 chooses a free one")
    parser.add_argument("--follow", type=int, metavar="PID", help="end with that process, and delete the data")
    options = parser.parse_args()
    if missing := missing_parts():
        sys.exit(f"kafka: {', '.join(missing)}; install Java {OLDEST_JAVA} or newer and Maven")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        _serve(KafkaBroker(options.folder, port=options.port), options.follow)
    except BrokerError as error:
        sys.exit(f"kafka: {error}")
    except KeyboardInterrupt:
        pass
    finally:
        if options.follow:
            shutil.rmtree(options.folder / "data", ignore_errors=True)


def _serve(broker: KafkaBroker, follow: int | None) -> None:
    with broker:
        assert broker.process is not None
        ends = [os.pidfd_open(pid) for pid in (broker.process.pid, follow) if pid]
        print(f"FAULTLINE_KAFKA={broker.bootstrap}")
        print(f"The log is {broker.log}. Ctrl-C stops the broker; its data stay.", flush=True)
        select.select(ends, [], [])
        if broker.process.poll():
            raise BrokerError(broker.told(f"has ended with code {broker.process.returncode}"))


if __name__ == "__main__":
    main()
