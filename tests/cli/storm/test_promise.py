"""`faultline storm promise`: outages of a storm without a time of their own are sent their area's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from adapters.kafka.records.output_record import outgoing
from models.contracts.registry import Output, output_of
from models.contracts.topics import OUTAGE_STATE
from models.storms.output import OUTAGE_STORMS, STORM_ESTIMATES, STORMS
from models.times.iso8601 import parse_time
from tests.cli.storm.test_command import AT, STORM, commands
from tests.peers.commands import Operator
from tests.worlds.evidence import Evidence
from tests.worlds.town import A, B, outcome

TO = "2026-07-02T03:10:00.000Z"


def area(area_id: str, **fields: Any) -> dict[str, Any]:
    return {"kind": "county", "area_id": area_id, "customers_out": 8, **fields}


def outage() -> dict[str, Any]:
    evidence = Evidence()
    evidence.meter(f"{A} {B}", "last_gasp", 1000, 20)
    (record,) = outcome(evidence, until=1200).last().values()
    return record | {"etr_stage": "assessing", "areas": [area("c1", customers_served=90)]}


@pytest.fixture
def operator(kafka: str, prefix: str) -> Operator:
    operator = Operator(kafka, prefix)
    topics = [NewTopic(prefix + output.topic, 1, 1) for output in (STORMS, OUTAGE_STORMS, STORM_ESTIMATES)]
    admin = AdminClient({**operator.client})  # answers come only while it lives
    for made in admin.create_topics(topics).values():
        made.result(60)

    def write(output: Output, partition: int, record: dict[str, Any]) -> None:
        operator.write(output.topic, partition, outgoing(output, record, "default"))

    mine, told = outage(), {name: STORM[name] for name in ("schema_version", "organisation", "updated_at", "storm_id")}
    promised = mine | {"outage_id": mine["outage_id"][:-1] + "a", "sequence": 2, "etr_stage": "outage"}
    for number, record in enumerate((mine, promised), 1):
        write(output_of(OUTAGE_STATE), 1, record)
        named = {"event_id": f"o{number}", "sequence": number, "outage_id": record["outage_id"], "storm_name": "Zeus"}
        write(OUTAGE_STORMS, 0, told | named)
    write(STORMS, 0, STORM | {"areas": [area("c1", customers_served=90), area("c2", customers_served=50)]})
    times = {"restored_from": AT, "restored_by": AT, "restored_to": TO, "probability": 0.8, "customers_affected": 9}
    whole = {"event_id": "e", "sequence": 1, "share": 0.95, "outages": 2, "outages_open": 2, "crews": 0, "pace": 1.0}
    write(STORM_ESTIMATES, 0, told | whole | times | {"customers_out": 8, "areas": [area("c1", **times)]})
    return operator


def test_an_areas_time_goes_to_the_outages_that_have_none(operator: Operator, tmp_path: Path) -> None:
    policy = tmp_path / "promises.toml"
    policy.write_text("")
    given = "storm", "promise", "s1", "county", "--promises", policy, "--reason", "storm", "--user", "op7", "--wait", 0
    refused = operator.run(*given)
    assert (refused.returncode, "set area_by_simulation" in refused.stderr) == (2, True)
    unknown = operator.run(*given, "--area", "c9", "--time", TO)
    assert (unknown.returncode, "c9: nobody is out there by storm s1" in unknown.stderr) == (2, True)
    garbage = operator.run(*given, "--time", "soon")
    assert (garbage.returncode, '--time "soon"' in garbage.stderr) == (2, True)
    assert commands(operator) == []
    assert operator.run(*given, "--time", "2026-07-02T00:00:00Z").returncode == 0
    policy.write_text("area_by_simulation = true\n")
    done = operator.run(*given)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "1 outages in 1 areas"), done.stderr
    by_hand, simulated = commands(operator)
    for command in (by_hand, simulated):
        assert (command.kind, command.stage, command.seen_revision, command.user) == ("set_promise", "area", 1, "op7")
        assert command.outage_id == outage()["outage_id"]
    assert by_hand.time == parse_time("2026-07-02T00:00:00Z")
    assert simulated.time == parse_time("2026-07-02T04:00:00Z")  # far off: rounded up to an hour
