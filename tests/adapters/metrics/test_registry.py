from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from math import isnan
from pathlib import Path
from time import monotonic
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_open_metrics
from prometheus_client.parser import text_string_to_metric_families as read_text

from adapters.metrics.declaration import OTHER, AgeRow, CounterRow, GaugeRow, HistogramRow, Row
from adapters.metrics.registry import Metrics, wall_clock
from adapters.metrics.table import all_rows, flows_of, measured_flows, rows_of
from adapters.metrics.tables.evidence import DEAD_LETTERS, WATERMARK_LAG
from adapters.metrics.tables.ingest import CONVERSION_TIME
from adapters.metrics.tables.outages import CUSTOMERS_OUT, END_TO_END_DELAY, OPEN_OUTAGES, QUARANTINED_ZONES
from adapters.metrics.tables.service import BUILD_INFO, BYTES_READ, EPOCH_AGE
from adapters.reference.metric_page import metrics_page
from models.contracts.outputs.dead_letter import Disposition
from models.contracts.topics import METER_EVENTS, RAW_TOPICS

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"
OPEN_METRICS = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;q=0.3"
READERS: dict[str, Callable[[str], Iterable[Metric]]] = {"": read_text, OPEN_METRICS: read_open_metrics}
GIVEN = {"topic": "a.topic", "partition": "0", "zone": "Z1"}


def build(flow: str) -> Metrics:
    return Metrics(flow, topics=["a.topic"], partitions=8, zones=["Z1", "Z2"])


def families(metrics: Metrics, accept: str = "") -> dict[str, Metric]:
    text, _ = metrics.exposition(accept)
    return {family.name: family for family in READERS[accept](text.decode())}


def family_name(row: Row) -> str:
    return row.name.removesuffix("_total") if isinstance(row, CounterRow) else row.name


def touch(metrics: Metrics, row: Row) -> list[tuple[str, ...]]:
    """Update every series of a row that there can be; give the labels' values."""
    series = [*product(*([GIVEN[label.name]] if label.values is None else list(label.values) for label in row.labels))]
    for values in series:
        match row:
            case CounterRow():
                metrics.counter(row, *values).inc(3)
            case GaugeRow():
                metrics.gauge(row, *values).set(4)
            case AgeRow():
                metrics.age(row, *values).since(5)
            case HistogramRow():
                metrics.histogram(row, *values).observe(row.buckets[0])
    return series


@pytest.mark.parametrize("accept", READERS)
@pytest.mark.parametrize("flow", measured_flows())
def test_every_metric_of_the_flow_is_exposed_as_it_is_declared(flow: str, accept: str) -> None:
    metrics = build(flow)
    rows = rows_of(flow)
    touched = {row: touch(metrics, row) for row in rows if row is not BUILD_INFO}
    metrics.set_build("1.2.3", "abcdef")
    found = families(metrics, accept)
    ours = {name for name in found if name.startswith("faultline_")}
    assert ours == {family_name(row) for row in rows}
    for row, series in touched.items():
        family = found[family_name(row)]
        assert family.documentation == row.help
        assert family.type == {CounterRow: "counter", HistogramRow: "histogram"}.get(type(row), "gauge")
        assert family.unit == (row.unit if accept else "")
        names = [label.name for label in row.labels]
        shown = {tuple(sample.labels[name] for name in names) for sample in family.samples}
        assert shown == set(series)
        assert {frozenset(sample.labels) - {"le"} for sample in family.samples} == {frozenset(names)}
        if isinstance(row, HistogramRow):
            bounds = [float(sample.labels["le"]) for sample in family.samples if "le" in sample.labels]
            assert bounds == [*row.buckets, float("inf")]
    (build_info,) = found["faultline_build_info"].samples
    assert build_info.labels == {"flow": flow, "version": "1.2.3", "network_version": "abcdef"}


def test_names_follow_the_rules_of_prometheus() -> None:
    assert len({row.name for row in all_rows()}) == len(all_rows())
    for row in all_rows():
        assert row.name.startswith("faultline_")
        assert row.name.endswith("_total") == isinstance(row, CounterRow)
        assert row.name.removesuffix("_total").endswith(row.unit)
        assert row.help.endswith(".")
        assert row.look.endswith(".")
        assert flows_of(row)
        if isinstance(row, HistogramRow):
            assert list(row.buckets) == sorted(set(row.buckets))
    assert (END_TO_END_DELAY.buckets[0], END_TO_END_DELAY.buckets[-1]) == (0.05, 1800)


def test_what_can_be_refused_shows_from_the_start() -> None:
    samples = families(build("ingest"))[family_name(DEAD_LETTERS)].samples
    assert {sample.labels["topic"] for sample in samples} == set(RAW_TOPICS)
    assert {sample.value for sample in samples} == {0}


