"""What the tests of trouble share: a utility of some zones, its storm as raw records, the run that nobody disturbs."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.figures import LONG, show_figures
from tests.chaos.outputs import Output, read_output
from tests.chaos.processes import run
from tests.chaos.stage import Raw, Stage, record_storm
from tests.worlds.storms import spoil

ZONES = 3
RAW_PARTITIONS = 3
EVIDENCE_PARTITIONS = 3

pytest_terminal_summary = show_figures
collect_ignore = (
    [] if LONG else ["test_disaster.py", "test_canary_alerts.py", "test_objectives.py", "test_overrun_log.py"]
)
"""Minutes by themselves: `make chaos` plays them."""
if not os.environ.get("FAULTLINE_QUIET"):
    collect_ignore = [*collect_ignore, "test_quiet.py"]  # `make quiet`


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist looks at the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker("chaos")
            item.add_marker(pytest.mark.xdist_group("chaos"))


@pytest.fixture(scope="session")
def utility(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A compiled network of three zones in three evidence partitions."""
    folder = tmp_path_factory.mktemp("utility")
    run("", "network", "generate", "--usage-points", 12_000, "--seed", 3, "--output", folder / "tables")
    options = ("--network", folder / "tables", "--output", folder / "utility.network")
    run("", "network", "compile", *options, "--evidence-partitions", EVIDENCE_PARTITIONS)
    return folder / "utility.network"


@pytest.fixture(scope="session")
def trouble(utility: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A storm of three quarters of an hour on it with operators in it, spoiled."""
    folder = tmp_path_factory.mktemp("trouble")
    options = (
        "--seed 7 --preset long --duration 0.75 --faults-per-hour 250 --copies 0.3 --false-gasps 0.002 --calls 0.2"
    )
    tables = utility.with_name("tables")
    run(
        "",
        "simulate",
        "--network",
        tables,
        "--output",
        folder / "storm",
        *options.split(),
        "--crews",
        "on",
        "--scada",
        "on",
        "--planned-works",
        "on",
        "--operators",
        "0.5",
    )
    spoil(folder / "storm", folder / "spoiled")
    return folder / "spoiled"


@pytest.fixture(scope="session")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model by which no origin is left out, however long a restart takes."""
    path = tmp_path_factory.mktemp("model") / "patient.toml"
    path.write_text("left_out_seconds = 3600.0\n")
    return path


@pytest.fixture(scope="session")
def script(kafka: str, utility: Path, trouble: Path) -> list[Raw]:
    """The storm as raw records."""
    return record_storm(kafka, f"chaos{secrets.token_hex(4)}.", utility, trouble, RAW_PARTITIONS)


@pytest.fixture
def stage(kafka: str, prefix: str, utility: Path, script: list[Raw], patient: Path, tmp_path: Path) -> Iterator[Stage]:
    """Topics of one's own for the storm."""
    settings = {"model": str(patient), "epoch_seconds": "1"}
    with Stage(kafka, prefix, utility, tmp_path / "stage", script, EVIDENCE_PARTITIONS, settings) as stage:
        yield stage


@pytest.fixture(scope="session")
def calm(
    kafka: str, utility: Path, script: list[Raw], patient: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """A run that nobody has disturbed, over."""
    settings = {"model": str(patient)}
    folder, prefix = tmp_path_factory.mktemp("calm"), f"calm{secrets.token_hex(4)}."
    with Stage(kafka, prefix, utility, folder, script, EVIDENCE_PARTITIONS, settings) as stage:
        stage.run()
        yield stage


@pytest.fixture(scope="session")
def undisturbed(calm: Stage) -> Output:
    """What such a run writes."""
    return read_output(calm)
