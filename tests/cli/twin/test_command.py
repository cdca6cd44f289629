"""`faultline twin check`: two sites on a real Kafka, one of which is damaged, behind, or neither."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from adapters.kafka.clients.producer import Outgoing
from adapters.kafka.records.output_record import outgoing
from models.contracts.registry import output_of, outputs
from models.contracts.topics import OUTAGE_CLOCK, OUTAGE_LIFECYCLE, OUTAGE_STATE
from tests.peers.commands import Operator

COUNT = 6
PARTITIONS = 2
"""Of each topic, as `Operator` makes them."""


def records(topic: str) -> list[Outgoing]:
    """What the log makes of an output; the clock says that all of it is written."""
    output = output_of(topic)
    own = {"evidence_partition": 0, "sequences": {OUTAGE_LIFECYCLE: COUNT}} if topic == OUTAGE_CLOCK else {}
    at = [f"2026-07-01T18:00:0{number}.000Z" for number in range(COUNT + 1)]
    some = [
        {"outage_id": f"outage-{number}", "sequence": number, "updated_at": at[number], "event_id": f"{number}"} | own
        for number in range(1, COUNT + 1)
    ]
    return [outgoing(output, record, "default", "zone") for record in some]


@pytest.fixture
def sites(kafka: str, prefix: str) -> tuple[Operator, Operator]:
    """Two sites on one cluster, both with a clock."""
    here, twin = Operator(kafka, prefix), Operator(kafka, f"{prefix}twin.")
    for site in (here, twin):
        site.write(OUTAGE_CLOCK, 0, *records(OUTAGE_CLOCK))
    return here, twin


def check(here: Operator, twin: Operator, *more: object) -> tuple[int, dict[str, dict[str, Any]]]:
    """What the command ends with, and what it says of partition 0 of each topic."""
    topics = [part for topic in (OUTAGE_LIFECYCLE, OUTAGE_STATE) for part in ("--topic", topic)]
    done = here.run("twin", "check", "--twin-prefix", twin.prefix, "--json", *topics, *more)
    told = [orjson.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode in (0, 1, 3), done.stderr
    return done.returncode, {each["topic"]: each for each in told if each["partition"] == 0}


def test_the_same_is_the_same_with_all_topics(sites: tuple[Operator, Operator]) -> None:
    here, twin = sites
    for site in sites:
        site.write(OUTAGE_LIFECYCLE, 0, *records(OUTAGE_LIFECYCLE))
        site.write(OUTAGE_STATE, 0, *records(OUTAGE_STATE))
    done = here.run("twin", "check", "--twin-prefix", twin.prefix)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (
        0,
        f"{3 * COUNT} records of {PARTITIONS * len(outputs('outages'))} partitions compared: the same",
    )
    code, told = check(here, twin)
    assert code == 0
    assert {each["digests"]["here"] == each["digests"]["twin"] for each in told.values()} == {True}


def test_a_flipped_a_missing_and_a_doubled_record_are_named(sites: tuple[Operator, Operator]) -> None:
    here, twin = sites
    whole, states = records(OUTAGE_LIFECYCLE), records(OUTAGE_STATE)
    here.write(OUTAGE_LIFECYCLE, 0, *whole)
    flipped = whole[1]._replace(value=(whole[1].value or b"").replace(b"zone", b"zine").replace(b'"2"', b'"3"'))
    twin.write(OUTAGE_LIFECYCLE, 0, whole[0], flipped, whole[3], whole[3], *whole[4:-1])
    here.write(OUTAGE_STATE, 0, *states[:-1])
    twin.write(OUTAGE_STATE, 0, *states)
    code, told = check(here, twin)
    assert code == 1
    findings = {(one["kind"], one["site"]): one for one in told[OUTAGE_LIFECYCLE]["findings"]}
    assert {kind: (one["number"], one["key"], one["offsets"]) for kind, one in findings.items()} == {
        ("different", None): (2, "outage-2", {"here": 1, "twin": 1}),
        ("doubled", "twin"): (4, "outage-4", {"twin": 3}),
        ("missing", "twin"): (6, "outage-6", {"here": 5}),
    }
    assert told[OUTAGE_LIFECYCLE]["counts"] == {"different": 1, "doubled": 1, "missing": 2}
    assert told[OUTAGE_STATE]["verdict"] == "behind"
    shown = here.run("twin", "check", "--twin-prefix", twin.prefix, "--topic", OUTAGE_LIFECYCLE).stdout
    assert f"{OUTAGE_LIFECYCLE}/0: number 2 (key outage-2) is not the same: offset 1 here, offset 1 twin\n" in shown
    assert f"{OUTAGE_LIFECYCLE}/0: number 3 (key outage-3) is missing twin: offset 2 here\n" in shown


def test_who_is_behind_is_told_as_behind(sites: tuple[Operator, Operator]) -> None:
    here, twin = sites
    here.write(OUTAGE_STATE, 0, *records(OUTAGE_STATE))
    twin.write(OUTAGE_STATE, 0, *records(OUTAGE_STATE)[:2])
    code, told = check(here, twin)
    assert code == 3
    behind = told[OUTAGE_STATE]["behind"]
    assert (behind["site"], behind["records"], behind["until"]["twin"]) == ("twin", 4, "2026-07-01T18:00:02.000Z")
    shown = here.run("twin", "check", "--twin-prefix", twin.prefix, "--topic", OUTAGE_STATE).stdout
    assert "the same as far as both have come (1 behind)" in shown


def test_what_cannot_be_compared_is_refused(kafka: str, sites: tuple[Operator, Operator], tmp_path: Any) -> None:
    here, _ = sites
    same = here.run("twin", "check")
    assert (same.returncode, "--twin-config" in same.stderr) == (2, True)
    settings = tmp_path / "twin.toml"
    settings.write_text(f'kafka = "{kafka}"\ntopic_prefix = "{here.prefix}gone."\n')
    gone = here.run("twin", "check", "--twin-config", settings)
    assert (gone.returncode, f"{here.prefix}gone." in gone.stderr) == (2, True)
    other = Operator(kafka, f"{here.prefix}three.", 3)
    wrong = here.run("twin", "check", "--twin-prefix", other.prefix)
    assert (wrong.returncode, "3 (twin) partitions" in wrong.stderr) == (2, True)
    unknown = here.run("twin", "check", "--twin-prefix", other.prefix, "--topic", "nothing")
    assert (unknown.returncode, "is no output" in unknown.stderr) == (2, True)
