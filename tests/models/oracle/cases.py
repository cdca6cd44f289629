"""Random cases: trees, model files, reports, telemetry and crews."""

from __future__ import annotations

from hypothesis import strategies as st

from models.evidence.kinds import CALL_KINDS, ON_KINDS, OUT_KINDS
from models.network.network import DEVICE_KINDS
from models.outages.weights.parameters import CELLULAR, MESH, OpeningRates, Parameters
from tests.models.oracle.case import QUALITIES, START, Case
from tests.models.oracle.reports import Position, Report
from tests.models.oracle.scene import Tree

NEAR = st.integers(-6_000, 6_000)
WAVES = st.sampled_from([0, 0, 0, 30_000, 119_000, 121_000, 600_000, 3_600_000])
TIMES = st.builds(lambda wave, error: START + wave + error, WAVES, NEAR)
METER_SAYS = st.sampled_from([*["last_gasp"] * 6, *OUT_KINDS, *ON_KINDS, "removed"])
CALLS = st.sampled_from(CALL_KINDS)


@st.composite
def trees(draw: st.DrawFn, devices: int = 7, points: int = 8) -> tuple[Tree, list[int], list[tuple[str, int, float]]]:
    """A forest with its collectors and delivery rates; few kinds of device, so that equal weights are common."""
    count = draw(st.integers(2, devices))
    parents = [draw(st.integers(-1 if device % 3 == 0 else 0, device - 1)) if device else -1 for device in range(count)]
    kinds = draw(st.lists(st.sampled_from(DEVICE_KINDS), min_size=count, max_size=count))
    feeds = draw(st.lists(st.integers(0, count - 1), min_size=3, max_size=points))
    collectors = [draw(st.integers(0, 2)) for _ in feeds]
    shares = st.sampled_from([0.02, 0.1, 0.3, 0.5, 0.85, 0.99])
    rates = [{"mesh": draw(shares), "cellular": draw(shares)} for _ in range(3)]
    metered = [draw(st.integers(0, 9)) > 0 for _ in feeds]
    delivery = [(source, place, rate) for place, by_source in enumerate(rates) for source, rate in by_source.items()]
    point_rates = [rates[place] if has else None for place, has in zip(collectors, metered, strict=True)]
    return Tree(kinds, parents, feeds, point_rates), collectors, delivery


@st.composite
def models(draw: st.DrawFn) -> Parameters:
    """The default model file, or one with other rates; equal ones make ties. Nothing is reviewed for a long time.

    Nor does time go on after the end.
    """
    patient = {"wave_seconds": 1e6, "sustained_seconds": 1e6, "after_end_seconds": 0}
    if draw(st.booleans()):
        return Parameters(**patient)
    rate = draw(st.sampled_from([1e-3, 3e-3, 0.3]))
    return Parameters(
        opening=OpeningRates(**dict.fromkeys(OpeningRates.model_fields, rate)),
        delivery=draw(st.sampled_from([0.2, 0.85])),
        false_on=draw(st.sampled_from([1e-3, 0.05])),
        coherence_seconds=draw(st.sampled_from([45, 120, 300])),
        clock_tolerance_seconds=draw(st.sampled_from([0, 2, 5])),
        scada_good=draw(st.sampled_from([4, 14])),
        crew_fact=draw(st.sampled_from([6, 25])),
        sources={
            "mesh": MESH.model_copy(update={"share": 0.5}),
            "cellular": CELLULAR.model_copy(update={"share": 0.5}),
        },
        **patient,
    )


@st.composite
def reports(draw: st.DrawFn, tree: Tree) -> list[Report]:
    """What is heard when some devices open, and anything else that meters and customers may say besides."""
    said = []
    for device in draw(st.lists(st.integers(0, len(tree.kinds) - 1), max_size=3)):
        wave = draw(WAVES)
        for point in tree.below[device]:
            if draw(st.booleans()):
                kind = "no_power" if tree.rates[point] is None else "last_gasp"
                said.append(Report(point, kind, START + wave + draw(NEAR)))
    for point in draw(st.lists(st.integers(0, len(tree.feeds) - 1), max_size=6)):
        kinds = CALLS if tree.rates[point] is None else METER_SAYS | CALLS
        said.append(Report(point, draw(kinds), draw(TIMES)))
    return said


@st.composite
def waves(draw: st.DrawFn) -> tuple[Case, list[int]]:
    """One wave and the log times of its reports, out of order and minutes apart, seen ten minutes after the last."""
    tree, collectors, delivery = draw(trees())
    parameters = Parameters(wave_seconds=300)
    assert max(step[0] for source in parameters.sources.values() for step in source.gasp) == parameters.wave_seconds
    spread = st.integers(-4_000, 4_000)
    everybody = st.sampled_from(range(len(tree.feeds)))
    opened = draw(st.lists(st.sampled_from(tree.below), min_size=1, max_size=3))
    speaking = [point for points in opened for point in points if draw(st.booleans())]
    speaking += draw(st.lists(everybody, max_size=4))
    said = [
        Report(
            point,
            "no_power"
            if tree.rates[point] is None
            else draw(st.sampled_from(["last_gasp"] * 4 + ["ping_off", "no_power"])),
            START + draw(spread),
        )
        for point in speaking
    ]
    delays = st.sampled_from([4, 5, 9, 24, 64, 144, 254, 804])
    log_times = [report.observed_at + 1000 * draw(delays) for report in said]
    now = -(-max(log_times, default=START) // 1000) * 1000 + 600_000
    return Case(tree, collectors, delivery, parameters, said, [], [], now), log_times


@st.composite
def cases(draw: st.DrawFn, *, told: bool) -> Case:
    """Any case; `told` with SCADA and crews."""
    tree, collectors, delivery = draw(trees())
    parameters = draw(models())
    some_device = st.integers(0, len(tree.kinds) - 1)
    position = st.builds(
        Position, some_device, st.sampled_from(["open", "open", "closed"]), st.sampled_from(QUALITIES), TIMES
    )
    arrival = st.tuples(some_device, TIMES)
    elapsed = draw(st.sampled_from([1, 10, 40, 100, 170, 1200, 3700, 9000]))
    return Case(
        tree,
        collectors,
        delivery,
        parameters,
        draw(reports(tree)),
        draw(st.lists(position, max_size=3)) if told else [],
        draw(st.lists(arrival, max_size=2, unique_by=lambda crew: crew[0])) if told else [],
        START + 1000 * elapsed,
    )
