"""What is said of customers that stand alike: all of their record but id and times of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from models.customers.points import CANCELLED, CONFIRMED, GONE, INFERRED, NEVER, STILL_OUT
from models.messages.codes import Message, message_of_mistake
from models.timeline.rows import Column

if TYPE_CHECKING:
    from models.contracts.outputs.customer_power import MessageCode
    from models.customers.outages import Outage

SINCE: Final = Column("since")
_ON: Final[dict[int, tuple[str | None, MessageCode]]] = {
    CONFIRMED: ("confirmed", "restored"),
    INFERRED: ("inferred", "probably_restored_please_confirm"),
    NEVER: (None, "never_out"),
    CANCELLED: (None, "cancelled"),
}
"""Basis and message of who is on, by state."""


def content(outage: Outage, state: int, revision: int, *, aside: bool) -> dict[str, Any]:
    """Say how those stand whose last outage is this one, or that they have left the network.

    `revision` is with which they came to be on; `aside` says that their zone is set aside.
    """
    if state == GONE:
        return {"zone_id": outage.zone_id, "tombstone": True}
    said = _out(outage, state) if state <= STILL_OUT else _on(state, revision, aside=aside)
    parameters = said["message_parameters"]
    return said | {
        "zone_id": outage.zone_id,
        "outage_id": outage.outage_id,
        "as_of": Column("as_of"),
        "stale": aside or said["stale"],
        "since": SINCE,
        "message_parameters": {**parameters, "since": SINCE} if said["message_code"] is not None else {},
    }


def _out(outage: Outage, state: int) -> dict[str, Any]:
    said = outage.said or NOTHING_SAID
    if state == STILL_OUT:
        code, parameters = message_of_mistake(Message(said["message_code"], said["message_parameters"]))
        said = said | {"message_code": code, "message_parameters": parameters}
    return {"power": "out", "revision": max(outage.revision, 1), **said}


def _on(state: int, revision: int, *, aside: bool) -> dict[str, Any]:
    basis, code = _ON[state]
    return {
        "power": "unknown" if aside else "on",
        "revision": revision,
        "stale": False,
        "basis": basis,
        "planned": None,
        "etr_public": None,
        "etr_stage": None,
        "message_code": "unknown" if aside else code,
        "message_parameters": {},
    }


NOTHING_SAID: Final[dict[str, Any]] = {
    "basis": "inferred",
    "planned": None,
    "etr_public": None,
    "etr_stage": None,
    "stale": False,
    "message_code": "detected",
    "message_parameters": {},
}
"""Of an outage whose revisions are gone by age, while the ledger still names it."""
