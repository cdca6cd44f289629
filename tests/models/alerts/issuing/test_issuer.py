"""Alerts begin, go on and end as the policy has it, and whatever happens each message is valid and resolves."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.cap.reading import parse_message
from models.alerts.issuing.areas import Areas
from models.alerts.issuing.book import Revision
from models.alerts.issuing.issuer import Issuer
from models.alerts.issuing.output import ALERTS
from models.alerts.issuing.policy import AlertPolicy, Area, Code, Language
from models.alerts.places import Box
from models.alerts.validation import validate
from models.alerts.values import parse_references, parse_time
from models.timeline.life import Life
from models.timeline.moment import Followed, Moment
from models.times.iso8601 import format_time as iso_time
from models.times.offsets import UTC, Offsets
from tests.worlds.lifecycles import START, ended, followed, name_of, revision, town

TOWN = town()
TERRITORY = Box(47.3, 8.4, 47.6, 8.7)
Step = tuple[int, list[dict[str, Any]]]
PLANNED = {
    "work_id": "W",
    "kind": "maintenance",
    "device_id": "n0",
    "planned_from": "2026-07-01T18:00:00.000Z",
    "planned_to": "2026-07-01T20:00:00.000Z",
}


def policy(**fields: Any) -> AlertPolicy:
    few: dict[str, Any] = {"least_customers": 60, "least_anyway": 40, "end_customers": 5, "status": "Actual"}
    return AlertPolicy(sender="out@power.example", sender_name="Power & Co", **(few | fields))


def lived(
    told: AlertPolicy, steps: Iterable[Step], *, save: bool = False, offsets: Offsets = UTC
) -> list[dict[str, Any]]:
    """The records of alerts over steps of a second and revisions each.

    With `save` as on Kafka: the state is stored in between, and what matters of a revision comes by the log.
    """
    areas = Areas(TOWN, told.by)

    def opened(saved: Any) -> Life:
        return Life(lambda model: Issuer(told, areas, offsets, model), [ALERTS], "test", saved)

    life, records = opened(None), []
    for number, (second, revisions) in enumerate(steps, 1):
        some = [one._replace(record=through_log(one)) if save else one for one in followed(*revisions)]
        records += [record for _, record in life.take(Moment(number, second * 1000, tuple(some)))]
        life = opened(life.save()) if save else life
    return [ALERTS.contract.model.model_validate(record).model_dump() for record in records]


def through_log(revised: Followed) -> Any:
    return orjson.loads(orjson.dumps(list(Revision.of(revised.record))))


def kinds(records: list[dict[str, Any]]) -> list[str]:
    return [f"{record['message_type']}{' over' * record['over']}" for record in records]


def both(number: int, at: int, **fields: Any) -> dict[str, Any]:
    return revision(number, at, customers_out=60, device_id="nb", **fields)


def test_an_alert_is_updated_at_most_every_ten_minutes_and_ends_with_an_all_clear() -> None:
    steps: list[Step] = [(START, [revision(1, START)]), (START + 10, [revision(2, START + 10, device_id="n1")])]
    steps += [(START + 10 + 60 * n, [revision(3, START, device_id="n2", customers_out=n)]) for n in range(1, 30)]
    steps += [(START + 4000 + n, [ended(n, START + 4000)]) for n in (1, 2, 3)] + [(START + 20_000, [])]
    records = lived(policy(), steps)
    assert kinds(records) == ["Alert", "Update", "Update", "Update", "Update over"]
    sent = [parse_time(record["sent"]) for record in records]
    assert sent[:2] == [START + 10, START + 610]
    assert min(later - earlier for earlier, later in pairwise(sent)) >= 600
    last = parse_message(records[-1]["xml"].encode()).first("info")
    assert last is not None
    assert (last.value("responseType"), last.value("urgency")) == ("AllClear", "Past")
    assert parse_time(last.value("expires")) - sent[-1] == 1800
    assert {record["area_id"] for record in records} == {"nord"}


def test_what_never_was_is_cancelled_and_an_area_rests_before_the_next_alert() -> None:
    steps: list[Step] = [(START, [both(1, START)]), (START + 60, [ended(1, START + 60, "momentary")])]
    steps += [(START + 700, [both(2, START + 700)]), (START + 3000, [ended(2, START, "cancelled"), both(3, START)])]
    steps += [(START + 9000, [ended(3, START)]), (START + 9700, [])]
    records = lived(policy(), steps)
    assert kinds(records) == ["Alert", "Cancel over", "Alert", "Update over"]
    assert [parse_time(record["sent"]) - START for record in records] == [0, 600, 1200, 9000]
    assert records[0]["identifier"].partition(".")[0] != records[2]["identifier"].partition(".")[0]


def test_a_merged_outage_leaves_the_verdict_to_its_survivor() -> None:
    steps: list[Step] = [(START, [both(1, START), revision(2, START)])]
    steps += [(START + 60, [ended(1, START, "merged", merged_into=name_of(2))]), (START + 700, [])]
    assert kinds(lived(policy(), [*steps, (START + 900, [ended(2, START, "cancelled")]), (START + 1300, [])]))[-1] == (
        "Cancel over"
    )
    assert kinds(lived(policy(), [*steps, (START + 900, [ended(2, START)]), (START + 1300, [])]))[-1] == "Update over"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"sustained_at": None}, {}),
        ({"planned": PLANNED}, {}),
        ({"customers_out": 39, "customers_affected": 39}, {}),
        ({}, {"least_customers": 100, "least_share": 1.0}),
    ],
)
def test_no_alert_of_what_may_pass_is_planned_or_small(fields: dict[str, Any], told: dict[str, Any]) -> None:
    steps: list[Step] = [(START, [both(1, START) | fields]), (START + 1000, [])]
    assert lived(policy(**told), steps) == lived(policy(**told), steps, save=True) == []


def test_confirmed_outages_count_at_once_and_planned_ones_if_the_policy_says_so() -> None:
    momentary = both(1, START, sustained_at=None, evidence="confirmed")
    assert kinds(lived(policy(), [(START, [momentary])])) == ["Alert"]
    assert kinds(lived(policy(include_planned=True), [(START, [both(1, START, planned=PLANNED)])])) == ["Alert"]


def test_of_an_outage_that_operators_hold_back_nothing_is_said() -> None:
    held: dict[str, Any] = {"acknowledged_at": None, "publication_held": True, "disputed_by": [], "commands": []}
    assert kinds(lived(policy(), [(START, [both(1, START, operators=held)])])) == []
    assert kinds(lived(policy(), [(START, [both(1, START, operators=held | {"publication_held": False})])])) == [
        "Alert"
    ]


def test_a_time_is_told_while_all_have_one_and_told_anew_when_it_has_passed_or_is_much_later() -> None:
    def promised(number: int, minute: int | None) -> dict[str, Any]:
        at = None if minute is None else iso_time((START + 60 * minute) * 1000)
        return both(number, START, sequence=number, etr_public=at, etr_stage="outage" if at else "assessing")

    steps: list[Step] = [(START, [promised(1, 60), promised(2, 90)])]
    steps += [(START + 900, [promised(2, 100)])]  # ten minutes later is none worth telling
    steps += [(START + 1800, [promised(2, 150)]), (START + 2700, [promised(2, None)]), (START + 12_000, [])]
    records = lived(policy(), steps, save=True)
    assert records == lived(policy(), steps)
    told = []
    for record in records:
        info = parse_message(record["xml"].encode()).first("info")
        assert info is not None
        after = info.value("description").partition(" It is expected back by ")[2].rstrip(".")
        told.append(((parse_time(record["sent"]) - START) // 60, after[11:16]))
    start = format_clock(START)
    assert told[:3] == [(0, start(90)), (30, start(150)), (150, "")]


def format_clock(start: int) -> Any:
    """Minutes after a start (seconds) as texts have them."""
    return lambda minute: iso_time((start + 60 * minute) * 1000)[11:16]


def test_a_message_is_renewed_before_it_expires() -> None:
    records = lived(policy(), [(START, [both(1, START)]), (START + 30_000, [])])
    assert [parse_time(record["sent"]) - START for record in records] == [0, 10_800, 21_600]


def test_areas_are_territories_zones_or_outages() -> None:
    steps: list[Step] = [(START, [both(1, START), revision(2, START, device_id="sb", customers_out=60, zone_id="s")])]
    assert [record["area_id"] for record in lived(policy(), steps)] == ["nord", "s"]
    assert [record["area_id"] for record in lived(policy(by="zone"), steps)] == ["n", "s"]
    by_outage = lived(policy(by="outage"), steps)
    assert [record["area_id"] for record in by_outage] == [f"nord/{name_of(1)}", f"s/{name_of(2)}"]


def test_status_is_test_until_the_policy_says_actual() -> None:
    bare = AlertPolicy(sender="a@b", sender_name="A", least_customers=40, least_anyway=40)
    assert [record["status"] for record in lived(bare, [(START, [both(1, START)])])] == ["Test"]


def test_texts_codes_and_areas_are_the_policys() -> None:
    german = Language(language="de-CH", event="Stromausfall", headline="{{ area }}: <b>{{ customers }}</b> & mehr")
    broken = Language(language="fr-CH", headline="{{ rue }}", description="{{ ''.__class__.__mro__ }}")
    told = policy(
        languages=[german, broken],
        areas={"nord": Area(name="Nord <Stadt>", geocodes=[Code(name="BFS", value="261")])},
        codes=["x"], event_codes=[Code(name="SAME", value="POS")], incident="storm 7",
        web="https://power.example", contact="117",
    )  # fmt: skip
    [record] = lived(told, [(START, [both(1, START)])], offsets=[(0, 7200)])
    message = parse_message(record["xml"].encode())
    first, second = message.all("info")
    assert first.value("headline") == "Nord <Stadt>: <b>60</b> & mehr"
    assert second.value("headline") == "Power outage in Nord <Stadt>: about 60 customers"
    assert [fault.partition(":")[0] for fault in record["faults"]] == ["fr-CH headline", "fr-CH description"]
    assert message.value("incidents") == '"storm 7"'
    assert message.value("sent").endswith("+02:00")
    assert [finding for finding in validate(message, territory=TERRITORY) if not finding.advice] == []


def test_times_are_those_of_the_utilitys_clocks_through_their_change() -> None:
    autumn = [(0, -25_200), (START + 1800, -28_800)]
    steps: list[Step] = [(START, [both(1, START)]), (START + 3600, [ended(1, START + 3600)])]
    first, last = lived(policy(), steps, offsets=autumn)
    sent = [parse_message(one["xml"].encode()).value("sent") for one in (first, last)]
    assert [time[-6:] for time in sent] == ["-07:00", "-08:00"]
    assert [parse_time(one["sent"]) for one in (first, last)] == [START, START + 3600]
    assert parse_message(last["xml"].encode()).value("references").endswith(sent[0])


DEVICES = st.sampled_from(["nb", "n0", "n1", "n2", "n0p3", "sb", "s0", "gone"])
ENDS = st.sampled_from(["restored", "momentary", "cancelled"])
CHANGES = st.one_of(
    st.builds(
        lambda number, device, out, sustained, evidence: lambda at: revision(
            number, at, device_id=device, customers_out=out, customers_affected=out, evidence=evidence,
            sustained_at=None if not sustained else revision(number, at)["updated_at"],
        ),
        st.integers(1, 5), DEVICES, st.integers(0, 180), st.booleans(), st.sampled_from(["inferred", "confirmed"]),
    ),
    st.builds(lambda number, status: lambda at: ended(number, at, status), st.integers(1, 5), ENDS),
)  # fmt: skip
HISTORIES = st.lists(st.tuples(st.integers(1, 5000), st.lists(CHANGES, max_size=3)), max_size=14)


@settings(max_examples=40)
@given(HISTORIES, st.sampled_from(["territory", "zone", "outage"]))
def test_whatever_happens_messages_are_valid_resolve_and_keep_their_distance(history: list[Any], by: str) -> None:
    steps, now = [], START
    for gap, changes in history:
        now += gap
        steps.append((now, [change(now) for change in changes]))
    records = lived(policy(by=by), steps)
    assert lived(policy(by=by), steps, save=True) == records
    holds: dict[str, tuple[str, int]] = {}
    last: dict[str, int] = {}
    for record in records:
        message = parse_message(record["xml"].encode())
        assert validate(message, territory=TERRITORY) == []
        area, sent = record["area_id"], parse_time(record["sent"])
        assert sent - last.get(area, 0) >= 600
        last[area] = sent
        references = parse_references(message.value("references"))
        assert [(one.identifier, one.sent) for one in references] == ([holds.pop(area)] if area in holds else [])
        assert (record["message_type"] == "Alert") == (not references)
        if not record["over"]:
            holds[area] = (record["identifier"], sent)
    assert len({record["identifier"] for record in records}) == len(records)


def test_cap_tools_finds_every_message_that_another_takes_the_place_of() -> None:
    cap_tools: Any = pytest.importorskip("cap_tools")
    parser = pytest.importorskip("xsdata.formats.dataclass.parsers").XmlParser()
    steps: list[Step] = [(START + 700 * n, [both(1, START, customers_affected=60)]) for n in range(20)]
    records = lived(policy(expires_seconds=3600), [*steps, (START + 15_000, [ended(1, START)])])
    state = cap_tools.AlertState()
    for record in records:
        state.ingest(parser.from_string(record["xml"], cap_tools.Alert))
    assert len(records) > 3
    assert [alert.identifier for alert in state.alerts] == [records[-1]["identifier"]]
