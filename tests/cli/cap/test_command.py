"""`faultline cap validate`, as a person and a program call it."""

from __future__ import annotations

from pathlib import Path

import orjson
from typer.testing import CliRunner, Result

from cli.cap.command import app
from models.refusal import FaultsError
from tests.worlds.alerts import FOLDER, changed

HOME = Path(__file__).parents[3]
NETWORK = HOME / "tests" / "data" / "networks" / "ckt5"


def validate(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["validate", *map(str, arguments)])


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
