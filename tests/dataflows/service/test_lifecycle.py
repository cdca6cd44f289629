"""Every flow as a process, those of one's own too: start, stop, bad configuration, a broker that is away."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.kafka.playing.embedded import EmbeddedBroker
from adapters.kafka.topics.table import layout
from adapters.network.load import load_network
from dataflows.service.flows import find_flows
from tests.chaos.processes import Flow as Process
from tests.chaos.processes import Place
from tests.peers.kafka import eventually
from tests.peers.toys import FEEDER_COUNTS, NAMES, TERRITORIES, TERRITORY_LOG, TOYS
from tests.worlds.storms import CKT5

AWAY = "127.0.0.1:1"
START_SECONDS = 600.0
every_flow = pytest.mark.parametrize("name", [*find_flows(), *NAMES])


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    with EmbeddedBroker() as broker:
        for topic in layout(1, load_network(CKT5).evidence_partitions, played=True):
            broker.create(topic.name, topic.partitions)
        for stem in (FEEDER_COUNTS, TERRITORIES, TERRITORY_LOG):
            broker.create(stem, topic.partitions)
        yield broker.bootstrap


def process(name: str, broker: str, folder: Path, place: Place = Place(), **settings: str) -> Process:  # noqa: B008 (a tuple)
    folder.mkdir(exist_ok=True)
    network = None if name in NAMES else CKT5
    given = {"embedded": "true", "flows": TOYS, **settings}
    started = Process(broker, "", name, network, folder / "state", place, given)
    started.start()
    return started


@every_flow
def test_a_flow_starts_and_stops_cleanly_and_starts_again(name: str, broker: str, tmp_path: Path) -> None:
    started = process(name, broker, tmp_path)
    try:
        for times in (1, 2):
            eventually(lambda times=times: is_up(started, times), START_SECONDS)  # type: ignore[misc]
            started.stop()
            assert says(started, "stopped cleanly") == times
            if times == 1:
                started.start()
    finally:
        started.kill()


def test_bad_configuration_is_refused_whole_and_a_broker_that_is_away_is_told(tmp_path: Path) -> None:
    """Of all flows at once: each waits some seconds for its broker."""
    bad = {"epoch_seconds": "-1", "kafka_security_protocol": "SASL_SSL"}
    names = [*find_flows(), *NAMES]
    all_wrong = [process(name, AWAY, tmp_path / f"{name}-wrong", Place(2, 2), **bad) for name in names]
    all_away = [process(name, AWAY, tmp_path / f"{name}-away") for name in names]
    for wrong in all_wrong:
        assert wrong.wait() == 2, wrong.told("was not refused")
        faults = [line for line in wrong.said() if line.startswith("faultline: ")]
        assert any("epoch_seconds" in fault for fault in faults)
        assert any("sasl_mechanism" in fault for fault in faults)
        assert not wrong.state.exists()
    for away in all_away:
        assert away.wait() == 2, away.told("was not refused")
        assert AWAY in away.said()[-1]


def is_up(process: Process, times: int) -> bool:
    process.check()
    return says(process, "running, process 0 of 1") == times


def says(process: Process, words: str) -> int:
    return sum(words in line for line in process.said())
