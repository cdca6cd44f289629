"""Whether a message still holds, by how its usage points stand now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from models.contracts.customers.notification import WORK_CODES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_ON: Final = frozenset({"restored", "probably_restored_please_confirm"})
_OF_MORE: Final = frozenset({"digest", *WORK_CODES})
"""Codes of messages that do not speak of how one usage point stands."""


class Stands(NamedTuple):
    """How a usage point stands, of its record on `customer.power.state.v1`."""

    power: str
    code: str | None
    otherwise: str | None
    etr_public: str | None
    updated_at: str

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Stands:
        """Take what matters."""
        otherwise = record["message_parameters"].get("otherwise")
        return cls(record["power"], record["message_code"], otherwise, record["etr_public"], record["updated_at"])


def holds(message: Mapping[str, Any], stands: Callable[[str], Stands | None]) -> bool:
    """Whether what a message says is still so of each of its usage points.

    How one stands that is older than the message says nothing against it. A digest is held to nothing but its time,
    nor is what is said of work to come: what is changed or called off supersedes it.
    """
    now = (stands(name) for name in message["usage_point_ids"])
    later = [one for one in now if one is not None and one.updated_at > message["updated_at"]]
    return message["message_code"] in _OF_MORE or all(_says(one, message) for one in later)


def _says(now: Stands, message: Mapping[str, Any]) -> bool:
    code, parameters = message["message_code"], message["parameters"]
    if code in _ON:
        return now.power == "on" and now.code in _ON
    if code not in {now.code, now.otherwise}:
        return False
    return parameters.get("etr_public") in {None, now.etr_public}
