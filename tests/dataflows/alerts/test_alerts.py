"""The flow `alerts` on Kafka under load: it writes what its model says, whatever is killed, lost or rescaled."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from confluent_kafka import Producer

from adapters.cap.feed import standing, write_feed
from adapters.cap.policy_file import read_policy
from adapters.kafka.records.origin_log import partition_of
from adapters.kafka.records.output_record import outgoing
from adapters.kafka.records.pulses import PartitionPulse, outgoing_pulse
from adapters.network.load import load_network
from dataflows.alerts.declaration import EVERYWHERE, LOG
from models.alerts.issuing.areas import Areas
from models.alerts.issuing.issuer import Issuer
from models.alerts.issuing.output import ALERTS
from models.contracts.topics import OUTAGE_CLOCK, OUTAGE_LIFECYCLE, OUTAGE_PULSE
from models.timeline.life import Life
from models.timeline.moment import Moment
from models.times.iso8601 import format_time
from tests.chaos.processes import Flow as Process
from tests.chaos.processes import Place
from tests.chaos.topics import read_topics
from tests.peers.embedded import broker_with, write_outputs
from tests.peers.kafka import eventually, with_topics
from tests.worlds.lifecycles import START, ended, followed, revision
from tests.worlds.storms import CKT5, COMMAND, HOME

if TYPE_CHECKING:
    from scripts.kafka.broker import KafkaBroker

PATIENCE = 600.0
MODULE = "dataflows.alerts.declaration"
PARTITIONS = 2
MINUTES = 90
LOAD = 40
"""Outages a minute that are none to warn of."""
WHOLE = {"device_id": "ckt5/breaker", "zone_id": "ckt5-sub", "customers_affected": 1379, "customers_out": 1379}


def revisions() -> dict[int, dict[str, Any]]:
    """A revision at some of the minutes."""
    less = {"customers_affected": 600, "customers_out": 600}
    return {
        3: revision(1, START + 180, 1, **WHOLE),
        30: revision(1, START + 1800, 2, **WHOLE | less),
        50: ended(1, START + 3000, sequence=3),
        70: revision(2, START + 4200, 4, **WHOLE),
    }


def tick(part: int, minute: int) -> dict[str, Any]:
    at = format_time((START + 60 * minute) * 1000)
    said = sum(one <= minute for one in revisions()) if part == 0 else LOAD * (minute + 1)
    return {
        "event_id": f"{part}:{at}", "schema_version": 1, "organisation": "test", "sequence": minute + 1,
        "evidence_partition": part, "updated_at": at, "sequences": {OUTAGE_LIFECYCLE: said},
    }  # fmt: skip


def load(minute: int) -> list[dict[str, Any]]:
    numbers = range(LOAD * minute + 1, LOAD * (minute + 1) + 1)
    few = {"customers_affected": 1, "customers_out": 1, "sustained_at": None}
    return [revision(1000 + number, START + 60 * minute, number, **few) for number in numbers]


@pytest.fixture
def apache_kafka(own_broker: KafkaBroker) -> str:
    """A Kafka of this test's own, with the topics as an operator makes them."""
    return with_topics(own_broker, MODULE, 1, PARTITIONS)


@pytest.fixture
def broker() -> Iterator[str]:
    with broker_with(LOG.topic, ALERTS.topic, partitions=PARTITIONS) as broker:
        yield broker


def write(broker: str, begin: int, end: int) -> None:
    """Write what belongs to some minutes, the clock last."""
    for minute in range(begin, end):
        records = [(OUTAGE_LIFECYCLE, 0, revisions()[minute])] if minute in revisions() else []
        records += [(OUTAGE_LIFECYCLE, 1, one) for one in load(minute)]
        records += [(OUTAGE_CLOCK, part, tick(part, minute)) for part in range(PARTITIONS)]
        write_outputs(broker, records)


def expected(policy: Path) -> list[dict[str, Any]]:
    """What the model says, asked by itself."""
    told, areas = read_policy(policy), Areas(load_network(CKT5), "territory")
    life = Life(lambda saved: Issuer(told, areas, saved=saved), [ALERTS], "default")
    records = []
    for minute in range(MINUTES):
        some = followed(*([revisions()[minute]] if minute in revisions() else []), *load(minute))
        records += [one for _, one in life.take(Moment(minute + 1, (START + 60 * minute) * 1000, tuple(some)))]
    return records


def alerts(broker: str) -> list[bytes | None]:
    place = (ALERTS.topic, partition_of(EVERYWHERE, PARTITIONS))
    return [record.value for record in read_topics(broker, [place])[place]]


