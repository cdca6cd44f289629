"""Who runs, and with which command."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from scripts.kafka.jars import java

if TYPE_CHECKING:
    from collections.abc import Callable

HOME: Final = Path(__file__).parents[2]
"""The repository: contenders in Python run there."""

JAVA_FLAGS: Final = (
    "-Xms3g",
    "-Xmx3g",
    "-XX:+UseParallelGC",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    # Flink's and RocksDB's own need; each says so in its documentation for Java 17.
    "--add-opens=java.base/java.lang=ALL-UNNAMED",
    "--add-opens=java.base/java.util=ALL-UNNAMED",
    "--add-opens=java.base/java.time=ALL-UNNAMED",
)


@dataclass(frozen=True, slots=True)
class Contender:
    """One line of the table, or two where the job is done again in the same virtual machine."""

    name: str
    title: str
    runs_in: Literal["faultline", "peers", "java"]
    program: tuple[str, ...]
    """Module or class, and its arguments."""
    resumes: str
    """Whether what it has counted survives a crash in the way it runs here."""
    processes: int = 1
    threads: int = 1
    runs: int = 1
    answers: bool = True
    slow: bool = False

    def command(self, peers_python: Callable[[], Path], java_home: Callable[[], Path]) -> list[str]:
        """Return the command; what it needs is installed or built when asked for."""
        if self.runs_in == "java":
            built = java_home()
            return [java(), *JAVA_FLAGS, "-cp", f"{built}/peers-1.jar:{built}/lib/*", *self.program]
        python = sys.executable if self.runs_in == "faultline" else str(peers_python())
        return [python, "-m", *self.program]


def _ours(name: str) -> str:
    return f"benchmarks.peers.{name}"


STREAMS: Final = "peers.StreamsPeer"
FLINK: Final = "peers.FlinkPeer"
CONTENDERS: Final = (
    Contender("bare", "consume and decode, no work", "faultline", (_ours("bare"),), "-", answers=False),
    Contender("loop", "plain Python loop", "faultline", (_ours("loop"),), "no"),
    Contender("ours", "Faultline, one process", "faultline", (_ours("ours"),), "yes"),
    Contender("ours-2", "Faultline, two processes", "faultline", (_ours("ours"),), "yes", processes=2),
    Contender("bytewax", "Bytewax as documented", "faultline", (_ours("bytewax_documented"),), "yes", slow=True),
    Contender("quix", "Quix Streams", "peers", (_ours("quix"),), "copies, not the count", slow=True),
    Contender("pathway", "Pathway, one thread", "peers", (_ours("pathway_flow"),), "no"),
    Contender("pathway-2", "Pathway, two threads", "peers", (_ours("pathway_flow"),), "no", threads=2),
    Contender("streams-rocksdb", "Kafka Streams, RocksDB", "java", (STREAMS, "rocksdb"), "yes", threads=2, runs=2),
    Contender("streams-memory", "Kafka Streams, memory", "java", (STREAMS, "memory"), "yes", threads=2, runs=2),
    Contender("flink-1", "Flink, parallelism 1", "java", (FLINK,), "yes", runs=2),
    Contender("flink-2", "Flink, parallelism 2", "java", (FLINK,), "yes", threads=2, runs=2),
)
