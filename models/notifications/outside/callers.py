"""Who called that power is out: they are told first, and so asked first, when it should be back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from models.contracts.inputs.call import CallEvent
from models.timeline.tables import Taken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

CALLED: Final = "called"
KEPT: Final = 86_400_000
"""So long a call is remembered (ms)."""


class CallReader:
    """Reads records of `customer.call.events.v1`; what cannot be read `ingest` refuses. No word of them is kept."""

    def __init__(self, numbers: Callable[[Sequence[str]], list[int]]) -> None:
        """`numbers` gives the stable numbers of usage points by id, -1 of those that are on no network."""
        self._numbers = numbers

    def __call__(self, key: str, value: bytes | None) -> Taken:
        """Take a call, of a usage point for all partitions, of an account for its own."""
        try:
            event = CallEvent.model_validate_json(value or b"")
        except ValidationError:
            return Taken(key, None)
        if event.kind not in {"no_power", "partial_power"}:
            return Taken(key, None)
        if event.usage_point_id is None:
            return Taken(event.account_id or "", [CALLED, None, event.received_at])
        (number,) = self._numbers([event.usage_point_id])
        return Taken(key, None if number < 0 else [CALLED, number, event.received_at], everywhere=True)


class Callers:
    """Who called, by usage point or account, and when last (ms)."""

    def __init__(self, saved: Iterable[Sequence[Any]] = ()) -> None:
        self._at: dict[int | str, int] = {}
        for who, at in saved:
            self._at[who] = at

    def save(self) -> list[tuple[int | str, int]]:
        """Give all of it."""
        return list(self._at.items())

    def take(self, account_id: str, number: int | None, at: int) -> None:
        """Take a call: of an account, if it names no usage point."""
        who = account_id if number is None else number
        self._at[who] = max(at, self._at.get(who, at))

    def have(self, account_id: str, numbers: Iterable[int], now: int) -> bool:
        """Whether somebody of an account has called in the last day."""
        if not self._at:
            return False
        who: tuple[int | str, ...] = (account_id, *numbers)
        calls = (self._at.get(one) for one in who)
        return any(at is not None and at > now - KEPT for at in calls)

    def let_go(self, now: int) -> None:
        """Forget calls that are of no matter any more."""
        self._at = {who: at for who, at in self._at.items() if at > now - KEPT}

    def forget(self, account_id: str) -> None:
        """Forget an account."""
        self._at.pop(account_id, None)
