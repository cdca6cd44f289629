"""What operators said that no device's position tells: a picture is brought into line with it before outages are.

Of a single service that they said to be without power the picture says so, until its meter or a caller says "on" later;
what belonged to an outage when they merged another one into it is a part of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.outages.inference.knowledge import NEVER
from models.outages.inference.picture import BACK, DARK, Finding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models.outages.inference.forest import Span
    from models.outages.inference.picture import Picture
    from models.outages.state.outage import Outage
    from models.outages.state.partition import Partition


def hold_services(partition: Partition, span: Span, picture: Picture, outages: Iterable[Outage]) -> None:
    """Have a picture say of single services what operators said of them."""
    for outage in outages:
        if outage.operators is None or outage.operators.said_out_at is None or outage.device >= 0:
            continue
        point, at = outage.service_point, outage.operators.said_out_at
        place, finding = point - span.point, _finding_of(picture, point)
        closed = int(partition.points.on_last[point])
        if closed <= at and outage.closed_at is None:
            closed = NEVER
            picture.state[place] = DARK
        elif finding is not None:
            continue  # it is as well known as any other by now
        else:
            closed = outage.closed_at or closed
            picture.state[place], picture.back_at[place] = BACK, closed
        picture.lost_at[place] = outage.wave_at
        if finding is not None:
            picture.findings.remove(finding)
        picture.findings.append(_as_said(outage, closed))


def _finding_of(picture: Picture, point: int) -> Finding | None:
    return next((one for one in picture.findings if one.device < 0 and one.point == point), None)


def _as_said(outage: Outage, closed: int) -> Finding:
    return Finding(
        device=-1,
        point=outage.service_point,
        opened=outage.wave_at,
        closed=closed,
        nested=outage.nested,
        since=outage.wave_at,
        source=outage.source,
        posterior=outage.posterior,
        reports=outage.reports,
        alternatives=(),
    )


def is_held_whole(outage: Outage, opened: int) -> bool:
    """Whether what opened below an outage at a moment is a part of it by an operator's word."""
    operators = outage.operators
    return operators is not None and operators.whole_until is not None and opened <= operators.whole_until
