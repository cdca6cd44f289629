"""The table of points: which value of a control system is which of which device, checked against the network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from adapters.tables.csv_table import read_csv_table
from adapters.tables.fields import Numbers, choices, ids, numbers, truths
from adapters.tables.layout import TableLayout
from adapters.tables.parquet_table import read_parquet_table
from adapters.tables.raw_table import HEADER, RawTable, shown
from models.network.faults import NetworkFaults
from models.network.network import PHASES
from models.telemetry.points import MODES, POINT_KINDS, READS, Point

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from models.contracts.inputs.scada import Mode
    from models.network.network import Network

POINTS: Final = TableLayout(
    name="points",
    required=("endpoint", "node_id", "device_id", "kind"),
    optional=("reads", "inverted", "mode", "phases", "scan_seconds", "debounce_ms", "deadband"),
    numbers=frozenset({"scan_seconds", "debounce_ms", "deadband"}),
)
_SCAN: Final = Numbers("time in seconds", 0, 86_400, default=0)
_DEBOUNCE: Final = Numbers("whole number of milliseconds", 0, 60_000, whole=True, default=0)
_DEADBAND: Final = Numbers("change of a value", 0, 1e12, default=0)


def read_points(
    path: Path, network: Network, endpoints: Collection[str], node_fault: Callable[[str], str | None]
) -> list[Point]:
    """Read and check a mapping, CSV or Parquet; raises `NetworkFaults` with every fault, by line.

    `endpoints` are the systems of the settings; `node_fault` says what is wrong with a node's id.
    """
    try:
        table = read_csv_table(path, POINTS) if path.suffix == ".csv" else read_parquet_table(path, POINTS)
    except OSError as error:
        raise NetworkFaults([f"{path}: cannot be read ({error.strerror}); make it readable"]) from error
    points = _points(table)
    _check(table, points, network, endpoints, node_fault)
    if faults := table.report():
        raise NetworkFaults(faults)
    return points


def _points(table: RawTable) -> list[Point]:
    texts = [list(ids(table, column)) for column in ("endpoint", "node_id", "device_id")]
    kinds = choices(table, "kind", POINT_KINDS, None).tolist()
    reads = choices(table, "reads", READS, 0).tolist()
    inverted = truths(table, "inverted").tolist()
    modes = choices(table, "mode", ("", *MODES), 0).tolist()
    phases = list(ids(table, "phases", may_be_empty=True))
    measures = [numbers(table, *column).tolist() for column in _MEASURES]
    return [
        Point(
            endpoint=endpoint,
            node_id=node_id,
            device_id=device_id,
            kind=POINT_KINDS[kinds[row]],
            reads=READS[reads[row]],
            inverted=inverted[row] == 1,
            mode=cast("Mode", MODES[modes[row] - 1]) if modes[row] else None,
            phases=phases[row].upper() or None,
            scan_seconds=measures[0][row],
            debounce_ms=int(measures[1][row]),
            deadband=measures[2][row],
        )
        for row, (endpoint, node_id, device_id) in enumerate(zip(*texts, strict=True))
    ]


_MEASURES: Final = (("scan_seconds", _SCAN), ("debounce_ms", _DEBOUNCE), ("deadband", _DEADBAND))


def _check(
    table: RawTable,
    points: list[Point],
    network: Network,
    endpoints: Collection[str],
    node_fault: Callable[[str], str | None],
) -> None:
    if not points:
        table.add_fault(HEADER, "has no points; add a row for each")
    known = network.find_devices([point.device_id for point in points])
    first: dict[tuple[str, str], int] = {}
    for row, point in enumerate(points):
        if point.device_id and known[row] < 0:
            table.add_fault(row, f"device_id {shown(point.device_id)} is not on the network; correct it")
        if point.endpoint and point.endpoint not in endpoints:
            table.add_fault(row, f"endpoint {shown(point.endpoint)} is none of the settings; correct either")
        if point.node_id and (fault := node_fault(point.node_id)):
            table.add_fault(row, f"node_id {shown(point.node_id)} {fault}")
        for fault in _own_faults(point):
            table.add_fault(row, fault)
        place = point.endpoint, point.node_id
        if point.node_id and first.setdefault(place, row) != row:
            line = table.line_of(first[place])
            table.add_fault(row, f"node_id {shown(point.node_id)} stands in line {line} too; map each node once")
    _refuse_two_positions(table, points)


def _own_faults(point: Point) -> list[str]:
    faults = []
    if (point.kind == "mode") != (point.mode is not None):
        faults.append(f"mode goes with kind mode; give one of {', '.join(MODES)}, or another kind")
    if point.reads != "boolean" and point.kind != "position":
        faults.append(f"reads {point.reads} goes with kind position; leave it empty")
    if point.phases is not None and not set(point.phases) <= set(PHASES):
        faults.append(f"phases {shown(point.phases)} is not known; give some of A, B and C, such as ABC or B")
    if point.debounce_ms and point.kind != "position":
        faults.append("debounce_ms goes with kind position; leave it empty")
    return faults


def _refuse_two_positions(table: RawTable, points: list[Point]) -> None:
    """A device has one position of a system for each phase: two would contradict each other for ever."""
    first: dict[tuple[str, str, str | None], int] = {}
    for row, point in enumerate(points):
        if point.kind != "position" or point.reads == "lockout" or not point.device_id:
            continue
        place = point.endpoint, point.device_id, point.phases
        if first.setdefault(place, row) != row:
            line = table.line_of(first[place])
            table.add_fault(row, f"device {shown(point.device_id)} has a position in line {line} too; keep one")
