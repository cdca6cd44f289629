"""From lines to typed events: each decoded by itself, blank ones left out, records of `kcat -C -J` unwrapped."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from models.decoding.remembered_faults import RememberedFaults
from models.decoding.validation import SHORTEST_DEEP, Reason, Refused, read_record, text_fault, validate
from models.decoding.wire_types import REFUSALS, fast_decoder, wire_structure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.contracts.fields import InputEvent


class Refusal(NamedTuple):
    """A line that was refused: its place in the batch and why."""

    place: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class Decoded:
    """Typed events of a batch in the order of the lines, and what was none. Places count the batch's lines from 0."""

    events: list[Any]
    left_out: list[int]
    """Places of the lines without an event: blank or refused, ascending."""
    refusals: list[Refusal]
    blank: int


class LineDecoder:
    """Decodes the lines of one contract."""

    def __init__(self, contract: type[InputEvent]) -> None:
        self._contract = contract
        self._structure = wire_structure(contract)
        self._decode = fast_decoder(contract)
        self._remembered = RememberedFaults(contract)

    def decode(self, lines: Sequence[bytes], *, blank_lines: bool = True) -> Decoded:
        """Decode a batch. What the fast decoder refuses is looked at again with care, so that its verdict is exact.

        Blank lines are left out, or with `blank_lines` false refused like other text that is no event.
        """
        events: list[Any] = []
        left_out: list[int] = []
        refusals: list[Refusal] = []
        decoded = map(self._decode, _values(lines))
        while True:
            try:
                events.extend(decoded)  # after a refusal it goes on with the next line
                break
            except REFUSALS:
                place = len(events) + len(left_out)
                event = self._decode_slowly(lines[place])
                if not isinstance(event, Reason):
                    events.append(event)
                    continue
                left_out.append(place)
                if not blank_lines or lines[place].strip():
                    refusals.append(Refusal(place, event))
        return Decoded(events, left_out, refusals, len(left_out) - len(refusals))

    def explain(self, line: bytes) -> Reason:
        """Say why a line is refused whose event decoded but has a time or a combination that its contract forbids."""
        value = _payload(line)
        reason = value if isinstance(value, Reason) else self._validate(value)
        assert isinstance(reason, Reason), f"{line[:200]!r} is refused without a reason"  # noqa: S101
        return reason

    def _decode_slowly(self, line: bytes) -> Any:  # noqa: ANN401 (the structure is made at run time, or a reason)
        value = _payload(line)
        if isinstance(value, Reason):
            return value
        if value is not line:
            if (fault := text_fault(value)) is not None:
                return fault
            with suppress(*REFUSALS):
                return self._decode(value)
        event = self._validate(value)
        if isinstance(event, Reason):
            return event
        return self._structure(**{name: getattr(event, name) for name in event.model_fields_set})

    def _validate(self, value: bytes) -> InputEvent | Reason:
        """Check an event; a fault that has come up before keeps its words."""
        fault = self._remembered.find(value)
        if fault in self._remembered.reasons:
            return self._remembered.reasons[fault]
        try:
            return validate(self._contract, value)
        except Refused as refused:
            if fault is not None:
                self._remembered.reasons[fault] = refused.reason
            return refused.reason


_read_text: Final = msgspec.json.Decoder(str).decode


def unwrap(line: bytes) -> bytes:
    """Return the payload of a line that is a captured record, else the line; raises `Refused` if it is no object."""
    if isinstance(payload := _payload(line), Reason):
        raise Refused(payload)
    return payload


def _payload(line: bytes) -> bytes | Reason:
    record = read_record(line)
    if isinstance(record, Reason):
        return record
    if record.event_id or not record.payload:
        return line
    payload = bytes(record.payload)
    try:
        return _read_text(payload).encode()
    except msgspec.DecodeError:  # no text: the event itself, or nothing that could be one
        return payload


def _values(lines: Sequence[bytes]) -> Sequence[bytes]:
    """Return what the fast decoder is to read: sound text, and where the batch begins with a record, the payloads.

    A record further on is left to the slow path, which unwraps as well: only its speed depends on the batch.
    """
    values = _sound(lines)
    if values and b'"payload"' in values[0] and _payload_or_line(values[0]) is not values[0]:
        return _sound(list(map(_payload_or_line, values)))
    return values


def _payload_or_line(line: bytes) -> bytes:
    payload = _payload(line)
    return line if isinstance(payload, Reason) else payload


def _sound(lines: Sequence[bytes]) -> Sequence[bytes]:
    """Put nothing, which every decoder refuses, in the place of lines whose text is broken."""
    if max(map(len, lines), default=0) < SHORTEST_DEEP and all(map(bytes.isascii, lines)):
        return lines
    return [line if text_fault(line) is None else b"" for line in lines]
