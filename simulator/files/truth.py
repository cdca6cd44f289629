"""The truth of a simulation, against which outages are scored: faults, interruptions, operations, delivery rates.

- `faults.jsonl`: every device that opened and every single service. `device_id` is the device that opened and is null
  for a single service. `customers` are those whom the fault interrupted first; where that is nobody, because a device
  above was open already, those below who had to wait for it.
- `interruptions.csv`, above a million rows `interruptions.parquet`: each interruption of each usage point, with the
  fault that interrupted it first; `back_at` is empty where power stays away.
- `operations.csv`: every movement of a device, the shots of a reclosing sequence and ties included.
- `planned_works.csv`, where works were announced: the faults that are such works.
- `delivery.csv`: the share of last gasps that arrive by source and collector, for `faultline replay --delivery`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from models.contracts.outputs.fault import FaultRecord
from models.network.network import PHASES
from models.times.iso8601 import format_time
from simulator.course import NEVER, NONE, moves
from simulator.files.lines import chosen, csv_text, csv_texts, iso_times, optional, write_lines
from simulator.telemetry.fleet import SOURCES
from simulator.telemetry.works import announced, work_id

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from models.network.network import Network
    from simulator.course import Course, Fault
    from simulator.files.lines import Part
    from simulator.supply import Interruptions
    from simulator.telemetry.fleet import Fleet
    from simulator.telemetry.works import WorkReport

PARQUET_ABOVE: Final = 1_000_000
"""Rows of interruptions that a CSV file is still good for."""


def write_faults(folder: Path, network: Network, course: Course, customers: NDArray[np.int64]) -> None:
    """Write `faults.jsonl`; `customers` is counted by fault."""
    with (folder / "faults.jsonl").open("wb") as stream:
        for number, fault in enumerate(course.faults):
            record = FaultRecord(
                fault_id=fault_id(number),
                device_id=None if fault.device == NONE else network.device_ids[fault.device],
                usage_point_id=None if fault.usage_point == NONE else network.point_ids[fault.usage_point],
                kind=fault.kind,
                phases=_phases(network, fault),
                opened_at=format_time(fault.opened_at),
                closed_at=format_time(fault.closed_at) if fault.closed_at < NEVER else None,
                momentary=fault.momentary,
                nested_in=None if fault.nested_in == NONE else fault_id(fault.nested_in),
                cause=fault.cause,
                customers=int(customers[number]),
            )
            stream.write(orjson.dumps(record.model_dump(), option=orjson.OPT_APPEND_NEWLINE))


def customers_by_fault(network: Network, course: Course, interruptions: Interruptions) -> NDArray[np.int64]:
    """Count for each fault whom it interrupted first; if that is nobody, who below it had to wait for its closing."""
    points = len(network.point_device)
    pairs = np.sort(interruptions.fault * np.int64(points) + interruptions.point)
    fault, point = np.divmod(pairs[np.diff(pairs, prepend=-1) > 0], max(points, 1))
    counts = np.bincount(fault, network.customers[point], len(course.faults)).astype(np.int64)
    for number in np.flatnonzero(counts == 0).tolist():
        if course.faults[number].device != NONE:
            counts[number] = _waiting(network, course.faults[number], interruptions)
    return counts


def _waiting(network: Network, fault: Fault, interruptions: Interruptions) -> int:
    below = network.point_start[fault.device], network.point_end[fault.device]
    rows = slice(*np.searchsorted(interruptions.point, below))
    waited = (interruptions.out_at[rows] < fault.closed_at) & (fault.closed_at <= interruptions.back_at[rows])
    return int(network.customers[interruptions.point[rows][waited]].sum())


def write_interruptions(folder: Path, network: Network, course: Course, interruptions: Interruptions) -> None:
    """Write `interruptions.csv`, or `interruptions.parquet` where they are many."""
    fault_ids = [fault_id(number) for number in range(len(course.faults))]
    if len(interruptions) > PARQUET_ABOVE:
        _write_parquet(folder / "interruptions.parquet", network, fault_ids, interruptions)
        return
    lasting = interruptions.back_at == NEVER
    parts: list[Part] = [
        csv_texts(network.point_ids, interruptions.point),
        b",",
        chosen(fault_ids, interruptions.fault),
        b",",
        iso_times(interruptions.out_at),
        b",",
        optional(b"", iso_times(np.where(lasting, interruptions.out_at, interruptions.back_at)), ~lasting, b""),
    ]
    with (folder / "interruptions.csv").open("wb") as stream:
        stream.write(b"usage_point_id,fault_id,out_at,back_at\n")
        write_lines(stream, parts, len(interruptions))


def _write_parquet(path: Path, network: Network, fault_ids: list[str], interruptions: Interruptions) -> None:
    """Write the same four columns; the times are timestamps in UTC, the fault ids a dictionary."""
    moment = pa.timestamp("ms", tz="UTC")
    lasting = interruptions.back_at == NEVER
    columns = {
        "usage_point_id": pa.array(network.point_ids.take(interruptions.point)),
        "fault_id": pa.DictionaryArray.from_arrays(pa.array(interruptions.fault), pa.array(fault_ids)),
        "out_at": pa.array(interruptions.out_at).cast(moment),
        "back_at": pa.array(interruptions.back_at, mask=lasting).cast(moment),
    }
    pq.write_table(pa.table(columns), path, compression="zstd")


def write_operations(folder: Path, network: Network, course: Course) -> None:
    """Write `operations.csv`: every movement of a device; what falls into one millisecond stands opening first."""
    rows = [f"{format_time(at)},{_csv(device_name(network, device))},{where}" for at, where, device in moves(course)]
    (folder / "operations.csv").write_text("\n".join(["at,device_id,position", *rows, ""]), "utf-8")


def write_planned_works(folder: Path, reports: list[WorkReport]) -> None:
    """Write `planned_works.csv`: the works that were announced and carried out, by their faults."""
    rows = [f"{fault_id(number)},{work_id(number)}" for number in announced(reports)]
    (folder / "planned_works.csv").write_text("\n".join(["fault_id,work_id", *rows, ""]), "utf-8")


def write_delivery(folder: Path, network: Network, meters: Fleet) -> None:
    """Write `delivery.csv`, one row a source where its collectors do not differ."""
    rows = ["source,collector_id,rate"]
    for source, rates in zip(SOURCES, meters.rates, strict=False):
        if np.all(rates == rates[:1]):
            rows.append(f"{source},*,{rates[0]:.6f}")
        else:
            names = network.collector_ids.take(range(len(rates)))
            rows += [f"{source},{_csv(name)},{rate:.6f}" for name, rate in zip(names, rates, strict=True)]
    (folder / "delivery.csv").write_text("\n".join([*rows, ""]), "utf-8")


def device_name(network: Network, device: int) -> str:
    """Return the id of a device, or of a tie that stands in no table."""
    listed = len(network.parent)
    return network.device_ids[device] if device < listed else f"unlisted-tie-{device - listed + 1}"


def _csv(text: str) -> str:
    return csv_text(text).decode()


def fault_id(number: int) -> str:
    """Return the id of the fault with this number, from 0."""
    return f"F{number + 1:05d}"


def _phases(network: Network, fault: Fault) -> str:
    bits = network.device_phases[fault.device] if fault.usage_point == NONE else network.point_phases[fault.usage_point]
    return "".join(phase for phase, bit in PHASES.items() if bits & bit)
