"""The model file: every rate, prior and table of inference, read alike by engine, oracle and benchmarks.

`faultline model show` prints these defaults; `--model FILE` (TOML) replaces any of them. Rates are per hour. Hold-off
is how long a meter waits before it says that power is gone (and what it does not notice when power is back sooner).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Probability = Annotated[float, Field(gt=0, lt=1)]
Rate = Annotated[float, Field(gt=0)]
Seconds = Annotated[float, Field(ge=0)]
Nats = Annotated[float, Field(ge=0)]
"""Natural logarithms of odds."""
Distribution = tuple[tuple[Seconds, Annotated[float, Field(ge=0, le=1)]], ...]
"""Steps of a cumulative distribution: after so many seconds, at least this share."""


class Section(BaseModel):
    """A table of the model file: closed, immutable, nothing unknown in it."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class OpeningRates(Section):
    """How often a device opens on its own in a storm, per device and hour: the prior over what opened."""

    source: Rate = 0.02
    bus: Rate = 0.02
    substation_transformer: Rate = 0.02
    breaker: Rate = 0.12
    recloser: Rate = 0.2
    sectionalizer: Rate = 0.045
    fuse: Rate = 0.2
    switch: Rate = 0.045
    tie: Rate = 1e-6
    transformer: Rate = 0.045
    service: Rate = 0.045
    """One usage point alone, where its device feeds others too."""


class FalseReportRates(Section):
    """How often a point with power says *out* all the same, per point and hour, by kind of report."""

    last_gasp: Rate = 0.0224
    ping_off: Rate = 2.5
    inferred_outage: Rate = 0.4
    no_power: Rate = 0.02
    partial_power: Rate = 0.2


class ReportRates(Section):
    """Of the points that are out, the share that says so; for the last gasp that is the delivery rate."""

    ping_off: Probability = 0.5
    inferred_outage: Probability = 0.5
    no_power: Probability = 0.1
    partial_power: Probability = 0.02


class MeterSource(Section):
    """Meters of one head-end technology, named as the `source` of their events."""

    share: Annotated[float, Field(gt=0, le=1)]
    """Of all meters. What a meter is that has not spoken is not known, so silence is weighed over the shares."""
    hold_off: Distribution
    """How long after the loss of power a meter notices it."""
    gasp: Distribution
    """Hold-off plus delay: how long after the loss of power a delivered last gasp is here."""
    restored: Distribution
    """How long after the return of power a delivered restoration message is here."""


MESH = MeterSource(
    share=0.7,
    hold_off=((20, 0.0), (25, 0.2), (30, 0.4), (35, 0.6), (40, 0.8), (45, 1.0)),
    gasp=(
        *((25, 0.04), (30, 0.15), (35, 0.30), (40, 0.47), (45, 0.65), (50, 0.80), (60, 0.91)),
        *((75, 0.964), (90, 0.981), (120, 0.993), (150, 0.996), (300, 0.999)),
    ),
    restored=(
        *((10, 0.04), (15, 0.15), (20, 0.30), (25, 0.47), (30, 0.65), (35, 0.80), (40, 0.875)),
        *((50, 0.94), (60, 0.964), (75, 0.982), (90, 0.989), (150, 0.997), (300, 0.999)),
    ),
)
CELLULAR = MeterSource(
    share=0.3,
    hold_off=((0.2, 0.0), (0.6, 0.5), (1.0, 1.0)),
    gasp=(
        *((1, 0.006), (1.5, 0.05), (2, 0.14), (2.5, 0.25), (3, 0.37), (4, 0.56), (5, 0.70), (7, 0.85)),
        *((10, 0.94), (15, 0.977), (25, 0.989), (60, 0.995), (150, 0.998), (300, 0.999)),
    ),
    restored=(
        *((10, 0.07), (15, 0.25), (20, 0.44), (25, 0.64), (30, 0.84), (35, 0.962), (40, 0.983)),
        *((60, 0.992), (90, 0.996), (150, 0.998), (300, 0.999)),
    ),
)


class Clocks(Section):
    """How senders' clocks err, beyond the tolerance: shares of the messages."""

    hour_off: Probability = 0.005
    """Stamped by a clock that is an hour off, ahead or behind: daylight saving. An assumption."""
    wrong: Probability = 0.005
    """Stamped by a clock that says nothing: reset at power-up, never set. An assumption."""
    late: Probability = 0.02
    """Of a right clock, later than its source's delay: stored on the way and sent on. An assumption."""
    latest_seconds: Annotated[float, Field(gt=0)] = 604_800
    """A message that is older is not late: its clock says nothing."""


