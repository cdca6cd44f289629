"""Loops over arrays that numba turns into machine code, with types that mypy can follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from numba import njit

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

Loop = TypeVar("Loop", bound="Callable[..., Any]")


LOOPS: Final[list[Any]] = []
"""The loops of all modules that are loaded; numba's `signatures` of one that is compiled are not empty."""


def compiled(loop: Loop) -> Loop:
    """Compile a loop at its first call; the machine code is kept beside the module for the next process."""
    LOOPS.append(njit(cache=True, nogil=True)(loop))
    return cast("Loop", LOOPS[-1])


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """See an array read only; a loop is compiled once for each kind of array, and mapped files are read only."""
    view = array.view()
    view.flags.writeable = False
    return view


def inlined(loop: Loop) -> Loop:
    """Compile a short function into its callers: a call would count references to each column it is handed."""
    return cast("Loop", njit(cache=True, nogil=True, inline="always")(loop))
