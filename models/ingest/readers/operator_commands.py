"""Operators' commands, one by one: they are few, and the engine wants them whole."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Final

import numpy as np

from models.contracts.inputs.operator_command import STORM_COMMANDS, OperatorCommand, missing
from models.decoding.line_decoder import LineDecoder, unwrap
from models.decoding.validation import validate
from models.evidence.batch import CommandRow
from models.ingest.readers.admission import Verdict
from models.ingest.readers.rows import Lines, Read, judge, optional_times, read_rows, refuse_rows
from models.network.zone_digest import LETTERS, zones_by_digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.decoding.validation import Reason
    from models.network.network import Network

_DECODER: Final = LineDecoder(OperatorCommand)
_AT: Final = attrgetter("at")


def read_commands(network: Network, lines: Lines) -> Read:
    """Read a batch of commands. What they name may be unknown, and their clocks wrong: the engine answers all."""
    decoded = _DECODER.decode(lines.values, blank_lines=lines.records is None)
    events = decoded.events
    rows = read_rows(decoded, len(lines.values), _AT)
    optional_times([event.time for event in events], rows.verdict)
    rows.verdict[np.array([missing(event) is not None for event in events], np.bool_)] = Verdict.ILL_FORMED
    accepted = judge(rows, np.ones(len(events), np.bool_), lines, any_clock=True)
    offsets = lines.offsets(rows.place).tolist()
    zones = zones_by_digest(network.zone_ids) if len(accepted) else {}
    commands = []
    for row in accepted.tolist():
        value = lines.values[int(rows.place[row])]
        event = validate(OperatorCommand, unwrap(value))
        zone_id = _zone(network, event, zones)
        times = int(rows.log_time[row]), int(rows.observed_at[row])
        commands.append(CommandRow(times[0], offsets[row], event, times[1], zone_id, value))
    refusals = decoded.refusals + refuse_rows(rows, lines, _DECODER, _nothing_is_unknown)
    return Read(decoded, rows, refusals, commands=commands)


def _zone(network: Network, command: OperatorCommand, zones: Mapping[str, str]) -> str:
    """The zone of a command's outage, of its device, or of the first of its usage points; empty if it is of none."""
    if command.kind in STORM_COMMANDS:
        return ""
    if command.outage_id is not None:
        return zones.get(command.outage_id[:LETTERS], "")
    device = int(network.find_devices([command.device_id or ""])[0])
    if command.device_id is None and command.usage_point_ids:
        point = int(network.find_points(command.usage_point_ids[:1])[0])
        device = int(network.point_device[point]) if point >= 0 else -1
    return network.zone_ids[int(network.device_zone[device])] if device >= 0 else ""


def _nothing_is_unknown(row: int) -> Reason:
    raise AssertionError(f"row {row} was refused for what it names")
