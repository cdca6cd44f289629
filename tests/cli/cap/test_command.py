"""`faultline cap validate`, as a person and a program call it."""

from __future__ import annotations

from pathlib import Path

import orjson
from typer.testing import CliRunner, Result

from cli.cap.command import app
from models.contracts.topics import OUTAGE_CLOCK, OUTAGE_LIFECYCLE
from models.refusal import FaultsError
from models.times.iso8601 import format_time
from tests.worlds.alerts import FOLDER, changed
from tests.worlds.lifecycles import START, ended, revision

HOME = Path(__file__).parents[3]
NETWORK = HOME / "tests" / "data" / "networks" / "ckt5"


def validate(*arguments: object) -> Result:
    return command("validate", *arguments)


def command(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def refusals(*arguments: object) -> int:
    """The number of faults that a refusal names; `main` ends with code 2 for these."""
    done = validate(*arguments)
    assert isinstance(done.exception, FaultsError)
    assert done.stdout == ""
    return len(done.exception.faults)


def test_good_and_bad_messages_a_line_each_and_the_code_tells(tmp_path: Path) -> None:
    bad, advised = tmp_path / "bad.xml", tmp_path / "advised.xml"
    bad.write_bytes(changed("storm", " 38.47,-120.14</polygon>", "</polygon>").replace(b"STO-", b"STO "))
    advised.write_bytes(changed("error", "<note>The polygon was open.</note>", ""))
    good = FOLDER / "cancel.xml"
    done = validate(good, bad, advised)
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    assert lines[0] == f"{good}: valid"
    assert lines[1].startswith(f"{bad}:3: identifier-form (3.2.1 identifier): alert/identifier: 'STO 1055887203' has")
    assert lines[2].startswith(f"{bad}:30: polygon-open (3.2.4 polygon): alert/info/area/polygon: ends elsewhere")
    assert lines[3] == f"{bad}: invalid, 2 faults"
    assert lines[4].startswith(f"{advised}:2: advice: note-error (3.2.1 msgType): ")
    assert lines[5:] == [f"{advised}: valid"]
    assert validate(good, advised).exit_code == 0


def test_json_profile_and_network(tmp_path: Path) -> None:
    hostile = tmp_path / "hostile.xml"
    hostile.write_text('<!DOCTYPE alert SYSTEM "alert.dtd"><alert/>')
    storm = FOLDER / "storm.xml"
    done = validate(storm, hostile, "--json", "--profile", "cap-cp", "--network", NETWORK)
    assert done.exit_code == 1
    first, second = map(orjson.loads, done.stdout.splitlines())
    assert (first["file"], first["valid"], first["identifier"]) == (str(storm), False, "STO-1055887203")
    assert [finding["rule"] for finding in first["findings"]] == [
        *("cap-cp-code", "cap-cp-language", "cap-cp-event", "cap-cp-area", "outside-territory")
    ]
    assert [finding["rule"] for finding in second["findings"]] == ["xml-doctype"]


def test_what_cannot_be_checked_is_refused_all_at_once(tmp_path: Path) -> None:
    assert refusals(tmp_path / "a.xml", tmp_path / "b.xml", FOLDER / "ack.xml") == 2
    assert refusals(FOLDER / "ack.xml", "--profile", "au", "--territory", "1,2") == 2
    assert refusals(FOLDER / "ack.xml", "--network", NETWORK, "--territory", "1,2,3,4") == 1


def replayed(folder: Path) -> None:
    """The outputs of a replay in which an outage of all of ckt5 begins and ends."""
    whole = {"device_id": "ckt5/breaker", "zone_id": "ckt5-sub", "customers_out": 1379, "customers_affected": 1379}
    revisions = [revision(1, START, 1, **whole), ended(1, START + 3000, sequence=2)]
    ticks = [
        {"sequence": number, "updated_at": format_time((START + after) * 1000), "sequences": {OUTAGE_LIFECYCLE: last}}
        for number, (after, last) in enumerate([(0, 1), (3000, 2), (4000, 2)], 1)
    ]
    for stem, lines in ((OUTAGE_LIFECYCLE, revisions), (OUTAGE_CLOCK, ticks)):
        (folder / f"{stem}.jsonl").write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))


def test_the_alerts_of_a_replay_are_files_that_are_valid(tmp_path: Path) -> None:
    policy, alerts = tmp_path / "policy.toml", tmp_path / "alerts"
    policy.write_text('sender = "out@power.example"\nsender_name = "Power"\nstatus = "Actual"\n')
    paths = ("--network", NETWORK, "--policy", policy, "--input", tmp_path, "--output", alerts)
    assert isinstance(command("build", *paths).exception, FaultsError)
    replayed(tmp_path)
    built = command("build", *paths)
    assert built.exit_code == 0, built.output
    assert [line.split()[1] for line in built.stdout.splitlines()] == ["Alert", "all-clear", "messages"]
    files = sorted(alerts.glob("*.xml"))
    assert len(files) == 2
    assert all(b"<polygon>" in file.read_bytes() for file in files)
    assert validate(*files, "--network", NETWORK).exit_code == 0
    policy.write_text(policy.read_text() + '[areas.nowhere]\nname = "X"\n[areas.atlantis]\nname = "Y"\n')
    refused = command("build", *paths).exception
    assert isinstance(refused, FaultsError)
    assert [fault.partition("areas.")[2].partition(":")[0] for fault in refused.faults] == ["atlantis", "nowhere"]
    policy.write_text(policy.read_text().partition("[areas")[0])
    again = tmp_path / "again"
    command("build", *paths[:-1], again)
    assert {file.name: file.read_bytes() for file in again.iterdir()} == {
        file.name: file.read_bytes() for file in alerts.iterdir()
    }


def test_a_replay_of_another_version_is_refused(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('sender = "out@power.example"\nsender_name = "Power"\n')
    replayed(tmp_path)
    (tmp_path / f"{OUTAGE_LIFECYCLE}.jsonl").write_text('{"outage_id": "a", "sequence": 1}\n')
    paths = ("--network", NETWORK, "--policy", policy, "--input", tmp_path, "--output", tmp_path / "alerts")
    assert "replay the storm again" in str(command("build", *paths).exception)
