"""How an account stands that has several usage points."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models.contracts.outputs.customer_power import Power


def power_of_account(powers: Iterable[Power]) -> Power:
    """Say it in one word, of one usage point at least: `partial` where some are out, or some phases of one.

    `unknown` is said only where none is out, since that some are is known however the others stand.

    >>> power_of_account(["on", "out"])
    'partial'
    """
    kinds = set(powers)
    if len(kinds) == 1:
        return kinds.pop()
    return "partial" if kinds & {"out", "partial"} else "unknown"
