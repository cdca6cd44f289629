"""The flow `partners` on Kafka, where kill -9 shows nowhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from adapters.kafka.records.followed_record import RecordReader
from adapters.kafka.records.origin_log import partition_of
from adapters.kafka.records.output_record import outgoing
from adapters.partners.policy_file import read_partner_policy
from dataflows.partners.declaration import EVERYWHERE, FLOW, LOG, route
from models.contracts.registry import output_of
from models.contracts.topics import OUTAGE_CLOCK, OUTAGE_STATE
from models.partners.partners import Partners
from models.timeline.life import Life
from models.timeline.moment import Followed, Moment
from models.times.iso8601 import format_time
from tests.chaos.processes import Flow as Process
from tests.chaos.processes import Place
from tests.chaos.topics import read_topics
from tests.peers.embedded import broker_with, write_outputs
from tests.peers.kafka import eventually
from tests.worlds.lifecycles import START, ended, revision

MINUTES = 60
POLICY = 'loss_customers = 50\nloss_seconds = 600\ndisclaimer = "as is"\n'
STATES = {
    2: revision(1, START + 120, 1),
    4: revision(2, START + 240, 2),
    30: ended(1, START + 1800, sequence=3),
    34: ended(2, START + 2040, "cancelled", sequence=4),
}


def tick(minute: int) -> dict[str, Any]:
    at = format_time((START + 60 * minute) * 1000)
    return {
        "event_id": f"0:{at}", "schema_version": 1, "organisation": "test", "sequence": minute + 1,
        "evidence_partition": 0, "updated_at": at, "sequences": {OUTAGE_STATE: sum(one <= minute for one in STATES)},
    }  # fmt: skip


def write(broker: str, begin: int, end: int) -> None:
    for minute in range(begin, end):
        states = [(OUTAGE_STATE, 0, STATES[minute])] if minute in STATES else []
        write_outputs(broker, [*states, (OUTAGE_CLOCK, 0, tick(minute))])


def expected(policy: Path) -> dict[str, list[bytes | None]]:
    """What the model says, asked by itself."""
    told, reader = read_partner_policy(policy), RecordReader(output_of(OUTAGE_STATE))
    life = Life(lambda saved: Partners(told, saved), FLOW.outputs, "default")
    records: dict[str, list[bytes | None]] = {output.topic: [] for output in FLOW.outputs}
    outputs = {output.name: output for output in FLOW.outputs}
    for minute in range(MINUTES):
        routed = [route(reader.take(STATES[minute]))] if minute in STATES else []
        some = tuple(Followed(LOG.topic, minute, *one) for one in routed)
        for name, record in life.take(Moment(minute + 1, (START + 60 * minute) * 1000, some)):
            records[outputs[name].topic].append(outgoing(outputs[name], record, "default").value)
    return records


def test_kills_show_nowhere(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text(POLICY)
    whole = expected(policy)
    partners, losses = (whole[output.topic] for output in FLOW.outputs)
    assert (len(partners), partners[-1], len(losses)) == (4, None, 2)
    with broker_with(LOG.topic, *whole) as broker:

        def written(topic: str) -> list[bytes | None]:
            place = (topic, partition_of(EVERYWHERE, 1))
            return [record.value for record in read_topics(broker, [place])[place]]

        def has_said(process: Process, least: int) -> bool:
            process.check()
            return all(len(written(topic)) >= min(least, len(whole[topic])) for topic in whole)

        given = {"embedded": "true", "flows": "dataflows.partners.declaration", "partners_policy": str(policy)}
        own = Place(), given | {"epoch_seconds": "0.2"}
        process = Process(broker, "", "partners", None, tmp_path / "state", *own)
        try:
            for begin, end, least in ((0, 20, 1), (20, MINUTES, 9)):
                process.start()
                write(broker, begin, end)
                eventually(lambda least=least: has_said(process, least), 600.0)  # type: ignore[misc]
                process.kill()
            assert {topic: written(topic) for topic in whole} == whole
        finally:
            process.kill()
