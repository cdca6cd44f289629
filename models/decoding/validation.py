"""Validation at the edge: one line against its contract, exactly and with words.

It decides what the fast decoder refused, so its verdict is the one that counts; the fast decoder only has to refuse
whatever this refuses. An object that names a field twice means the last one.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import msgspec
import numpy as np
from pydantic import ValidationError

from models.columns.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.contracts.fields import InputEvent
    from models.contracts.outputs.dead_letter import Disposition

Event = TypeVar("Event", bound="InputEvent")

DEEPEST: Final = 256
"""Levels of objects and arrays in a line. A fixed number, because what the decoders can bear depends on the caller."""
SHORTEST_DEEP: Final = 2 * DEEPEST
"""Bytes; no shorter line can nest too deeply."""

_MOST_DIGITS: Final = 4300
_LONGEST_MESSAGE: Final = 500
_LONGEST_NAME: Final = 80
_QUOTE, _BACKSLASH, _OPENING, _CLOSING = 34, 92, (91, 123), (93, 125)


class Reason(NamedTuple):
    """Why a line is refused."""

    disposition: Disposition
    message: str


class Refused(Exception):  # noqa: N818 (a verdict about a line, not a fault of the program)
    """The line is no event of its contract. Keep the reason, not the exception: that holds on to its frames."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.message)
        self.reason = reason


def validate(contract: type[Event], line: bytes) -> Event:
    """Read one JSON object and check it against its contract; raises `Refused`."""
    try:
        return contract.model_validate(_read_object(line))
    except ValidationError as error:
        raise Refused(Reason("schema", _message(error))) from None


def short(name: str) -> str:
    """Quote an id for a message, cut where it is absurdly long."""
    return f'"{name}"' if len(name) <= _LONGEST_NAME else f'"{name[:_LONGEST_NAME]}..."'


def text_fault(line: bytes) -> Reason | None:
    """Find what decoders disagree about: bytes that are no UTF-8, and nesting beyond `DEEPEST`."""
    if not line.isascii():
        try:
            line.decode()
        except UnicodeDecodeError as error:
            return Reason("malformed", f"byte {error.start} is no UTF-8: send JSON in UTF-8")
    if len(line) >= SHORTEST_DEEP and _too_deep(np.frombuffer(line, np.uint8)):
        return Reason("malformed", f"nests deeper than {DEEPEST} levels: send a flat JSON object")
    return None


class Record(msgspec.Struct, gc=False):
    """As much of a JSON object as tells a record captured with `kcat -C -J` from an event."""

    payload: msgspec.Raw = msgspec.Raw()
    event_id: msgspec.Raw = msgspec.Raw()


_read_record: Final = msgspec.json.Decoder(Record).decode


def read_record(line: bytes) -> Record | Reason:
    """Check that a line is one JSON object, text and grammar; the reason if it is none."""
    if (fault := text_fault(line)) is not None:
        return fault
    try:
        return _read_record(line)
    except msgspec.ValidationError:
        return Reason("malformed", "is JSON but no object: send one JSON object a line")
    except msgspec.DecodeError as error:
        detail = _lower(str(error).removeprefix("JSON is malformed: "))
        return Reason("malformed", f"is no JSON: {detail}; send one whole JSON object a line")


def _read_object(line: bytes) -> dict[str, Any]:
    if isinstance(record := read_record(line), Reason):
        raise Refused(record)
    fields: dict[str, Any] = _READER.decode(line.decode())
    return fields


def _integer(digits: str) -> int | float:
    """Read an integer; one too long for Python is infinite, and so no value of any field."""
    return int(digits) if len(digits) <= _MOST_DIGITS else float("inf")


_READER: Final = json.JSONDecoder(parse_int=_integer)


def _message(error: ValidationError) -> str:
    """Put the complaints about the first field at fault into words: the field, what is wrong and what to do."""
    first, *others = error.errors(include_url=False, include_input=False)
    place = first["loc"][:1]
    field = ".".join(str(part) for part in first["loc"] if part in place or isinstance(part, int))
    match first["type"]:
        case "missing":
            return f"{field} is missing: send it with every event of this topic"
        case "time":
            return f"{field} {first['msg']}"
        case kind if kind.startswith("missing_"):
            return first["msg"]
    kinds = dict.fromkeys(_kind(one["msg"]) for one in [first, *others] if one["loc"][:1] == place)
    return f"{field} must be {' or '.join(kinds)}: send it so"[:_LONGEST_MESSAGE]


def _kind(message: str) -> str:
    return _lower(message).removeprefix("input should be ")


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


@compiled
def _too_deep(line: NDArray[np.uint8]) -> bool:
    """Count levels outside of strings as far as a decoder would come; a wrong count beyond a fault does no harm."""
    level, within, escaped = 0, False, False
    for byte in line:
        if within:
            within = escaped or byte != _QUOTE
            escaped = not escaped and byte == _BACKSLASH
        elif byte == _QUOTE:
            within = True
        elif byte in _OPENING:
            level += 1
            if level > DEEPEST:
                return True
        elif byte in _CLOSING:
            level -= 1
    return False
