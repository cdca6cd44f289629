"""Loops over arrays that numba turns into machine code, with types that mypy can follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from numba import njit
from numba.core import event

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


def loaded_loops() -> set[str]:
    """Give the loops that Python has called in this process, each with every kind of arrays and values it has met."""
    return {f"{loop.py_func.__name__}{signature}" for loop in LOOPS for signature in loop.signatures}


def on_compiling(begun: Callable[[str], None], done: Callable[[str], None]) -> None:
    """Tell from now on the name of each loop that is compiled, before it is and afterwards."""
    event.register("numba:compile", _Listener(begun, done))  # type: ignore[no-untyped-call]


class _Listener(event.Listener):
    def __init__(self, begun: Callable[[str], None], done: Callable[[str], None]) -> None:
        self._begun, self._done = begun, done

    def on_start(self, happening: Any) -> None:  # noqa: ANN401 (numba's)
        self._begun(happening.data["dispatcher"].py_func.__name__)

    def on_end(self, happening: Any) -> None:  # noqa: ANN401 (numba's)
        self._done(happening.data["dispatcher"].py_func.__name__)


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """See an array read only; a loop is compiled once for each kind of array, and mapped files are read only."""
    view = array.view()
    view.flags.writeable = False
    return view


def inlined(loop: Loop) -> Loop:
    """Compile a short function into its callers: a call would count references to each column it is handed."""
    return cast("Loop", njit(cache=True, nogil=True, inline="always")(loop))
