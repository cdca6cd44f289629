"""A storm over a small town whose network changes in its midst; the versions stand in tests/data."""

from __future__ import annotations

from pathlib import Path

from adapters.network.compiled_file import write_artefact
from adapters.network.load import compile_folder
from models.contracts.topics import RAW_TOPICS
from models.network.network import Network
from tests.worlds.evidence import Evidence, clock
from tests.worlds.storms import HOME

TABLES = HOME / "tests" / "data" / "networks" / "releases"
AT = 300
"""Seconds after which the second version is in force."""
RELEASED_AT = clock(AT)
BACK_AT = clock(950)
"""The first one comes back in the middle of an outage, as a version of its own."""


def compile_versions(folder: Path) -> tuple[Network, Network]:
    """Write both versions into a folder, as town-1.network and town-2.network."""
    folder.mkdir(parents=True, exist_ok=True)
    first = compile_folder(TABLES / "town-1", None, 1)
    second = compile_folder(TABLES / "town-2", first, 1)
    for name, network in (("town-1", first), ("town-2", second)):
        write_artefact(network, folder / f"{name}.network")
    return first, second


def write_town_storm(folder: Path) -> None:
    """A transformer whose points move and an open fuse over the release; what the new points say; a feeder after it."""
    evidence = Evidence()
    for second in range(0, 1400, 5):  # the clock goes on in all topics
        evidence.meter("q20", "ping_on", second, 0)
        evidence.scada("brk2", "closed", second, delay=0)
        evidence.call("q20", "power_back", second, 0)
        evidence.crew("c9", "available", second, 0)
    for number in range(6):
        evidence.meter(f"p0{number}", "last_gasp", 100 + 0.1 * number, 2)
        evidence.meter(f"p1{number}", "last_gasp", 200 + 0.1 * number, 2)
    evidence.crew("c1", "on_site", 230, open_device_id="tx1")
    evidence.meter("p13", "ping_on", 240, 2)  # below a device that a crew has open
    evidence.meter("new1", "last_gasp", 250, 5)  # not known yet
    evidence.meter("new1", "ping_off", 330, 5)
    for number in range(5):
        evidence.meter(f"p1{number}", "power_restored", 600 + number, 2)
        evidence.meter(f"p0{number}", "power_restored", 700 + number, 2)
    evidence.crew("c1", "completed", 610, open_device_id="tx1")
    for number in range(6):
        evidence.meter(f"q0{number} q1{number} q2{number}", "last_gasp", 900 + 0.1 * number, 2)
    for number in range(6):
        evidence.meter(f"q0{number} q1{number} q2{number}", "power_restored", 1000 + number, 2)
    folder.mkdir(parents=True, exist_ok=True)
    lines = evidence.lines()
    for topic in RAW_TOPICS:
        (folder / f"{topic}.jsonl").write_bytes(b"".join(line.replace(b'"M', b'"m-') + b"\n" for line in lines[topic]))


def compile_cut_overs(folder: Path) -> tuple[Network, Network]:
    """Write versions between which feeder F1 goes to substation S2 and F2 to S3, both new, under the same names."""
    folder.mkdir(parents=True, exist_ok=True)
    first = compile_folder(TABLES / "town-1", None, 1)
    tables = folder / "tables"
    tables.mkdir()
    for table in (TABLES / "town-1").iterdir():
        (tables / table.name).write_bytes(table.read_bytes())
    text = (tables / "devices.csv").read_text()
    for feeder, substation in (("F1", "S2"), ("F2", "S3")):
        text = text.replace(f",{feeder},S1,", f",{feeder},{substation},").replace(
            f"breaker,bus,{feeder},", f"breaker,bus{substation},{feeder},"
        )
        text += f"bus{substation},bus,,,{substation},8.5,47.3\n"
    (tables / "devices.csv").write_text(text)
    second = compile_folder(tables, first, 1)
    for name, network in (("town-1", first), ("town-2", second)):
        write_artefact(network, folder / f"{name}.network")
    return first, second
