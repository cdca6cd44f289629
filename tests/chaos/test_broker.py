"""A broker that is away, slow or full of work: nothing is lost and nothing comes twice."""

from __future__ import annotations

import secrets
import signal
from time import sleep
from typing import TYPE_CHECKING

from adapters.kafka.clients.producer import CheckedProducer, Outgoing
from models.contracts.topics import EVIDENCE_LOG
from scripts.kafka.ports import free_ports
from tests.chaos.accounting import account
from tests.chaos.figures import LONG
from tests.chaos.outputs import Output, assert_same, read_output
from tests.chaos.scrape import scrape, total
from tests.chaos.stage import Stage
from tests.chaos.topics import read_topics
from tests.peers.kafka import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from scripts.kafka.broker import KafkaBroker
    from tests.chaos.stage import Raw

AWAY_SECONDS = 60 if LONG else 3
SLOW_SECONDS = 20 if LONG else 3
RECORDS = 5000


def test_a_broker_that_is_away_and_one_that_answers_late(
    own_broker: KafkaBroker, utility: Path, script: list[Raw], patient: Path, undisturbed: Output, tmp_path: Path
) -> None:
    """Stopped and started again, then frozen, while both flows run; then a producer with a short queue."""
    settings = {"model": str(patient), "epoch_seconds": "1"}
    with Stage(own_broker.bootstrap, "away.", utility, tmp_path / "stage", script, 3, settings) as stage:
        player = stage.play(rate=len(script) / 6)
        ports = free_ports(2)
        for name, port in zip(("ingest", "outages"), ports, strict=True):
            stage.flow(name, listen=f"127.0.0.1:{port}")
        stage.part_way(0.1)
        player.release(0.6)
        own_broker.stop()
        sleep(AWAY_SECONDS)  # the time without a broker is what is tested
        own_broker.start()
        stage.part_way(0.7)
        for port in ports:
            eventually(lambda port=port: told_of_trouble(port))  # type: ignore[misc]
        player.release(1.0)
        assert own_broker.process is not None
        own_broker.process.send_signal(signal.SIGSTOP)
        sleep(SLOW_SECONDS)
        own_broker.process.send_signal(signal.SIGCONT)
        stage.finish()
        assert_same(expected(stage, undisturbed, tmp_path), read_output(stage))
        account(stage)
        full_queue(own_broker, stage)


def told_of_trouble(port: int) -> bool:
    """Tell whether a flow's metrics say that its brokers were away."""
    counted = scrape(port)
    return all(total(counted[f"faultline_broker_{name}_total"]) > 0 for name in ("errors", "disconnects"))


def expected(stage: Stage, undisturbed: Output, folder: Path) -> Output:
    """Give what an undisturbed run writes over the same raw topics, if these hold more than the storm."""
    recorded = stage.recorded()
    if len(recorded) == len(stage.script):
        return undisturbed
    with Stage(stage.broker, "calm.", stage.network, folder / "calm", recorded, 3, stage.settings) as calm:
        calm.run()
        return read_output(calm)


def full_queue(broker: KafkaBroker, stage: Stage) -> None:
    """Write more than a short queue holds, while the broker does not take anything for a moment."""
    place = (stage.prefix + EVIDENCE_LOG, 0)
    before = len(read_topics(broker.bootstrap, [place])[place])
    waits: list[float] = []
    client = {"bootstrap.servers": broker.bootstrap, "queue.buffering.max.messages": 100}
    producer = CheckedProducer(client, on_full=waits.append)
    numbers = [b"%d" % number for number in range(RECORDS)]
    for number in numbers:
        producer.send(*place, Outgoing(number, secrets.token_bytes(8)))
    producer.flush()
    written = read_topics(broker.bootstrap, [place])[place][before:]
    assert [record.value for record in written] == numbers
    assert waits
