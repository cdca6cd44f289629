"""A historical storm over other networks: PG&E's of October 2019, in an extract."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from adapters.network.load import load_network
from models.contracts.inputs.crew import CrewEvent
from models.contracts.topics import CREW_EVENTS
from models.decoding.validation import validate
from models.refusal import FaultsError
from simulator.course import NEVER, NONE
from simulator.incidents import CREW_SENTENCES, Incident, read_incidents
from simulator.options import storm_options
from simulator.storms.history import cut, historical_storm
from tests.simulator.grids import told_faults, told_interruptions
from tests.worlds.networks import Device, Point, network_of
from tests.worlds.storms import CKT5, HOME, faultline

INCIDENTS = HOME / "tests" / "data" / "storms" / "pge-2019-10-27" / "incidents.csv"


def test_a_storm_too_large_is_brought_down_to_a_fifth_of_the_network(tmp_path: Path) -> None:
    made = faultline("simulate", "--network", CKT5, "--output", tmp_path, "--seed", 1, "--incidents", INCIDENTS)
    assert made.returncode == 0, made.stderr
    changes = [
        change
        for _, _, out_at, back_at in told_interruptions(tmp_path)
        for change in ((out_at, 1), (NEVER if back_at is None else back_at, -1))
    ]
    peak = out = 0
    for _, step in sorted(changes):
        out += step
        peak = max(peak, out)
    points = len(load_network(CKT5).point_device)
    assert abs(peak - 0.2 * points) < 0.03 * points
    faults = told_faults(tmp_path)
    assert any(fault["closed_at"] is None for fault in faults)
    assert {fault["kind"] for fault in faults} <= {"fault", "planned"}
    origin = json.loads((tmp_path / "truth" / "simulation.json").read_bytes())["origin"]
    assert 0 < origin["keep"] < 1
    assert origin["incidents_laid"] == len(faults) <= origin["incidents_kept"]


def test_crews_report_as_published_and_completion_where_power_came_back(tmp_path: Path) -> None:
    options = ("--incidents", INCIDENTS, "--keep", 0.4)
    made = faultline("simulate", "--network", CKT5, "--output", tmp_path, "--seed", 2, *options)
    assert made.returncode == 0, made.stderr
    events = [validate(CrewEvent, line) for line in (tmp_path / f"{CREW_EVENTS}.jsonl").read_bytes().splitlines()]
    assert {event.status for event in events} <= {*CREW_SENTENCES.values(), "completed"}
    for event in events:
        assert event.device_id  # the incident has a place from the start
        at_work = event.status in ("on_site", "repairing", "completed")
        assert event.open_device_id == (event.device_id if at_work else None)
    done = {event.crew_id for event in events if event.status == "completed"}
    assert done
    assert done <= {event.crew_id for event in events if event.status != "completed"}
    assert all(event.kind == ("assessor" if int(event.crew_id[5:]) % 2 else "line") for event in events)
    assert all(event.kind == "line" for event in events if event.status == "repairing")


def test_an_incident_lies_on_what_is_about_as_large_near_its_place_and_alone_there() -> None:
    devices = [Device("root", kind="breaker")]
    points = []
    for size in (1, 1, 5, 20, 20):
        devices.append(Device(f"d{len(devices)}", "root", "fuse"))
        points += [Point(f"{devices[-1].id}/{number}", devices[-1].id) for number in range(size)]
    network = network_of(devices, points)
    incidents = [incident(number, at=number, size=size) for number, size in enumerate((20, 20, 20, 5, 1, 1))]
    course = historical_storm(network, storm_options(1, "incidents", {"keep": 1.0}), incidents).course
    sizes = [int(network.point_end[fault.device] - network.point_start[fault.device]) for fault in course.faults]
    assert sorted(sizes) == [1, 1, 5, 20, 20], "the third of twenty finds nothing of its size that is closed"
    assert len({fault.device for fault in course.faults}) == len(course.faults)


def test_an_incident_of_one_customer_is_a_single_service_where_no_device_feeds_just_one() -> None:
    devices = [Device("root", kind="breaker"), Device("t", "root", "transformer")]
    network = network_of(devices, [Point(str(number), "t") for number in range(6)])
    course = historical_storm(network, storm_options(1, "incidents", {"keep": 1.0}), [incident(0, 0, 1)]).course
    assert [(fault.device, fault.usage_point >= 0) for fault in course.faults] == [(NONE, True)]


def test_a_cut_leaves_out_what_starts_before_and_all_that_happens_after() -> None:
    incidents = [incident(number, at=10 * number, size=1, lasting=15) for number in range(5)]
    kept = cut(incidents, 1_600_000_010_000, 1_600_000_030_000)
    assert [(one.incident_id, one.restored_at) for one in kept] == [("1", 1_600_000_025_000), ("2", NEVER)]


def test_every_fault_of_the_files_is_told(tmp_path: Path) -> None:
    header = "incident_id,started_at,restored_at,customers_max,latitude,longitude,planned_shutoff\n"
    rows = ("1,2019-10-27T00:00:00Z,2019-10-26T00:00:00Z,5", "2,yesterday,,5", "3,2019-10-27T00:00:00Z,,many")
    (tmp_path / "incidents.csv").write_text(header + "".join(f"{row},1,1,0\n" for row in rows))
    (tmp_path / "crew_status.csv").write_text("at,incident_id\n2019-10-27T00:00:00Z,1\n")
    with pytest.raises(FaultsError) as refused:
        read_incidents(tmp_path / "incidents.csv")
    assert len(refused.value.faults) == 4
    assert all(str(tmp_path) in fault for fault in refused.value.faults)


JANUARY = """at,incident_id,status
2021-01-27T04:10:00Z,1,PG&E has assigned a crew to assess the outage.
2021-01-27T04:20:00Z,1,Awaiting outage assessment
2021-01-27T04:30:00Z,2,Awaiting outage assessment
21-01-27T04:30:00Z,1,PG&E assessment crew is en route to the outage.
0021-01-27T04:30:00Z,1,PG&E assessment crew is en route to the outage.
,1,PG&E is assessing the cause at the outage location.
2021-01-27T04:40:00Z,,PG&E is assessing the cause at the outage location.
2021-01-27T04:40:00Z,1,
2021-01-27T04:40:00Z,1
2021-01-27T04:50:00Z,1,PG&E is assessing the cause at the outage location.
"""


def test_rows_of_crews_that_nobody_understands_are_counted_and_passed_over(tmp_path: Path) -> None:
    header = "incident_id,started_at,restored_at,customers_max,latitude,longitude,planned_shutoff\n"
    incidents = tmp_path / "incidents.csv"
    incidents.write_text(header + "1,2021-01-27T04:00:00Z,2021-01-27T06:00:00Z,5,1,1,0\n")
    (tmp_path / "crew_status.csv").write_text(JANUARY)
    tables = read_incidents(incidents)
    assert [status for _, status, _ in tables.incidents[0].crew] == ["assigned", "on_site"]
    assert tables.passed_over == {
        "at is no time of the years 1970 to 9999 with a zone": 2,
        "status is empty": 2,
        "unknown sentence 'Awaiting outage assessment'": 2,
        "at is empty": 1,
        "incident_id is empty": 1,
    }
    output = tmp_path / "storm"
    made = faultline("simulate", "--network", CKT5, "--output", output, "--seed", 1, "--incidents", incidents)
    assert made.returncode == 0, made.stderr
    assert "crew_status.csv: 8 rows passed over" in made.stdout
    assert "2: unknown sentence 'Awaiting outage assessment'" in made.stdout
    origin = json.loads((output / "truth" / "simulation.json").read_bytes())["origin"]
    assert origin["crew_rows_passed_over"] == tables.passed_over


def test_the_reference_has_the_table_of_crew_sentences() -> None:
    page = (HOME / "docs" / "reference" / "crew-sentences.md").read_text()
    assert dict(re.findall(r"^\| (.+?) \| `(\w+)` \|", page, re.MULTILINE)) == dict(CREW_SENTENCES)


def incident(number: int, at: int, size: int, lasting: int = 3600) -> Incident:
    started_at = 1_600_000_000_000 + 1000 * at
    return Incident(str(number), started_at, started_at + 1000 * lasting, size, 0.0, 0.0, planned=False)
