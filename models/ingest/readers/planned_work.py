"""Planned works, one by one: they are few."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from models.contracts.inputs.planned_work import PlannedWorkEvent
from models.decoding.line_decoder import LineDecoder
from models.evidence.batch import WorkRow
from models.evidence.work_codes import WORK_KINDS, WORK_STATUSES
from models.ingest.readers.admission import Verdict
from models.ingest.readers.rows import Lines, Read, judge, optional_times, read_rows, refuse_rows, unknown_device

if TYPE_CHECKING:
    from models.decoding.validation import Reason
    from models.network.network import Network

_DECODER: Final = LineDecoder(PlannedWorkEvent)
_KIND: Final = {kind: code for code, kind in enumerate(WORK_KINDS)}
_STATUS: Final = {status: code for code, status in enumerate(WORK_STATUSES)}


def read_planned_work(network: Network, lines: Lines) -> Read:
    """Read a batch of reports about planned works."""
    decoded = _DECODER.decode(lines.values, blank_lines=lines.records is None)
    events = decoded.events
    rows = read_rows(decoded, len(lines.values))
    begins = optional_times([event.planned_from for event in events], rows.verdict)
    ends = optional_times([event.planned_to for event in events], rows.verdict)
    rows.verdict[(ends <= begins) & (rows.verdict == Verdict.ACCEPTED)] = Verdict.ILL_FORMED
    position = network.find_devices([event.device_id for event in events])
    accepted = judge(rows, position >= 0, lines)
    offsets = lines.offsets(rows.place[accepted]).tolist()
    devices = network.device_number[position[accepted]].tolist()
    columns = (rows.log_time, begins, ends, rows.observed_at, rows.received_at)
    times = np.stack([column[accepted] for column in columns], axis=1).tolist()
    works = [
        WorkRow(log_time, offset, event.work_id, device, _KIND[event.kind], _STATUS[event.status], *rest)
        for (log_time, *rest), offset, device, event in zip(
            times, offsets, devices, (events[row] for row in accepted), strict=True
        )
    ]

    def unknown_reason(row: int) -> Reason:
        return unknown_device(events[row].device_id)

    return Read(decoded, rows, decoded.refusals + refuse_rows(rows, lines, _DECODER, unknown_reason), works=works)
