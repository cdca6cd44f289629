"""SCADA events to rows about devices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from models.contracts.inputs.scada import ScadaEvent
from models.decoding.line_decoder import LineDecoder
from models.decoding.validation import Reason
from models.evidence.batch import DeviceRows
from models.ingest.readers.admission import Verdict
from models.ingest.readers.rows import Lines, Read, judge, read_rows, refuse_rows, short

if TYPE_CHECKING:
    from models.network.network import Network

_DECODER: Final = LineDecoder(ScadaEvent)
_NO_POSITION: Final = 3
_POSITION: Final = {
    ("position", "open"): 0,
    ("position", "closed"): 1,
    ("position", None): _NO_POSITION,
    ("alarm", "open"): 2,
    ("alarm", "closed"): 2,
    ("alarm", None): 2,
}
_QUALITY: Final = {"good": 0, "uncertain": 1, "bad": 2}


def read_scada(network: Network, lines: Lines) -> Read:
    """Read a batch of SCADA events; what an alarm says of a position is ignored."""
    decoded = _DECODER.decode(lines.values, blank_lines=lines.records is None)
    events = decoded.events
    rows = read_rows(decoded, len(lines.values))
    position = np.frombuffer(bytes([_POSITION[event.kind, event.position] for event in events]), np.uint8)
    quality = np.frombuffer(bytes([_QUALITY[event.quality] for event in events]), np.uint8)
    rows.verdict[position == _NO_POSITION] = Verdict.ILL_FORMED
    device = network.find_devices([event.device_id for event in events])
    accepted = judge(rows, device >= 0, lines)
    devices = DeviceRows(
        log_time=rows.log_time[accepted],
        offset=lines.offsets(rows.place[accepted]),
        device=network.device_number[device[accepted]],
        position=position[accepted],
        quality=quality[accepted],
        observed_at=rows.observed_at[accepted],
        received_at=rows.received_at[accepted],
    )

    def unknown_reason(row: int) -> Reason:
        name = short(events[row].device_id)
        return Reason(
            "unknown-device", f"device {name} is not on the network: add it to the devices or correct device_id"
        )

    refusals = decoded.refusals + refuse_rows(rows, lines, _DECODER, unknown_reason)
    return Read(decoded, rows, refusals, devices=devices)
