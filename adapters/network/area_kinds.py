"""Whether kinds and ids of areas that a file names are those of the network: else it would quietly say nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

MOST_NAMED: Final = 20
"""Names that an error tells."""


def refuse_unknown_kind(named: str, kind: str | None, kinds: Collection[str]) -> None:
    """Raise `FaultsError` if a file, as errors name it, wants areas of a kind that there is not."""
    if kind is None or kind in kinds:
        return
    there = f"give one of {', '.join(sorted(kinds))}" if kinds else "there are no areas: take the line out"
    raise FaultsError([f"{named}: area_kind {kind}: no area is of this kind; {there}, or mend the table areas"])


def refuse_unknown_areas(named: str, areas: Collection[str], names: Sequence[str]) -> None:
    """Raise `FaultsError` for areas of a file that the network has not: what is said of them would never be told."""
    if unknown := sorted(set(areas) - set(names)):
        there = ", ".join(names[:MOST_NAMED])
        reason = f"no territory or zone is called so; give one of {there}"
        raise FaultsError([f"{named}: areas.{area}: {reason}" for area in unknown])
