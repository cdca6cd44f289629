"""One message of all that a contact has to be told at an instant, or when it will have to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, get_args

from models.contracts.customers.notification import NotificationKind
from models.notifications.changes import judge
from models.notifications.views import ON, OUT
from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from models.contracts.customers.notification import NotificationCode
    from models.notifications.changes import Word
    from models.notifications.policy import NotificationPolicy
    from models.notifications.views import View

_WEIGHT: Final = {kind: weight for weight, kind in enumerate(get_args(NotificationKind))}


class News(NamedTuple):
    """Some points of a view that a contact has to be told of."""

    kind: NotificationKind
    view: View
    numbers: tuple[int, ...]

    def points(self) -> Sequence[tuple[int, int, int]]:
        """Give those of the view's points that are spoken of."""
        if len(self.numbers) == len(self.view.points):
            return self.view.points
        some = frozenset(self.numbers)
        return [point for point in self.view.points if point[0] in some]


class Due(NamedTuple):
    """What there is to tell now, and when there may be more (ms)."""

    news: Sequence[News]
    next: int | None


class Message(NamedTuple):
    """What is said."""

    kind: NotificationKind
    code: NotificationCode
    parameters: Mapping[str, str | None]
    outage_id: str | None
    revision: int | None
    as_of: int
    """Milliseconds since the epoch."""


def news_for(
    views: Iterable[View], words: Mapping[int, Word], wanted: Container[str], policy: NotificationPolicy, now: int
) -> Due:
    """Find what a contact has to be told that was told `words` by usage point, of the kinds that it is told."""
    news: list[News] = []
    later: list[int] = []
    for view in views:
        by_kind: dict[NotificationKind, list[int]] = {}
        for number, _, _ in view.points:
            kind, due = judge(view, words.get(number), policy, now)
            if kind in wanted and kind is not None:
                by_kind.setdefault(kind, []).append(number)
            elif due is not None:
                later.append(due)
        news += [News(kind, view, tuple(numbers)) for kind, numbers in by_kind.items()]
    return Due(news, min(later, default=None))


def compose(news: Sequence[News], views: Sequence[View], total: int) -> Message:
    """Make one message of all news of an account of `total` usage points."""
    kind = min([one.kind for one in news], key=_WEIGHT.__getitem__) if len(news) > 1 else news[0].kind
    points = [point for one in news for point in one.points()]
    as_of = max([found for _, _, found in points])
    known = [since for _, since, _ in points if since >= 0]
    if all([one.view.code in ON for one in news]):  # noqa: C419 (a list is built faster than asked one by one)
        return _restored(news, kind, max(known, default=None), as_of)
    first = news[0]
    if len(news) > 1 and len({_said(one) for one in news}) > 1:
        return Message(kind, "digest", _summary(views, total), None, None, as_of)
    since = min(known, default=None)
    code, parameters = first.view.plain_code, dict(first.view.parameters)
    if kind == "correction" and first.view.code == "still_out":
        code = "still_out"
    else:
        parameters.pop("otherwise", None)
    parameters["since"] = None if since is None else format_time(since)
    return Message(kind, code, parameters, *_outage(news), as_of)  # type: ignore[arg-type]  # a code of the contract


def _said(one: News) -> tuple[object, ...]:
    return one.view.code, one.kind == "correction", *sorted(one.view.parameters.items())


def _restored(news: Sequence[News], kind: NotificationKind, since: int | None, as_of: int) -> Message:
    """Of several only the least is said that holds for all, `since` the latest time."""
    sure = all(one.view.code == "restored" for one in news)
    parameters = {"since": None if since is None else format_time(since)}
    code: NotificationCode = "restored" if sure else "probably_restored_please_confirm"
    return Message(kind, code, parameters, *_outage(news), as_of)


def _outage(news: Sequence[News]) -> tuple[str | None, int | None]:
    named = {(one.view.outage_id, one.view.revision) for one in news}
    return named.pop() if len(named) == 1 else (None, None)


def _summary(views: Sequence[View], total: int) -> dict[str, str | None]:
    out = [view for view in views if view.code in OUT]
    promised = [view.promised for view in out]
    latest = max((at for at in promised if at is not None), default=None)
    known = latest is not None and None not in promised
    return {
        "since": None,
        "out": str(sum(len(view.points) for view in out)),
        "total": str(total),
        "etr_public": format_time(latest) if known and latest is not None else None,
    }
