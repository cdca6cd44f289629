"""What comes from outside as the flow's log has it: accounts, receipts, replies.

Whose account cannot be read is told nothing: it counts as not being there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

import orjson
from pydantic import ValidationError

from models.contracts.customers.account import AccountState
from models.contracts.customers.reply import CustomerReply, NotificationReceipt
from models.contracts.fields import InputEvent
from models.contracts.topics import CALL_EVENTS
from models.notifications.outside.accounts import for_the_log
from models.notifications.outside.replies import meaning_of
from models.timeline.tables import Passed, RefusedRecordError, Taken
from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from models.contracts.inputs.call import CallKind

Event = TypeVar("Event", bound=InputEvent)
ACCOUNT: Final = "account"
RECEIPT: Final = "receipt"
REPLY: Final = "reply"
CHANNEL: Final = "reply"
"""How a call came that was a reply."""
_CALLS: Final[dict[str, CallKind]] = {"still_out": "no_power", "power_back": "power_back"}


class AccountReader:
    """Reads records of `customer.account.state.v1`."""

    def __init__(self, numbers: Callable[[Sequence[str]], list[int]], knows_zone: Callable[[str], bool]) -> None:
        """`numbers` gives the stable numbers of usage points by id, -1 of those that are on no network."""
        self._numbers, self._knows_zone = numbers, knows_zone

    def __call__(self, key: str, value: bytes | None) -> Taken:
        """Take an account; no content of one that is gone. Raises `RefusedRecordError`."""
        gone = Taken(key, [ACCOUNT, None])
        if value is None:
            return gone
        state = _read(AccountState, key, value, gone)
        if state.time_zone is not None and not self._knows_zone(state.time_zone):
            raise RefusedRecordError("time_zone is not known here: send one as Europe/Zurich", instead=gone)
        numbers = self._numbers(state.usage_point_ids)
        found = Taken(key, [ACCOUNT, for_the_log(state, numbers)])
        if lacking := numbers.count(-1):
            reason = f"{lacking} of {len(numbers)} usage points are not on the network; the others are told"
            raise RefusedRecordError(reason, "unknown-usage-point", instead=found)
        return found


def read_receipt(key: str, value: bytes | None) -> Taken:
    """Take a receipt. Raises `RefusedRecordError`."""
    receipt = _read(NotificationReceipt, key, value or b"")
    return Taken(key, [RECEIPT, receipt.contact_id, receipt.notification_id, receipt.status])


def read_reply(key: str, value: bytes | None) -> Taken:
    """Take what a reply means, and none of its words; what it says of power is a call. Raises `RefusedRecordError`."""
    reply = _read(CustomerReply, key, value or b"")
    meaning = meaning_of(reply.text)
    said = [REPLY, reply.contact_id, meaning, reply.received_at] if meaning in {"stop", "start"} else None
    kind = _CALLS.get(meaning or "")
    return Taken(key, said, () if kind is None else tuple(_calls(reply, kind)))


def _calls(reply: CustomerReply, kind: CallKind) -> Iterator[Passed]:
    """Give a call for each usage point that is named, else one for the account."""
    names: Sequence[str | None] = reply.usage_point_ids or [None]
    for number, name in enumerate(names):
        call: dict[str, Any] = {
            "event_id": f"reply:{reply.event_id}:{number}",
            "kind": kind,
            "channel": CHANNEL,
            "observed_at": format_time(reply.observed_at),
            "received_at": format_time(reply.received_at),
            **({"account_id": reply.account_id} if name is None else {"usage_point_id": name}),
        }
        yield Passed(CALL_EVENTS, name or reply.account_id, orjson.dumps(call), reply.received_at)


def _read(model: type[Event], key: str, value: bytes, instead: Taken | None = None) -> Event:
    try:
        record = model.model_validate_json(value)
    except ValidationError as error:
        raise RefusedRecordError(faults_of(error), instead=instead) from None
    if getattr(record, "account_id", None) != key:
        raise RefusedRecordError("account_id is not the record's key: send both alike", instead=instead)
    return record


def faults_of(error: ValidationError) -> str:
    """Say what is wrong with a record, by the contract's own words alone: values and keys are a person's."""
    found = [
        (".".join("#" if isinstance(part, int) else part for part in entry["loc"]), entry["type"])
        for entry in error.errors(include_input=False, include_context=False, include_url=False)
    ]
    named = sorted({f"{place or 'the record'}: {kind.replace('_', ' ')}" for place, kind in found})
    return f"{'; '.join(named[:10])}; send it as the contract has it"
