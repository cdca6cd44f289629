"""A moment: an instant that is complete, with the records that belong to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from models.timeline.rows import SaidRows


class Followed(NamedTuple):
    """A record of a topic that a flow follows."""

    topic: str
    sequence: int
    """Its number within its partition of the topic."""
    key: str
    record: Any
    """An object of the topic's contract; None is a tombstone. What came by a log is what was put into it."""


class Moment(NamedTuple):
    """An instant (ms) up to which everything is known; its records stand in order of topic and sequence."""

    number: int
    """Rises by one from moment to moment."""
    instant: int
    records: tuple[Followed, ...]


class Placed(NamedTuple):
    """A moment of a partition."""

    partition: int
    moment: Moment


class Said(NamedTuple):
    """What a model wants to be published: an output's name, and its record without what the frame adds.

    At one instant a key is said at most once, since key and instant are the record's id.
    """

    output: str
    fields: Mapping[str, Any]
    gone: bool = False
    """The key may be forgotten: a tombstone."""


class Model(Protocol):
    """What a flow knows of one partition, and how it lives on; a function of the moments alone."""

    def due(self) -> int | None:
        """Give the instant (ms) of the next timer, after the last one lived; None if there is none."""

    def live(self, instant: int, records: Sequence[Followed]) -> Iterable[Said | SaidRows]:
        """Take what belongs to an instant, do what is due by then, and say what there is to say."""

    def save(self) -> object:
        """Give all that the next moment depends on, in built-in types."""


class ColumnarModel(Model, Protocol):
    """A model that says rows, of a columnar output."""

    def standing(self) -> Iterable[SaidRows]:
        """Say once more how all stands of which it has said anything."""


class TimelineError(ValueError):
    """Records or moments that do not follow each other."""