@given(zones=st.lists(st.text(max_size=10), min_size=1, max_size=20), topic=st.text(max_size=10))
def test_no_value_from_outside_a_labels_set_makes_a_series(zones: list[str], topic: str) -> None:
    metrics = build("outages")
    for zone in zones:
        metrics.gauge(OPEN_OUTAGES, zone).set(1)
    metrics.counter(DEAD_LETTERS, METER_EVENTS, topic).inc()
    metrics.counter(BYTES_READ, topic).inc()
    found = families(metrics)
    shown = {sample.labels["zone"] for sample in found[OPEN_OUTAGES.name].samples}
    assert shown == {zone if zone in {"Z1", "Z2"} else OTHER for zone in zones}
    dispositions = {sample.labels["disposition"] for sample in found[family_name(DEAD_LETTERS)].samples}
    assert dispositions <= {*get_args(Disposition), OTHER}
    assert {sample.labels["topic"] for sample in found[family_name(BYTES_READ)].samples} <= {"a.topic", OTHER}


def test_a_row_of_the_other_flow_and_a_wrong_number_of_labels_are_refused() -> None:
    with pytest.raises(KeyError):
        build("ingest").gauge(QUARANTINED_ZONES)
    with pytest.raises(KeyError):
        build("outages").histogram(CONVERSION_TIME)
    with pytest.raises(ValueError, match=r"has the labels \(zone\), not 2 values"):
        build("outages").gauge(CUSTOMERS_OUT, "Z1", "Z2")
    with pytest.raises(ValueError, match=r"has the labels \(\), not 1 values"):
        build("outages").gauge(QUARANTINED_ZONES, "Z1")


def test_an_age_is_unknown_at_first_then_grows_by_itself_and_is_never_negative() -> None:
    metrics = build("outages")
    age = metrics.age(EPOCH_AGE)
    assert isnan(age.seconds())
    age.since(monotonic() - 100)
    shown = [families(metrics)[EPOCH_AGE.name].samples[0].value for _ in range(2)]
    assert 100 <= shown[0] < shown[1] < 200
    lag = metrics.age(WATERMARK_LAG, RAW_TOPICS[0], "0")
    assert metrics.age(WATERMARK_LAG, RAW_TOPICS[0], "0") is lag
    lag.since(wall_clock() - 1000)
    assert 1000 <= families(metrics)[WATERMARK_LAG.name].samples[0].value < 1100
    lag.since(1 << 62)
    assert lag.seconds() == 0


def test_a_gauge_can_ask_for_its_value() -> None:
    metrics = build("outages")
    values = iter([3.0, 4.0])
    metrics.show(EPOCH_AGE, lambda: next(values))
    assert [families(metrics)[EPOCH_AGE.name].samples[0].value for _ in range(2)] == [3, 4]


def test_one_build_is_told_at_a_time() -> None:
    metrics = build("ingest")
    metrics.set_build("1", "old")
    metrics.set_build("1", "new")
    (sample,) = families(metrics)["faultline_build_info"].samples
    assert sample.labels["network_version"] == "new"


def test_two_processes_worth_of_metrics_stand_side_by_side() -> None:
    first, second = build("ingest"), build("ingest")
    first.counter(BYTES_READ, "a.topic").inc(5)
    assert families(second)[family_name(BYTES_READ)].samples == []


def test_updates_from_many_threads_all_count() -> None:
    metrics = build("outages")

    def update(_: int) -> None:
        metrics.counter(BYTES_READ, "a.topic").inc(2)
        metrics.age(WATERMARK_LAG, RAW_TOPICS[0], "0").since(wall_clock())
        metrics.histogram(END_TO_END_DELAY).observe(1)
        metrics.exposition()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(update, range(200)))
    found = families(metrics)
    assert found[family_name(BYTES_READ)].samples[0].value == 400
    assert {sample.value for sample in found[END_TO_END_DELAY.name].samples if sample.name.endswith("_count")} == {200}
    assert len(found[WATERMARK_LAG.name].samples) == 1


@pytest.mark.parametrize("accept", ["text/html", "application/openmetrics-text; version=x.y", "\N{SNOWMAN};;==,"])
def test_an_odd_accept_header_gets_an_answer_that_does_not_repeat_it(accept: str) -> None:
    text, content_type = build("ingest").exposition(accept)
    assert "faultline_broker_disconnects_total 0.0" in text.decode()
    assert "x.y" not in content_type


def test_the_committed_page_is_what_the_table_says() -> None:
    assert (REFERENCE / "metrics.md").read_text(encoding="utf-8") == metrics_page(), "run `make reference`"
