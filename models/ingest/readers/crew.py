"""Crew events, one by one: they are few, and the engine wants them whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from models.contracts.inputs.crew import CrewEvent
from models.decoding.line_decoder import LineDecoder, unwrap
from models.decoding.validation import Reason, validate
from models.evidence.batch import CrewRow
from models.ingest.readers.admission import Verdict
from models.ingest.readers.rows import Lines, Read, judge, optional_times, read_rows, refuse_rows, unknown_device

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.network.network import Network

_DECODER: Final = LineDecoder(CrewEvent)
_DEVICE_FIELDS: Final = ("device_id", "open_device_id", "found_device_id", "position_device_id")
"""Whoever names a device that is not on the network is refused; the first such field is named."""


def read_crew(network: Network, lines: Lines) -> Read:
    """Read a batch of crew events. Whether their outages are known only the engine can say."""
    decoded = _DECODER.decode(lines.values, blank_lines=lines.records is None)
    events = decoded.events
    rows = read_rows(decoded, len(lines.values))
    optional_times([event.eta for event in events], rows.verdict)
    optional_times([event.etr for event in events], rows.verdict)
    half = [(event.position is None) != (event.position_device_id is None) for event in events]
    rows.verdict[np.array(half, np.bool_)] = Verdict.ILL_FORMED
    named = {field: _devices(network, events, field) for field in _DEVICE_FIELDS}
    device, found_device, open_device = (
        named[field][0] for field in ("device_id", "found_device_id", "open_device_id")
    )
    accepted = judge(rows, np.logical_and.reduce([known for _, known in named.values()]), lines)
    crew = []
    offsets = lines.offsets(rows.place).tolist()
    for row in accepted.tolist():
        place = int(rows.place[row])
        value = lines.values[place]
        crew.append(
            CrewRow(
                log_time=int(rows.log_time[row]),
                offset=offsets[row],
                event=validate(CrewEvent, unwrap(value)),
                observed_at=int(rows.observed_at[row]),
                device=int(device[row]),
                found_device=int(found_device[row]),
                open_device=int(open_device[row]),
                value=value,
                envelope=lines.envelope(place),
            )
        )

    def unknown_reason(row: int) -> Reason:
        field = next(field for field, (_, known) in named.items() if not known[row])
        return unknown_device(getattr(events[row], field), field)

    refusals = decoded.refusals + refuse_rows(rows, lines, _DECODER, unknown_reason)
    return Read(decoded, rows, refusals, crew=crew)


def _devices(network: Network, events: list[Any], field: str) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Return the stable numbers of the devices that a field names, -1 for none, and whether each is known or null."""
    names = [getattr(event, field) for event in events]
    position = network.find_devices([name or "" for name in names])
    known = (position >= 0) | np.array([name is None for name in names], np.bool_)
    number = np.where(position >= 0, network.device_number[position], -1).astype(np.int32)
    return number, known
