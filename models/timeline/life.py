"""A partition of a flow as it lives from moment to moment: its model, its timers, the numbers of its outputs.

Timers run by the moments alone: one that is due between two moments is lived through at its own instant, as nothing
came in there. Where two are months apart the timers of the first 31 days are, and the rest is due at the second one.
What is said is numbered without gaps. Of an output of which the last record of a key counts, what says the same again
is not published; of a columnar one the model itself says only what is news.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from models.timeline.moment import TimelineError
from models.timeline.rows import NumberedRows, SaidRows, digest_of
from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from models.contracts.registry import Output
    from models.timeline.moment import ColumnarModel, Model, Moment, Said

Record = dict[str, Any]
Written = tuple[str, Any]
"""An output's name and a whole record, or `NumberedRows`."""
SILENCE: Final = 31 * 86_400_000
ADDED: Final = frozenset({"event_id", "schema_version", "organisation", "sequence", "updated_at"})
"""The fields that stand in every record and that the frame knows."""


@dataclass(slots=True)
class Start:
    """Where a flow goes on that has no state, and cannot live through everything again: where its outputs end."""

    sequences: Mapping[str, int]
    """By output, the last number."""
    until: int
    """The last instant (ms) of which anything stands in the outputs: what comes up to it has been said."""
    published: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    """By output and key, the last record of those of which it counts."""
    standing: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """By columnar output and key, the digest of what the last record says."""


class Life:
    """One partition of a flow."""

    def __init__(
        self,
        build: Callable[[Any], Model],
        outputs: Iterable[Output],
        organisation: str,
        saved: Mapping[str, Any] | None = None,
        start: Start | None = None,
    ) -> None:
        """Begin anew, go on from what `save` gave, or from `start`. `build` is given the model's own state, or None."""
        self._outputs = {output.name: output for output in outputs}
        self._organisation = organisation
        self.number = saved["number"] if saved else 0
        self.instant: int = saved["instant"] if saved else 0
        self._until: int = saved["until"] if saved else (start.until if start else 0)
        self._sequences = dict.fromkeys(self._outputs, 0) | dict(
            saved["sequences"] if saved else (start.sequences if start else {})
        )
        self._published: dict[str, dict[str, Record]] = {
            name: {} for name, output in self._outputs.items() if output.compacted and not output.columnar
        }
        for name, records in (saved["published"] if saved else (start.published if start else {})).items():
            self._published[name] = {key: dict(fields) for key, fields in records.items()}
        self._silent: dict[str, dict[str, Record | None]] = saved["silent"] if saved else {}
        self._standing: Mapping[str, Mapping[str, int]] = (
            saved["standing"] if saved else start.standing if start else {}
        )
        self._model = build(saved["model"] if saved else None)

    def take(self, moment: Moment) -> list[Written]:
        """Live up to a moment; returns what is to be written. Raises `TimelineError` for one that does not follow."""
        if self.number and moment.number != self.number + 1:
            raise TimelineError(
                f"moment {moment.number} follows {self.number}; the state is of another place in the log"
            )
        self.number = moment.number
        written: list[Written] = []
        until = min(moment.instant - 1, self.instant + SILENCE)
        while (due := self._model.due()) is not None and due <= until:
            if due <= self.instant:
                raise TimelineError(f"a timer is due at {due}, at which the flow has been already")
            written += self._live(due, ())
        return written + self._live(moment.instant, moment.records)

    def save(self) -> Record:
        """Give all that the next moment depends on."""
        return {
            "number": self.number,
            "instant": self.instant,
            "until": self._until,
            "sequences": self._sequences,
            "published": self._published,
            "silent": self._silent,
            "standing": self._standing,
            "model": self._model.save(),
        }

    def _live(self, instant: int, records: Sequence[Any]) -> list[Written]:
        self.instant = instant
        said = list(self._model.live(instant, records))
        single = [one for one in said if not isinstance(one, SaidRows)]
        if instant <= self._until:
            self._keep_silent(single)
            return []
        rows = list(self._news_of_silence()) if self._standing else [one for one in said if isinstance(one, SaidRows)]
        written = self._break_silence(instant)
        written += [record for one in single if (record := self._write(one, instant)) is not None]
        return written + [self._number(some, instant) for some in rows if len(some)]

    def _news_of_silence(self) -> Iterator[SaidRows]:
        """Give what the columnar outputs do not end with, as all stands after this instant."""
        for rows in cast("ColumnarModel", self._model).standing():
            known = self._standing[rows.output]
            yield rows.select(np.fromiter((_is_other(known, *one) for one in rows.contents()), np.bool_, len(rows)))
        self._standing = {}

    def _number(self, rows: SaidRows, instant: int) -> Written:
        first = self._sequences[rows.output] + 1
        self._sequences[rows.output] += len(rows)
        key = self._outputs[rows.output].key
        return rows.output, NumberedRows(rows, key, first, format_time(instant), self._organisation)

    def _keep_silent(self, said: Iterable[Said]) -> None:
        """Remember what would have been said of each key, where the last record counts."""
        for output, fields, gone in said:
            if output in self._published:
                key = str(fields[self._outputs[output].key])
                self._silent.setdefault(output, {})[key] = None if gone else dict(fields)

    def _break_silence(self, instant: int) -> list[Written]:
        """Say what the outputs do not end with."""
        written = []
        for output in sorted(self._silent):
            for key, fields in sorted(self._silent[output].items(), key=lambda pair: pair[0]):
                gone = {self._outputs[output].key: key}
                written.append(self._publish(output, fields or gone, instant, gone=fields is None))
        self._silent = {}
        return [record for record in written if record is not None]

    def _write(self, said: Said, instant: int) -> Written | None:
        return self._publish(said.output, said.fields, instant, gone=said.gone)

    def _publish(self, name: str, fields: Mapping[str, Any], instant: int, *, gone: bool) -> Written | None:
        output = self._outputs[name]
        key, at = str(fields[output.key]), format_time(instant)
        if name in self._published and not self._is_news(name, key, fields, gone=gone):
            return None
        self._sequences[name] += 1
        numbered = {"sequence": self._sequences[name], "updated_at": at}
        if gone:
            return name, {output.key: fields[output.key], "tombstone": True, **numbered}
        added = {"event_id": f"{key}:{at}", "schema_version": 1, "organisation": self._organisation}
        return name, {**fields, **added, **numbered}

    def _is_news(self, name: str, key: str, fields: Mapping[str, Any], *, gone: bool) -> bool:
        known = self._published[name]
        if gone:
            return known.pop(key, None) is not None
        if known.get(key) == fields:
            return False
        known[key] = dict(fields)
        return True


def _is_other(known: Mapping[str, int], key: str, content: Record) -> bool:
    """Whether what stands is another than what is known of a key."""
    return key in known if "tombstone" in content else known.get(key) != digest_of(content)
