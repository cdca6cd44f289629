"""The command: what it refuses, and how it tells what it has done and what went wrong."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from adapters.state.lock import locked_output
from cli.replay.command import replay_files
from dataflows.replay.settings import ReplaySettings
from models.contracts.topics import CALL_EVENTS, CREW_EVENTS, METER_EVENTS, OUTAGE_LIFECYCLE, SCADA_EVENTS
from models.refusal import FaultsError
from tests.worlds.storms import CKT5, contents, faultline


@pytest.fixture
def folder(storm: Path, tmp_path: Path) -> Path:
    """A folder with a storm of a few lines in it."""
    (tmp_path / "storm").mkdir()
    for topic in (METER_EVENTS, CREW_EVENTS):
        lines = (storm / f"{topic}.jsonl").read_bytes().splitlines(keepends=True)
        (tmp_path / "storm" / f"{topic}.jsonl").write_bytes(b"".join(lines[:40]))
    return tmp_path


def settings_of(folder: Path) -> ReplaySettings:
    return ReplaySettings(CKT5, folder / "storm", folder / "output")


def test_the_summary_is_told_to_people(folder: Path) -> None:
    ended = faultline("replay", "--network", CKT5, "--input", folder / "storm", "--output", folder / "output")
    assert ended.returncode == 0, ended.stderr  # where loops are compiled first, lines of progress stand there
    table = [line.split() for line in ended.stdout.splitlines()]
    assert table[0] == ["topic", "read", "used", "copies", "refused"]
    assert [row[:2] for row in table[1:4]] == [[METER_EVENTS, "40"], [CREW_EVENTS, "40"], ["all", "80"]]
    assert "dead letters: none" in ended.stdout


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "output").touch()
    (tmp_path / "model.toml").write_text("persistence = -1\nkings = 3")
    given = {"network": "nowhere", "input": "storm", "output": "output", "model": "model.toml", "state": "state"}
    options = [part for name, path in given.items() for part in (f"--{name}", tmp_path / path)]
    refused = faultline("replay", *options, "--batch-size", 0, "--organisation", " ", "--delivery", 7)
    assert (refused.returncode, refused.stdout) == (2, "")
    words = ["batch size", "organisation", "output", "input folder", "persistence", "kings", "delivery", "nowhere"]
    assert len(refused.stderr.splitlines()) == len(words)
    assert all(word in fault for word, fault in zip(words, refused.stderr.splitlines(), strict=True))
    assert not (tmp_path / "state").exists()


def test_input_that_cannot_be_read_is_refused(folder: Path) -> None:
    file = folder / "storm" / f"{SCADA_EVENTS}.jsonl.gz"
    file.write_bytes(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b")
    with pytest.raises(FaultsError, match="compressed file ended before"):
        replay_files(settings_of(folder))
    file.with_suffix("").touch()
    with pytest.raises(FaultsError, match=f"topic {SCADA_EVENTS} is there 2 times"):
        replay_files(settings_of(folder))


def test_a_step_that_fails_is_told_in_one_line(folder: Path) -> None:
    """There is no room on the disk for the life cycle."""
    (folder / "output").mkdir()
    (folder / "output" / f"{OUTAGE_LIFECYCLE}.jsonl").symlink_to("/dev/full")
    failed = faultline("replay", "--network", CKT5, "--input", folder / "storm", "--output", folder / "output")
    assert (failed.returncode, failed.stdout, failed.stderr.count("\n")) == (1, "", 1)
    assert "No space left on device" in failed.stderr


Change = Callable[[Path, ReplaySettings], ReplaySettings]


def other_input(folder: Path, settings: ReplaySettings) -> ReplaySettings:
    path = folder / "storm" / f"{METER_EVENTS}.jsonl"
    path.write_bytes(path.read_bytes().replace(b"mesh", b"mash", 1))
    return settings


def more_input(folder: Path, settings: ReplaySettings) -> ReplaySettings:
    (folder / "storm" / f"{CALL_EVENTS}.jsonl").touch()
    return settings


def other_version(folder: Path, settings: ReplaySettings) -> ReplaySettings:
    path = folder / "state" / "manifest.json"
    manifest = orjson.loads(path.read_bytes())
    manifest["identity"]["rules"] = "0 and 0"
    path.write_bytes(orjson.dumps(manifest))
    return settings


def other_model(folder: Path, settings: ReplaySettings) -> ReplaySettings:
    (folder / "model.toml").write_text("persistence = 2.0")
    return replace(settings, model=folder / "model.toml")


def lost_output(folder: Path, settings: ReplaySettings) -> ReplaySettings:
    shutil.rmtree(folder / "output")
    (folder / "output").mkdir()
    return settings


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (other_input, f"another input file {METER_EVENTS}.jsonl: "),
        (more_input, f"another input file {CALL_EVENTS}.jsonl: none, now "),
        (other_version, "another rules: 0 and 0"),
        (other_model, "another model: "),
        (lost_output, "the output folder does not hold what it has written"),
        (lambda _, settings: replace(settings, network=CKT5.with_name("epri_m1")), "another network: "),
        (lambda _, settings: replace(settings, delivery="0.5"), "another delivery: "),
        (lambda _, settings: replace(settings, organisation="north"), "another organisation: default, now north"),
        (lambda folder, settings: replace(settings, output=folder), "another output folder: "),
    ],
)
def test_a_state_of_something_else_is_refused(folder: Path, change: Change, reason: str) -> None:
    replay_files(settings_of(folder), folder / "state")
    changed = change(folder, settings_of(folder))
    before = contents(folder / "output")
    with pytest.raises(FaultsError) as refusal:
        replay_files(changed, folder / "state")
    assert reason in refusal.value.faults[0]
    assert contents(folder / "output") == before


def test_two_replays_never_write_into_one_folder(folder: Path) -> None:
    with locked_output(folder / "output"), pytest.raises(FaultsError, match=r"output .* is in use by another process"):
        replay_files(settings_of(folder), folder / "state")
    assert not list((folder / "output").iterdir())
    assert replay_files(settings_of(folder))["topics"]


def test_an_empty_input_and_another_towns_network_are_told(folder: Path) -> None:
    (folder / "storm" / "scada.device.event.v1.jsonl").touch()
    given = {"network": CKT5.with_name("epri_m1"), "input": folder / "storm", "output": folder / "output"}
    options = ["replay", *(part for name, path in given.items() for part in (f"--{name}", path))]
    mostly = faultline(*options)
    told = [line for line in mostly.stderr.splitlines() if line.startswith("faultline:")]
    assert mostly.returncode == 0
    assert told[0].endswith(f"is ignored: it is no topic; did you mean {SCADA_EVENTS}.jsonl?")
    assert "of 80 lines were refused, most as unknown-usage-point; is this the network of these events?" in told[1]
    (folder / "storm" / f"{CREW_EVENTS}.jsonl").unlink()
    foreign = faultline(*options)
    assert foreign.returncode == 1
    assert "faultline: all 40 lines were refused, most as unknown-usage-point" in foreign.stderr
    (folder / "storm" / f"{METER_EVENTS}.jsonl").write_bytes(b"\n")
    empty = faultline(*options)
    assert empty.returncode == 1
    assert "nothing was read" in empty.stderr
