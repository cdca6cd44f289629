"""The folder of a simulation: topic files, `network/` and `truth/`."""

from __future__ import annotations

from dataclasses import asdict
from importlib.metadata import version
from shutil import copyfile, rmtree
from typing import TYPE_CHECKING

import numpy as np
import orjson
import pyarrow as pa

from models.contracts.topics import OPERATOR_COMMANDS, RAW_TOPICS
from models.refusal import FaultsError
from models.times.iso8601 import format_time
from simulator.days.table import DAYS
from simulator.files.day import write_day
from simulator.files.operators import write_orders
from simulator.files.topics import write_calls, write_crews, write_meters, write_scada, write_works
from simulator.files.truth import (
    customers_by_fault,
    write_delivery,
    write_faults,
    write_interruptions,
    write_operations,
    write_planned_works,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from models.network.network import Network
    from simulator.storm import Storm


def clear_folder(folder: Path) -> None:
    """Make the folder, or empty it of an earlier simulation; raises `FaultsError` if it holds anything else."""
    folder.mkdir(parents=True, exist_ok=True)
    ours = {"network", "truth", *(f"{topic}.jsonl" for topic in RAW_TOPICS)}
    if strange := sorted(path.name for path in folder.iterdir() if path.name not in ours):
        raise FaultsError([f"{folder}: holds {strange[0]}, which no simulation wrote; name another folder"])
    for path in folder.iterdir():
        if path.is_dir():
            rmtree(path)
        else:
            path.unlink()


def write_storm(folder: Path, network: Network, storm: Storm) -> None:
    """Write a storm's topics and truth into a cleared folder."""
    truth = folder / "truth"
    truth.mkdir()
    write_meters(folder, network, storm.meters, storm.meter_reports)
    if storm.device_reports is not None:
        write_scada(folder, network, storm.device_reports)
    if storm.calls is not None:
        write_calls(folder, network, storm.calls)
    if storm.crew_reports is not None:
        write_crews(folder, network, storm.crew_reports)
    if storm.work_reports is not None:
        write_works(folder, network, storm.work_reports)
        write_planned_works(truth, storm.work_reports)
    write_faults(truth, network, storm.course, customers_by_fault(network, storm.course, storm.interruptions))
    write_interruptions(truth, network, storm.course, storm.interruptions)
    write_operations(truth, network, storm.course)
    write_delivery(truth, network, storm.meters)
    if storm.heard is not None:
        write_day(truth, network, storm, storm.heard)
    if storm.options.operators:
        write_orders(folder, network, storm.options.operators, storm.options.seed)


def write_simulation(folder: Path, network: Network, storm: Storm, origin: Mapping[str, object]) -> dict[str, int]:
    """Write `truth/simulation.json`: options, versions, counts; `origin` says what a replayed storm came from.

    Returns the counts.
    """
    counts = {
        "faults": len(storm.course.faults),
        "interruptions": len(storm.interruptions),
        "meter_events": len(storm.meter_reports),
        "scada_events": len(storm.device_reports or ()),
        "call_events": 0 if storm.calls is None else len(storm.calls.reports),
        "crew_events": len(storm.crew_reports or ()),
    }
    if storm.work_reports is not None:
        counts["work_events"] = len(storm.work_reports)
    if storm.options.operators:
        counts["operator_commands"] = (folder / f"{OPERATOR_COMMANDS}.jsonl").read_bytes().count(b"\n")
    options = {**asdict(storm.options), "start_at": format_time(storm.options.start_at)}
    if storm.options.slow_laws == 1:
        del options["slow_laws"]  # a storm by its own laws has the bytes that it had before there were slower ones
    if not storm.options.planned_works:
        del options["planned_works"]  # likewise
    if not storm.options.operators:
        del options["operators"]  # likewise
    record: dict[str, object] = {
        "options": options,
        "origin": dict(origin),
        "versions": {
            "faultline": version("faultline"),
            "network": network.version,
            "numpy": np.__version__,
            "pyarrow": pa.__version__,
        },
        "counts": counts,
    }
    if storm.heard is not None:
        record["laws"] = {**asdict(DAYS[storm.options.preset]), "families": storm.heard.laws}
    text = orjson.dumps(record, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)
    (folder / "truth" / "simulation.json").write_bytes(text)
    return counts


def copy_tables(tables: Iterable[Path], folder: Path) -> None:
    """Copy the tables to `network/`, as the engine is to have them."""
    target = folder / "network"
    target.mkdir()
    for table in tables:
        copyfile(table, target / table.name)
