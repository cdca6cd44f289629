"""The engine's state as versioned bytes: msgpack, never pickled classes.

Columns are kept sparsely, only the rows that differ from "nothing known"; positions hold for one network version,
which the state names. A state of another layout or network is refused.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import msgspec

from models.contracts.inputs.crew import CrewEvent
from models.evidence.backlog import PendingRow
from models.evidence.batch import CommandRow, CrewRow, RefusedLine, WorkRow
from models.evidence.log_record import command_row
from models.evidence.offsets import Offsets
from models.outages.instant_clock import Completed
from models.outages.quarantine import SetAside
from models.outages.releases import Release, Releases
from models.outages.snapshot_tables import arrays_of, columns_of
from models.outages.totals import Totals
from models.outages.versions.partition_state import restore_partition, save_partition, to_outage

if TYPE_CHECKING:
    from models.outages.engine_state import EngineState
    from models.outages.state.partition import Partition

LAYOUT: Final = 18


class StateError(ValueError):
    """A state that this engine cannot go on from."""


def save_state(state: EngineState) -> bytes:
    """Write everything that the next instant depends on."""
    partition, backlog = state.partition, state.backlog
    saved = {
        "layout": LAYOUT,
        **save_partition(partition),
        "crews": state.crews,
        "sequences": state.sequences,
        "passed_over": (state.passed_over, state.passed_over_told_at),
        "completed": asdict(state.completed),
        "foreign_reports": state.foreign_reports,
        "totals": {origin: asdict(totals) for origin, totals in state.totals.items()},
        "watermarks": asdict(backlog.watermarks),
        "offsets": backlog.offsets.expected,
        "releases": asdict(state.releases),
        "waiting_points": [[columns_of(rows) for rows in batches] for batches in backlog.points],
        "waiting_devices": [[columns_of(rows) for rows in batches] for batches in backlog.devices],
        "set_aside": [(zone, _set_aside(aside)) for zone, aside in sorted(state.quarantine.zones.items())],
        "health_revisions": list(state.quarantine.revisions.items()),
        "waiting_crew": [_waiting_crew(waits) for waits in backlog.crew],
        "waiting_commands": [_waiting_command(waits) for waits in backlog.commands],
        "waiting_works": [(waits.log_time, waits.origin, list(waits.row)) for waits in backlog.works],
        "deferred": [(waits.log_time, waits.origin, list(waits.row)) for waits in backlog.deferred],
    }
    return msgspec.msgpack.encode(saved)


class SavedHead(msgspec.Struct):
    """What a saved state says of the evidence log."""

    layout: int
    network: str
    """The version in force."""
    offsets: dict[str, int]
    """By origin, the offset that is expected next."""
    releases: Releases


def read_head(data: bytes) -> SavedHead:
    """Read only what a saved state says of the evidence log; StateError if it is no state."""
    try:
        return msgspec.msgpack.decode(data, type=SavedHead)
    except msgspec.DecodeError as error:
        raise StateError(f"the engine's state cannot be read ({error}); start again without it") from error


def read_state(data: bytes) -> dict[str, Any]:
    """Read a saved state; StateError if it is none of this layout."""
    try:
        saved = msgspec.msgpack.decode(data, strict=True)
    except msgspec.DecodeError as error:
        raise StateError(f"the engine's state cannot be read ({error}); start again without it") from error
    if not isinstance(saved, dict) or saved.get("layout") != LAYOUT:
        raise StateError(f"the engine's state is not of layout {LAYOUT}; start again without it")
    return saved


def restore_state(state: EngineState, saved: dict[str, Any]) -> None:
    """Go on from a state that `read_state` gave; StateError if it is of another network."""
    partition = state.partition
    if saved["network"] != partition.network.version:
        theirs, ours = saved["network"], partition.network.version
        raise StateError(f"the engine's state is of network {theirs}, not {ours}; use that network")
    restore_partition(partition, saved)
    state.crews = saved["crews"]
    state.sequences = saved["sequences"]
    state.passed_over, state.passed_over_told_at = saved["passed_over"]
    state.completed = Completed(**saved["completed"])
    state.foreign_reports = saved["foreign_reports"]
    state.totals = {origin: Totals(**totals) for origin, totals in saved["totals"].items()}
    state.quarantine.zones = {zone: _to_set_aside(partition, fields) for zone, fields in saved["set_aside"]}
    state.quarantine.revisions = dict(saved["health_revisions"])
    _restore_backlog(state, saved)


def _restore_backlog(state: EngineState, saved: dict[str, Any]) -> None:
    """Take over watermarks and what waits; origins that the engine was given besides join."""
    backlog, given = state.backlog, list(state.watermarks.marks)
    for name, value in saved["watermarks"].items():
        if name not in {"left_out_after", "after_end"}:
            setattr(backlog.watermarks, name, value)
    backlog.offsets = Offsets(saved["offsets"])
    releases = saved["releases"]
    state.releases = Releases(releases["versions"], [Release(*release) for release in releases["pending"]])
    backlog.points = [[arrays_of(rows) for rows in batches] for batches in saved["waiting_points"]]
    backlog.devices = [[arrays_of(rows) for rows in batches] for batches in saved["waiting_devices"]]
    backlog.crew = [_to_waiting_crew(*fields) for fields in saved["waiting_crew"]]
    backlog.works = [PendingRow(at, origin, WorkRow(*row)) for at, origin, row in saved["waiting_works"]]
    backlog.commands = [_to_waiting_command(*fields) for fields in saved["waiting_commands"]]
    backlog.deferred = [PendingRow(at, origin, RefusedLine(*row)) for at, origin, row in saved["deferred"]]
    backlog.places.clear()
    for origin in given:
        backlog.watermarks.join(origin)
        state.totals.setdefault(origin, Totals())
    backlog.make_room()


def _crew_row(row: CrewRow) -> dict[str, Any]:
    fields = {name: getattr(row, name) for name in CrewRow.__slots__ if name != "event"}
    return fields | {"event": {name: getattr(row.event, name, None) for name in CrewEvent.model_fields}}


def _waiting_crew(waits: PendingRow[CrewRow]) -> tuple[int, str, dict[str, Any], bool]:
    return waits.log_time, waits.origin, _crew_row(waits.row), waits.noted


def _waiting_command(waits: PendingRow[CommandRow]) -> tuple[Any, ...]:
    row = waits.row
    return waits.log_time, waits.origin, row.log_time, row.offset, row.observed_at, row.zone_id, row.value


def _to_waiting_command(log_time: int, origin: str, *fields: Any) -> PendingRow[CommandRow]:  # noqa: ANN401 (as it stands in the state)
    return PendingRow(log_time, origin, command_row(*fields))


def _to_waiting_crew(log_time: int, origin: str, fields: dict[str, Any], noted: bool) -> PendingRow[CrewRow]:  # noqa: FBT001 (as it stands in the state)
    return PendingRow(log_time, origin, _to_crew_row(fields), noted)


def _to_crew_row(fields: dict[str, Any]) -> CrewRow:
    return CrewRow(**(fields | {"event": CrewEvent.model_construct(**fields["event"])}))


def _set_aside(aside: SetAside) -> dict[str, Any]:
    return {
        "points": [columns_of(rows) for rows in aside.points],
        "devices": [columns_of(rows) for rows in aside.devices],
        "crew": [_waiting_crew(waits) for waits in aside.crew],
        "commands": [_waiting_command(waits) for waits in aside.commands],
        "unsaid": [asdict(outage) for outage in aside.unsaid.values()],
        "resumed": aside.resumed,
    }


def _to_set_aside(partition: Partition, fields: dict[str, Any]) -> SetAside:
    known = partition.by_name
    unsaid = {outage["outage_id"]: known.get(outage["outage_id"]) or to_outage(outage) for outage in fields["unsaid"]}
    return SetAside(
        points=[arrays_of(rows) for rows in fields["points"]],
        devices=[arrays_of(rows) for rows in fields["devices"]],
        crew=[_to_waiting_crew(*waits) for waits in fields["crew"]],
        commands=[_to_waiting_command(*waits) for waits in fields["commands"]],
        unsaid=unsaid,
        resumed=fields["resumed"],
    )