def has_said(processes: list[Process], broker: str, count: int) -> bool:
    for process in processes:
        process.check()
    return len(alerts(broker)) >= count


def test_kills_and_a_lost_state_show_nowhere(broker: str, tmp_path: Path) -> None:
    live_and_die(broker, tmp_path, {"embedded": "true"})


def test_the_clock_of_a_quiet_partition_is_not_waited_for_where_its_pulse_is_known(broker: str, tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('sender = "out@power.example"\nsender_name = "Power"\nexpires_seconds = 3600\n')
    given = {"flows": MODULE, "alerts_policy": str(policy), "epoch_seconds": "0.2", "embedded": "true"}
    flow = Process(broker, "", "alerts", CKT5, tmp_path / "state", Place(), given)
    try:
        flow.start()
        eventually(lambda: flow.check() is None and flow.running(), PATIENCE)  # type: ignore[func-returns-value]
        write(broker, 0, 3)
        write_outputs(broker, [(OUTAGE_LIFECYCLE, 0, revisions()[3]), (OUTAGE_CLOCK, 0, tick(0, 3))])
        pulse = outgoing_pulse(1, PartitionPulse(tick(1, 2)["sequence"], (START + 180) * 1000))
        producer = Producer({"bootstrap.servers": broker, "log_level": 0})
        producer.produce(OUTAGE_PULSE, pulse.value, pulse.key, 1)
        assert producer.flush(60) == 0
        eventually(lambda: has_said([flow], broker, 1), PATIENCE)
        assert [one and orjson.loads(one)["updated_at"] for one in alerts(broker)] == [tick(0, 3)["updated_at"]]
    finally:
        flow.kill()


def test_neither_do_they_on_apache_kafka(apache_kafka: str, tmp_path: Path) -> None:
    live_and_die(apache_kafka, tmp_path, {})


def live_and_die(broker: str, tmp_path: Path, settings: dict[str, str]) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('sender = "out@power.example"\nsender_name = "Power"\nexpires_seconds = 3600\n')
    whole = expected(policy)
    assert [(one["message_type"], one["over"]) for one in whole] == [
        *(("Alert", False), ("Update", False), ("Update", True), ("Alert", False))
    ]
    given = {"flows": MODULE, "alerts_policy": str(policy), "epoch_seconds": "0.2", **settings}
    one, *both = (
        Process(broker, "", "alerts", CKT5, tmp_path / f"{place.process}-of-{place.processes}", place, given)
        for place in (Place(), Place(0, 2), Place(1, 2))
    )
    stages = (([one], 0, 35, 2), ([one], 35, 60, 3), (both, 60, 75, 4), ([one], 75, MINUTES, 4))
    try:
        for processes, begin, end, said in stages:
            for process in processes:
                process.start()
            write(broker, begin, end)
            eventually(lambda said=said, run=processes: has_said(run, broker, said), PATIENCE)  # type: ignore[misc]
            for process in processes:
                process.kill()
            if end == 60:
                shutil.rmtree(one.state)
        assert alerts(broker) == [outgoing(ALERTS, one, "default").value for one in whole]
        held_to_feed(broker, policy, tmp_path / "www", whole)
    finally:
        for process in (one, *both):
            process.kill()


def held_to_feed(broker: str, policy: Path, output: Path, whole: list[dict[str, Any]]) -> None:
    """The command writes what stands at the clock's last instant, and nothing else."""
    own = {"FAULTLINE_FLOWS": MODULE, "FAULTLINE_KAFKA": broker}
    command = [*COMMAND, "cap", "feed", "--policy", str(policy), "--output", str(output)]
    done = subprocess.run(command, cwd=HOME, env=os.environ | own, check=True, capture_output=True, text=True)
    now = START + 60 * (MINUTES - 1)
    told = standing(whole, now)
    assert done.stdout == f"{output / 'feed.atom'}: {len(told)} messages as of {format_time(now * 1000)}\n"
    assert {file.name: file.read_text() for file in output.glob("*.xml")} == {
        f"{one['identifier']}.xml": one["xml"] for one in told
    }
    assert (output / "feed.atom").read_bytes() == write_feed(
        told, "out@power.example", "Power", format_time(now * 1000)
    )


def test_a_policy_that_is_wrong_is_refused_before_anything_starts(broker: str, tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('sender = "out of power"\n')
    given = {"embedded": "true", "flows": MODULE, "alerts_policy": str(policy)}
    process = Process(broker, "", "alerts", CKT5, tmp_path / "state", Place(), given)
    process.start()
    assert process.wait() == 2
    faults = [line for line in process.said() if "policy" in line]
    assert any("sender_name" in line for line in faults)
    assert not process.state.exists()
