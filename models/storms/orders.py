"""What operators order of storms, judged by what is known of them: done or refused, one answer each (decision 0024)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from models.storms.policy import MOST_NAME, MOST_REASON
from models.storms.storm import Storm, name_of
from models.times.iso8601 import format_time, parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from models.contracts.outputs.command_answer import StormOrder
    from models.contracts.outputs.storm import StormRefusal


class Order(NamedTuple):
    """An order as it goes through the flow's log; times in milliseconds."""

    command_id: str
    kind: str
    at: int
    storm_id: str | None
    time: int | None
    text: str | None
    """Its name, or why it is excluded."""

    @classmethod
    def of(cls, command_id: str, order: StormOrder) -> Order:
        """Take it from the answer that passes it on."""
        time = None if order.time is None else parse_time(order.time)
        text = order.exclusion_reason if order.name is None else order.name
        return cls(command_id, order.kind, parse_time(order.at), order.storm_id, time, text)


class Refused(Exception):  # noqa: N818 (a verdict, not a fault of the program)
    """An order cannot be carried out."""

    def __init__(self, reason: StormRefusal, message: str, storm_id: str | None = None) -> None:
        super().__init__(message)
        self.reason: StormRefusal = reason
        self.message, self.storm_id = message, storm_id


def carry_out(storms: dict[str, Storm], order: Order, instant: int) -> tuple[Storm | None, dict[str, Any]]:
    """Carry out an order at an instant (ms), or say why not; returns the storm that it changed, and the answer."""
    try:
        storm = _open(storms, order, instant) if order.kind == "open_storm" else _known(storms, order)
        if order.kind != "open_storm":
            ORDERS[order.kind](storms, storm, order, instant)
    except Refused as refused:
        known = {"storm_id": refused.storm_id, "reason": refused.reason, "message": refused.message}
        return None, {"command_id": order.command_id, "result": "refused", **known}
    storm.changed = True
    known = {"storm_id": storm.storm_id, "reason": None, "message": None}
    return storm, {"command_id": order.command_id, "result": "done", **known}


def _open(storms: dict[str, Storm], order: Order, instant: int) -> Storm:
    name, start = _free_name(storms, order), _since(order, instant)
    storm = Storm(name_of("command", order.command_id), name, by_rule=False, started_at=start, by_command=True)
    storms[storm.storm_id] = storm
    return storm


def _known(storms: Mapping[str, Storm], order: Order) -> Storm:
    storm = storms.get(order.storm_id or "")
    if storm is None:
        raise Refused("unknown_storm", "no storm of this id is known, or it is forgotten; take the id from its record")
    if storm.declared:
        message = "the policy file declares it; change it there and start the flow again"
        raise Refused("declared_storm", message, storm.storm_id)
    return storm


def _close(_: Mapping[str, Storm], storm: Storm, order: Order, instant: int) -> None:
    """With a time the end of one that is over is put right."""
    if storm.ended_at is not None and order.time is None:
        message = f"it was over at {format_time(storm.ended_at)}; give a time to put that right"
        raise Refused("storm_over", message, storm.storm_id)
    at = _since(order, instant)
    if at <= storm.started_at:
        message = f"it began at {format_time(storm.started_at)}; give a later time"
        raise Refused("impossible_time", message, storm.storm_id)
    storm.ended_at, storm.over, storm.closed_by_command = at, True, True


def _name(storms: Mapping[str, Storm], storm: Storm, order: Order, _: int) -> None:
    storm.name = _free_name(storms, order, storm)


def _exclude(_: Mapping[str, Storm], storm: Storm, order: Order, __: int) -> None:
    storm.exclusion_reason = None if order.text is None else _text(order, MOST_REASON)


ORDERS: Final[Mapping[str, Callable[[Mapping[str, Storm], Storm, Order, int], None]]] = {
    "close_storm": _close,
    "exclude_storm": _exclude,
    "name_storm": _name,
}
"""By kind, what is ordered of a storm that is there."""


def _since(order: Order, instant: int) -> int:
    """The time that an order gives; when it was given, by a clock that may be ahead, is no later than now."""
    if order.time is not None and order.time > instant:
        raise Refused("impossible_time", "that is yet to come; give the time at which it was", order.storm_id)
    return min(order.at, instant) if order.time is None else order.time


def _free_name(storms: Mapping[str, Storm], order: Order, but: Storm | None = None) -> str:
    name = _text(order, MOST_NAME)
    other = next((storm for storm in storms.values() if storm.name == name and storm is not but), None)
    if other is not None:
        raise Refused("name_taken", "another storm is called so; see storm_id, or give it another name", other.storm_id)
    return name


def _text(order: Order, most: int) -> str:
    text = order.text or ""
    if not text.strip() or len(text) > most:
        raise Refused("impossible_text", f"text is to have 1 to {most} characters; send it so", order.storm_id)
    return text