class Parameters(Section):
    """The model file as a whole; every field has a default."""

    delivery: Annotated[float, Field(gt=0, le=0.9999)] = 0.85
    """Share of last gasps that arrive, where no rate by collector is given."""
    restoration_delivery: Annotated[float, Field(gt=0, le=0.9999)] = 0.98
    """Share of restoration messages that arrive: the meter has mains again and repeats until it is heard."""
    false_on: Probability = 0.0067
    """Chance that a point without power says *on* in the course of an outage."""
    wave_relief: Nats = 3.5
    """So much less a report weighs while a whole area is dark, and in proportion: meters joined to the wrong point."""
    return_relief: Nats = 1.5
    """So much less a false *on* costs among five or more."""
    returned: Nats = 4.0
    """Against power all the time: a meter says that it came back."""
    late_report: Nats = 1.0
    """A report 8 to 75 seconds after the opening that it belongs to."""
    stale_report: Nats = 4.0
    """A report later than that, of a point without power."""
    opening: OpeningRates = OpeningRates()
    false_report: FalseReportRates = FalseReportRates()
    report: ReportRates = ReportRates()
    sources: dict[str, MeterSource] = Field(default={"mesh": MESH, "cellular": CELLULAR}, min_length=1)
    restoring_probability: Probability = 0.082
    """Prior that an open device has closed since the last look."""
    dip_probability: Probability = 0.03
    """Prior that a reclosing device opened and closed again within `dip_seconds`."""
    odd_dip_probability: Probability = 6e-6
    """The same of any other device."""
    tie_probability: Probability = 0.02
    """Prior that a part without power that has a listed tie is fed over it."""
    unlisted_tie_probability: Probability = 3e-4
    """The same of a part below a switching device without one."""
    persistence: Nats = 1.5
    """What has been found open keeps this lead over what would take its place."""

    coherence_seconds: Seconds = 120
    """Reports of one opening are observed within this span: the reclosing sequence and the error of clocks."""
    clock_tolerance_seconds: Seconds = 5
    """How far a meter's clock may be off."""
    clock: Clocks = Clocks()
    scada_good: Nats = 9.0
    """How much a good-quality position speaks for or against its device."""
    scada_uncertain: Nats = 3.5
    scada_trial: Nats = 1.0
    """The same of a closed position that is younger than `reclaim_seconds`."""
    unseen: Nats = 1.8
    """Against an opening of a telemetered device that its telemetry has not reported."""
    mismatch: Nats = 4.0
    """Against an opening or a closing at another time than the one reported."""
    crew_fact: Nats = 8.0
    """How much a crew's finding speaks for its device."""
    reclaim_seconds: Seconds = 20
    """How long after a closing the next opening of a reclosing sequence may follow."""
    dip_seconds: Seconds = 90
    """What has power again within this time was a dip, by the sequence of a reclosing device."""
    unexplained_seconds: Seconds = 600
    """A report that no outage has explained for so long is forgotten."""
    scada_hold_seconds: Seconds = 10
    """How long a closed position or an "on" must last before it is a restoration."""
    detected_confidence: Probability = 0.6
    """An outage of which two points tell is published at this probability ..."""
    detected_hold_seconds: Seconds = 10
    """... once it has stood for so long."""
    confirmed_hold_seconds: Seconds = 5
    """How long one of which SCADA or a crew tells stands before it is published: a reclosing may follow."""
    unheard_hold_seconds: Seconds = 30
    """The same while nobody below has spoken: a tie may feed them all."""
    suspected_confidence: Probability = 0.4
    """One of which a single report tells is published at this probability ..."""
    suspected_seconds: Seconds = 120
    """... once it has stood for so long."""
    nested_confidence: Probability = 0.4
    """What stays dark where all around it is back is published at this probability ..."""
    nested_hold_seconds: Seconds = 100
    """... once it has stood for so long."""
    restored_confidence: Probability = 0.8
    """A return is published at this probability."""
    sustained_seconds: Seconds = 300
    """IEEE 1366-2022: interruptions longer than five minutes are sustained."""
    sustained_grace_seconds: Seconds = 30
    """How much later `sustained_at` is said, so that news of the return can still arrive."""
    silence_seconds: Seconds = 110
    """How long after a closing was found those that stay silent wait, so that what is still dark can be told apart."""
    silence_alone_seconds: Seconds = 300
    """The same of those beside whom nobody on the same device has spoken: they may be dark together. So long an
    interruption waits, too, of which meters tell only when it is over: their neighbours may tell the same."""
    restoration_interval_seconds: Seconds = 15
    """Least time between two partial restorations of one outage."""
    forget_seconds: Seconds = 604_800
    """How long after its last revision an outage that is over is known: 7 days, within which late reports may come."""
    left_out_seconds: Seconds = 10
    """An origin that stands still while the evidence log goes on for longer is left out until it moves."""

    after_end_seconds: Annotated[float, Field(ge=0, le=1800)] = 1800
    """How long log time goes on once every origin has ended, so that waves end and what is pending is decided."""

    @field_validator("sources")
    @classmethod
    def _shares_make_a_whole(cls, sources: dict[str, MeterSource]) -> dict[str, MeterSource]:
        if abs(sum(source.share for source in sources.values()) - 1) > 1e-6:
            message = "the shares of the sources must add up to 1"
            raise ValueError(message)
        return sources

    @model_validator(mode="after")
    def _distributions_rise(self) -> Self:
        for name, source in self.sources.items():
            for field in ("hold_off", "gasp", "restored"):
                steps = getattr(source, field)
                if not steps or any(b[0] <= a[0] or b[1] < a[1] for a, b in pairwise(steps)):
                    message = f"sources.{name}.{field}: times and shares must rise from step to step"
                    raise ValueError(message)
        return self
