"""Refusals that were worded before: most faults lie in the type of one field, and have the same message.

Which field is at fault is found here. The message is the validator's (`models.decoding.validation.validate`), asked
once a fault.
"""

from __future__ import annotations

import re
from functools import partial
from types import UnionType
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, Union, get_args, get_origin

import msgspec

from models.decoding.wire_types import REFUSALS, timed_fields, wire_structure

if TYPE_CHECKING:
    from collections.abc import Callable

    from models.contracts.fields import InputEvent
    from models.decoding.validation import Reason

Fault = tuple[str, type | str]
"""A field, and the type that its value must not have, or what else is wrong with it."""

MISSING: Final = "missing"
UNLISTED: Final = "unlisted"
UNCLEAR: Final = ""
_ABSENT: Final = object()
_SAFE_INTEGER: Final = 1 << 53
_PLAIN_TIME: Final = re.compile(
    r"20[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{3})?Z"
).fullmatch
"""Surely a time; another text is read."""
_read_object: Final = msgspec.json.Decoder(dict[str, Any]).decode


class _Field(NamedTuple):
    name: str
    required: bool
    types: frozenset[type]
    check: Callable[[Any], str | None] | None
    """Returns what is wrong with a value of these types; None where none of them is."""


class RememberedFaults:
    """The faults of one contract's fields, and the reasons that were given for them."""

    def __init__(self, contract: type[InputEvent]) -> None:
        structure = msgspec.structs.fields(wire_structure(contract))
        timed = timed_fields(contract)
        self._fields = [_field(field, timed.get(field.name)) for field in structure]
        self.reasons: dict[Fault, Reason] = {}

    def find(self, line: bytes) -> Fault | None:
        """Find the first field at fault, in the contract's order; None if that takes more than a check of each."""
        try:
            values = _read_object(line)
        except REFUSALS:
            return None
        for name, required, types, check in self._fields:
            value = values.get(name, _ABSENT)
            if value is _ABSENT:
                if required:
                    return name, MISSING
            elif type(value) not in types:
                return name, type(value)
            elif check is not None and (wrong := check(value)) is not None:
                return (name, wrong) if wrong else None
        return None


def _field(field: msgspec.structs.FieldInfo, read_time: Callable[[object], int] | None) -> _Field:
    parts = get_args(field.type) if get_origin(field.type) in (Union, UnionType) else (field.type,)
    listed = frozenset(value for part in parts if get_origin(part) is Literal for value in get_args(part))
    types = {get_origin(part) or part for part in parts} - {Literal} | set(map(type, listed))
    check: Callable[[Any], str | None] | None = None
    if read_time is not None:
        check = partial(_check_time, read_time)
    elif listed:
        check = partial(_check_listed, listed)
    elif float in types:
        types.add(int)
        check = _check_fraction
    elif list in types:
        check = _check_list
    return _Field(field.name, field.required, frozenset(types), check)


def _check_time(read: Callable[[object], int], value: str | int | None) -> str | None:
    if value is None or (type(value) is str and _PLAIN_TIME(value)):
        return None
    try:
        read(value)
    except ValueError as reason:
        return str(reason)
    return None


def _check_listed(listed: frozenset[Any], value: object) -> str | None:
    return None if value is None or value in listed else UNLISTED


def _check_fraction(value: object) -> str | None:
    return UNCLEAR if type(value) is int and abs(value) >= _SAFE_INTEGER else None


def _check_list(value: list[Any] | None) -> str | None:
    return UNCLEAR if value else None
