"""What `faultline simulate` does once its options are read."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from adapters.network.load import load_network
from adapters.tables.layout import find_areas, find_tables
from models.refusal import FaultsError
from simulator.files.folder import clear_folder, copy_tables, write_simulation, write_storm
from simulator.incidents import read_incidents
from simulator.options import option_faults, storm_options, without_meaning
from simulator.storm import replay, simulate
from simulator.storms.history import cut

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from models.network.network import Network
    from simulator.options import StormOptions
    from simulator.storm import Storm


class Request(NamedTuple):
    """What to read and where to write; times are milliseconds."""

    network: Path
    output: Path
    incidents: Path | None
    first_at: int | None
    end_at: int | None


class Made(NamedTuple):
    """What has been made."""

    counts: dict[str, int]
    """How many there are of what."""
    passed_over: dict[str, int]
    """How many rows of a historical storm's crews could not be used, by reason."""


def make(request: Request, seed: int, preset: str | None, chosen: Mapping[str, object]) -> Made:
    """Make a storm and write its folder. Raises `FaultsError`."""
    given = {name for name, value in {**chosen, "preset": preset}.items() if value is not None}
    options = storm_options(seed, preset or ("full" if request.incidents is None else "incidents"), chosen)
    if faults := option_faults(options) + _misplaced(request, given) + _without_meaning(preset, given):
        raise FaultsError(faults)
    areas = find_areas(request.network)
    tables = [*find_tables(request.network), *([] if areas is None else [areas])]
    network = load_network(request.network)
    storm, origin, passed_over = _storm(request, network, options)
    clear_folder(request.output)
    write_storm(request.output, network, storm)
    copy_tables(tables, request.output)
    return Made(write_simulation(request.output, network, storm, origin), passed_over)


def _storm(
    request: Request, network: Network, options: StormOptions
) -> tuple[Storm, dict[str, object], dict[str, int]]:
    if request.incidents is None:
        return simulate(network, options), {}, {}
    tables = read_incidents(request.incidents)
    storm, laid = replay(network, options, cut(tables.incidents, request.first_at, request.end_at))
    origin: dict[str, object] = {
        "incidents": request.incidents.name,
        "content": blake2b(request.incidents.read_bytes(), digest_size=16).hexdigest(),
        "from": request.first_at,
        "to": request.end_at,
        "keep": laid.keep,
        "incidents_kept": laid.kept,
        "incidents_laid": laid.laid,
    }
    if tables.passed_over:
        origin["crew_rows_passed_over"] = tables.passed_over
    return storm, origin, tables.passed_over


def _misplaced(request: Request, given: set[str]) -> list[str]:
    """Name the options that say nothing beside each other, and an output that would destroy the input."""
    faults = []
    if request.output.resolve() in (*request.network.resolve().parents, request.network.resolve()):
        faults.append(f"--output {request.output}: holds the network itself; name another folder")
    if request.incidents is None:
        misplaced = {"keep": "keep" in given, "from": request.first_at is not None, "to": request.end_at is not None}
        return faults + [f"--{name} goes with --incidents; leave it out" for name, there in misplaced.items() if there]
    if request.output.resolve() in request.incidents.resolve().parents:
        faults.append(f"--output {request.output}: holds the incidents; name another folder")
    ruled = ("preset", "start_at", "duration_seconds", "faults_per_hour", "simultaneous", "momentary", "nested")
    names = (name.removesuffix("_at").removesuffix("_seconds").replace("_", "-") for name in ruled if name in given)
    return faults + [f"--{name} does not go with --incidents, whose storm is as it was; leave it out" for name in names]


def _without_meaning(preset: str | None, given: set[str]) -> list[str]:
    names = (name.replace("_", "-") for name in without_meaning(preset, given))
    return [f"--{name} does not go with --preset {preset}, which has laws of its own; leave it out" for name in names]
