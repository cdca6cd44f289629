"""SCADA events to rows about devices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from models.contracts.inputs.scada import REQUIRED, ScadaEvent, is_trip
from models.decoding.line_decoder import LineDecoder
from models.evidence.batch import DeviceRows
from models.evidence.kinds import DEVICE_REPORTS, ORIGIN_SHIFT, ORIGINS, QUALITIES
from models.ingest.readers.admission import Verdict
from models.ingest.readers.rows import Lines, Read, judge, optional_times, read_rows, refuse_rows, unknown_device

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.decoding.validation import Reason
    from models.network.network import Network

_DECODER: Final = LineDecoder(ScadaEvent)
_NOTHING: Final = len(DEVICE_REPORTS)
"""In place of a code: what the kind needs is missing; ..."""
_TRIP: Final = _NOTHING + 1
"""... an alarm tells that protection has tripped."""
_CODE: Final = {report: code for code, report in enumerate(DEVICE_REPORTS)} | {"gap": DEVICE_REPORTS.index("gap_end")}
_GAP_BEGIN: Final = _CODE["gap_begin"]
_QUALITY: Final = {quality: code for code, quality in enumerate(QUALITIES)}
_ORIGIN: Final = {None: 0} | {origin: code << ORIGIN_SHIFT for code, origin in enumerate(ORIGINS)}


def read_scada(network: Network, lines: Lines) -> Read:
    """Read a batch of SCADA events; what an alarm says in `position` is ignored. A gap becomes two rows.

    An alarm that protection has tripped is an "open" of uncertain quality: it does not say that it stays open.
    """
    decoded = _DECODER.decode(lines.values, blank_lines=lines.records is None)
    events = decoded.events
    rows = read_rows(decoded, len(lines.values))
    code = np.frombuffer(bytearray(map(_code, events)), np.uint8)
    quality = np.frombuffer(bytearray([_QUALITY[event.quality] for event in events]), np.uint8)
    trip = code == _TRIP
    code[trip] = _CODE["open"]
    quality[trip] = np.maximum(quality[trip], _QUALITY["uncertain"])
    quality |= np.frombuffer(bytes([_ORIGIN[event.origin] for event in events]), np.uint8)
    rows.verdict[code == _NOTHING] = Verdict.ILL_FORMED
    gap_from = optional_times([event.gap_from for event in events], rows.verdict)
    device = network.find_devices([event.device_id for event in events])
    accepted = judge(rows, device >= 0, lines)
    row, begins = _with_gap_begins(accepted, code)
    devices = DeviceRows(
        log_time=rows.log_time[row],
        offset=lines.offsets(rows.place[row]),
        device=network.device_number[device[row]],
        position=np.where(begins, np.uint8(_GAP_BEGIN), code[row]),
        quality=quality[row],
        observed_at=np.where(begins, gap_from[row], rows.observed_at[row]),
        received_at=rows.received_at[row],
    )

    def unknown_reason(row: int) -> Reason:
        return unknown_device(events[row].device_id)

    refusals = decoded.refusals + refuse_rows(rows, lines, _DECODER, unknown_reason)
    return Read(decoded, rows, refusals, devices=devices)


def _code(event: Any) -> int:  # noqa: ANN401 (the structure is made at run time)
    """Give the code of a report by its kind, of a position by where it stands."""
    needed = REQUIRED.get(event.kind)
    if needed is not None and getattr(event, needed) is None:
        return _NOTHING
    if event.kind == "alarm" and event.active is True and is_trip(event.condition_type) and not event.acknowledged:
        return _TRIP  # who acknowledges it says nothing new of the device
    return _CODE[event.position if event.kind == "position" else event.kind]


def _with_gap_begins(accepted: NDArray[np.intp], code: NDArray[np.uint8]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Give each gap twice, first where it begins: the rows, and which of them are such a begin."""
    gaps = code[accepted] == _CODE["gap"]
    row = np.repeat(accepted, 1 + gaps)
    begins = np.zeros(len(row), np.bool_)
    begins[:-1] = row[1:] == row[:-1]
    return row, begins
