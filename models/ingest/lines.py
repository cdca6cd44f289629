"""From lines to typed events: each decoded by itself, blank ones left out, records of `kcat -C -J` unwrapped."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from models.decode import REFUSALS, fast_decoder, wire_structure
from models.edge import SHORTEST_DEEP, Refused, check_text, read_record, validate
from models.known_faults import KnownFaults

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.contracts.fields import InputEvent
    from models.edge import Reason


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
        self._known = KnownFaults(contract)

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
                try:
                    events.append(self._decode_slowly(lines[place]))
                except Refused as refused:
                    left_out.append(place)
                    if not blank_lines or lines[place].strip():
                        refusals.append(Refusal(place, refused.reason))
        return Decoded(events, left_out, refusals, len(left_out) - len(refusals))

    def explain(self, line: bytes) -> Reason:
        """Say why a line is refused whose event decoded but has a time or a combination that its contract forbids."""
        try:
            self._validate(unwrap(line))
        except Refused as refused:
            return refused.reason
        raise AssertionError(f"a line of {self._contract.__name__} is refused without a reason: {line[:200]!r}")

    def _validate(self, value: bytes) -> InputEvent:
        """Check an event; a fault that has come up before keeps its words."""
        fault = self._known.find(value)
        if fault in self._known.reasons:
            raise Refused(*self._known.reasons[fault])
        try:
            return validate(self._contract, value)
        except Refused as refused:
            if fault is not None:
                self._known.reasons[fault] = refused.reason
            raise

    def _decode_slowly(self, line: bytes) -> Any:  # noqa: ANN401 (the structure is made at run time)
        value = unwrap(line)
        if value is not line:
            check_text(value)
            with suppress(*REFUSALS):
                return self._decode(value)
        event = self._validate(value)
        return self._structure(**{name: getattr(event, name) for name in event.model_fields_set})


_read_text: Final = msgspec.json.Decoder(str).decode


def unwrap(line: bytes) -> bytes:
    """Return the payload of a line that is a captured record, else the line; raises `Refused` if it is no object."""
    check_text(line)
    record = read_record(line)
    if record.event_id or not record.payload:
        return line
    payload = bytes(record.payload)
    try:
        return _read_text(payload).encode()
    except msgspec.DecodeError:  # no text: the event itself, or nothing that could be one
        return payload


def _payload(line: bytes) -> bytes:
    try:
        return unwrap(line)
    except Refused:
        return line


def _values(lines: Sequence[bytes]) -> Sequence[bytes]:
    """Return what the fast decoder is to read: sound text, and where the batch begins with a record, the payloads.

    A record further on is left to the slow path, which unwraps as well: only its speed depends on the batch.
    """
    values = _sound(lines)
    if values and _payload(values[0]) is not values[0]:
        return _sound([_payload(value) for value in values])
    return values


def _sound(lines: Sequence[bytes]) -> Sequence[bytes]:
    """Put nothing, which every decoder refuses, in the place of lines whose text is broken."""
    if max(map(len, lines), default=0) < SHORTEST_DEEP and all(map(bytes.isascii, lines)):
        return lines
    broken = []
    for place in [n for n, line in enumerate(lines) if len(line) >= SHORTEST_DEEP or not line.isascii()]:
        try:
            check_text(lines[place])
        except Refused:
            broken.append(place)
    if not broken:
        return lines
    values = list(lines)
    for place in broken:
        values[place] = b""
    return values
