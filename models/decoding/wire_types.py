"""The fast decoder of raw events: one msgspec structure for each contract, derived from the contract's fields.

The contract stays the only definition. The decoder checks presence and type of every field, but reads no times (they
stay strings or integers until `models.times.iso8601` reads a batch of them) and knows no rule that spans fields.
"""

from __future__ import annotations

from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from models.contracts.fields import InputEvent, TimeOnTheWire

if TYPE_CHECKING:
    from collections.abc import Callable

_PLAIN = {str, int, float, bool, NoneType}


def wire_structure(contract: type[InputEvent]) -> type[msgspec.Struct]:
    """Derive the structure that a contract's JSON decodes into, its fields in the same order with the same names."""
    hints = get_type_hints(contract, include_extras=True)
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = [
        (name, _wire_type(hints[name])) if field.is_required() else (name, _wire_type(hints[name]), field.default)
        for name, field in contract.model_fields.items()
    ]
    # No field can hold a cycle, so the garbage collector need not look at a batch of a hundred thousand of them.
    return msgspec.defstruct(f"{contract.__name__}OnTheWire", fields, gc=False, kw_only=True)


def timed_fields(contract: type[InputEvent]) -> dict[str, Callable[[object], int]]:
    """Name the fields that hold a time, each with what reads it."""
    hints = get_type_hints(contract, include_extras=True)
    marks = {name: _time_mark(hints[name]) for name in contract.model_fields}
    return {name: mark.read for name, mark in marks.items() if mark is not None}


def fast_decoder(contract: type[InputEvent]) -> Callable[[bytes], Any]:
    """Return the function that decodes one JSON object; it raises `REFUSALS` on anything else."""
    return msgspec.json.Decoder(wire_structure(contract)).decode


REFUSALS = (msgspec.DecodeError, UnicodeDecodeError)
"""What a fast decoder raises when it refuses a line."""


def _wire_type(annotation: Any) -> Any:  # noqa: ANN401 (annotations have no common type)
    """Turn a field's annotation into what stands on the wire."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return str | int if _time_mark(annotation) else _wire_type(arguments[0])
    if origin in (Union, UnionType):
        return Union[tuple(_wire_type(argument) for argument in arguments)]  # noqa: UP007 (built at run time)
    if origin is list:
        return list[_wire_type(arguments[0])]  # type: ignore[misc]
    if origin is Literal or annotation in _PLAIN:
        return annotation
    raise TypeError(f"no wire type for {annotation!r}: teach models/decoding/wire_types.py or use a plain type")


def _time_mark(annotation: Any) -> TimeOnTheWire | None:  # noqa: ANN401 (as above)
    """Find the mark of a time on a field or a choice of it."""
    marks = [mark for mark in getattr(annotation, "__metadata__", ()) if isinstance(mark, TimeOnTheWire)]
    marks += filter(None, map(_time_mark, get_args(annotation)))
    return marks[0] if marks else None
