"""A real Kafka for tests: that of FAULTLINE_TEST_KAFKA, or one that all workers of a run share."""

from __future__ import annotations

import ipaddress
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING

import pytest

from tests.worlds.storms import COMMAND, HOME

if TYPE_CHECKING:  # the client is loaded by those tests only that need it
    from scripts.kafka.broker import KafkaBroker

GIVEN = "FAULTLINE_TEST_KAFKA"
START_SECONDS = 240.0
PATIENCE = 240.0
"""Seconds that anything may take on a machine that others use too: where all is well, nobody waits for them."""


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where a Kafka listens that all tests share: use topics with a prefix, and leave it as it is."""
    if given := os.environ.get(GIVEN):
        if not is_loopback(given):
            pytest.fail(f"{GIVEN} is {given}, which is not all on this machine; give loopback addresses", pytrace=False)
        return given
    skip_without_kafka()
    folder = tmp_path_factory.getbasetemp()
    worker = "PYTEST_XDIST_WORKER" in os.environ
    return _shared(folder.parent if worker else folder, os.getppid() if worker else os.getpid())


@pytest.fixture
def prefix() -> str:
    """What the names of a test's topics begin with, so that tests do not meet."""
    return f"t{secrets.token_hex(4)}."


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[KafkaBroker]:
    """A running broker for one test, which may stop it, kill it or fill it."""
    skip_without_kafka()
    from scripts.kafka.broker import KafkaBroker

    with KafkaBroker(tmp_path / "kafka") as broker:
        yield broker


def with_topics(broker: KafkaBroker, flows: str, raw_partitions: int, evidence_partitions: int) -> str:
    """Make the topics of some flows' modules as an operator makes them; gives where the broker listens."""
    counts = ["--raw-partitions", str(raw_partitions), "--evidence-partitions", str(evidence_partitions)]
    own = {"FAULTLINE_FLOWS": flows, "FAULTLINE_KAFKA": broker.bootstrap}
    command = [*COMMAND, "topics", "create", "--replication", "1", *counts]
    subprocess.run(command, cwd=HOME, env=os.environ | own, check=True, capture_output=True)
    return broker.bootstrap


def skip_without_kafka() -> None:
    """Skip the test, naming what is missing."""
    if missing := _missing_parts():
        pytest.skip(f"needs Java 17 and Maven for a Kafka broker: {', '.join(missing)}")


def is_loopback(servers: str) -> bool:
    """Tell whether all of some bootstrap servers are on this machine by their names or addresses."""
    return all(map(_is_loopback, (server.strip().rpartition(":")[0].strip("[]") for server in servers.split(","))))


def eventually(what: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait until something is so; fails when it is not after some seconds: many, for machines have other work."""
    deadline = monotonic() + seconds
    while not what():
        assert monotonic() < deadline, f"{what} is not so after {seconds:.0f} s"
        sleep(0.05)  # between two looks: the cores belong to the broker


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@cache
def _missing_parts() -> list[str]:
    from scripts.kafka.jars import missing_parts

    return missing_parts()


def _shared(root: Path, run: int) -> str:
    """Return where the run's broker listens; the first who asks starts it, and it ends with the process `run`.

    It belongs to a process of its own, for it must outlive the worker that starts it and end even if the run is
    killed. That process keeps no file of ours open: whoever reads our output waits for nobody else.
    """
    from scripts.kafka.jars import locked

    said = root / "kafka.out"
    with locked(root / "kafka.lock"):
        if not said.exists():
            command = [sys.executable, "-m", "scripts.kafka.broker", "--port", "0", "--folder", root / "kafka"]
            with said.open("wb") as output:
                keeper = subprocess.Popen(
                    [*map(str, command), "--follow", str(run)],
                    cwd=HOME,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )
            eventually(lambda: b"\n" in said.read_bytes() or keeper.poll() is not None, START_SECONDS)
            keeper.returncode = 0  # it is meant to outlive us, which Popen would warn of
    first, *rest = said.read_text().splitlines()
    name, _, address = first.partition("=")
    assert name == "FAULTLINE_KAFKA", "\n".join([first, *rest])
    return address
