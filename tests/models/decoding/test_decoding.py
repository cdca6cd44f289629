"""The fast decoder with the checks of rows, and validation at the edge, accept and refuse the same lines."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.contracts.fields import InputEvent
from models.contracts.inputs.call import CallEvent
from models.contracts.inputs.crew import CrewEvent
from models.contracts.inputs.meter import MeterEvent
from models.contracts.inputs.scada import REQUIRED, ScadaEvent
from models.decoding.line_decoder import LineDecoder, unwrap
from models.decoding.validation import DEEPEST, Reason, Refused, text_fault, validate
from models.decoding.wire_types import REFUSALS, fast_decoder, wire_structure
from models.times.iso8601 import YEAR_2000, parse_time

CONTRACTS: tuple[type[InputEvent], ...] = (MeterEvent, ScadaEvent, CallEvent, CrewEvent)
TIMES = {"observed_at", "received_at", "outage_started_at", "eta", "etr", "gap_from"}
DECODERS = {contract: fast_decoder(contract) for contract in CONTRACTS}
REMEMBERING = {contract: LineDecoder(contract) for contract in CONTRACTS}

# Values as JSON text, so that numbers and strings can be odder than Python's.
GOOD_TIMES = ['"2026-07-01T18:04:05.250Z"', '"2026-07-01 18:04+02:00"', "1782929045250", '"20260701T180405Z"']
GOOD = {
    "kind": [
        '"last_gasp"',
        '"position"',
        '"alarm"',
        '"no_power"',
        '"installed"',
        '"gap"',
        '"mode"',
        '"current"',
        '"fault_indicator"',
        '"power_rest\\u006fred"',
    ],
    "status": ['"on_site"', '"completed"'],
    "position": ['"open"', '"closed"', '"intermediate"', "null"],
    "origin": ['"manual"', "null"],
    "cause_code": ['"weather"', "null"],
    "mode": ['"tagged"'],
    "value": ["7", "7.5"],
    "quality": ['"good"', '"bad"'],
    "voltage": ["230", "229.5", "-0.0", "1e2", "null"],
    "longitude": ["-121.5", "8"],
    "latitude": ["38.25", "null"],
    "reboot_count": ["12", "-0", "null"],
    "severity": ["700", "null"],
    "active": ["true", "false"],
    "acknowledged": ["false", "null"],
    "skills": ["[]", '["line","tree"]', "null"],
    **dict.fromkeys(TIMES, GOOD_TIMES),
}
ODD = [
    "null", "true", "false", "", " ", "tru", "NaN", "-Infinity",
    "0", "-1", "1.0", "1e3", "1e400", "-1e400", "1e-400", "01", "1.", "+1", "0." + "9" * 400,
    "9" * 19, "9" * 400, "9" * 4301, "-" + "9" * 4301, "253402300800000",
    '""', '"x"', '"230"', '"1782929045250"', '"2026-07-01T18:04:05"', '"2026-02-30T18:04:05Z"', '"open',
    '"\\ud800"', '"\\udc00\\ud800"', '"\\ud83d\\ude00"', '"\\u0000"', '"\\q"', '"\t"', '"\x7f"', '"é"',
    "{}", '{"a":[1,{"b":null}]}', "[]", "[1]", "[null]", '["x",1]', "[1,]",
    "[" * DEEPEST + "]" * DEEPEST, "[" * (DEEPEST - 1) + "]" * (DEEPEST - 1), "[" * 5000,
]  # fmt: skip


def pair(key: str, value: str) -> str:
    return f'"{key}":{value}'


@st.composite
def objects(draw: st.DrawFn, contract: type[InputEvent]) -> list[str]:
    """The members of a JSON object that is nearly an event: most fields good, some odd, some missing."""
    odd = draw(st.sets(st.sampled_from(sorted(contract.model_fields)), max_size=2))
    left_out = draw(st.sets(st.sampled_from(sorted(contract.model_fields)), max_size=3))
    members = [
        pair(name, draw(st.sampled_from(ODD if name in odd else GOOD.get(name, ['"a"']))))
        for name in contract.model_fields
        if name not in left_out or name in odd
    ]
    extra = draw(
        st.lists(st.tuples(st.sampled_from(["payload", "x", "\\ud800", "é"]), st.sampled_from(ODD)), max_size=1)
    )
    return draw(st.permutations([*members, *(pair(key, value) for key, value in extra)]))


@st.composite
def lines(draw: st.DrawFn, contract: type[InputEvent]) -> bytes:
    """A line that is nearly an event, its bytes sometimes damaged."""
    line = ("{" + ",".join(draw(objects(contract))) + "}").encode()
    damage = draw(st.sampled_from(["none", "none", "none", "cut", "put", "bom", "space", "twice"]))
    at = draw(st.integers(0, len(line)))
    match damage:
        case "cut":
            return line[:at]
        case "put":
            return line[:at] + draw(st.binary(min_size=1, max_size=3)) + line[at + draw(st.integers(0, 2)) :]
        case "bom":
            return b"\xef\xbb\xbf" + line
        case "space":
            return b" \t" + line + b"\r "
        case "twice":
            return line + line
    return line


def by_the_edge(contract: type[InputEvent], line: bytes) -> dict[str, Any] | None:
    try:
        return validate(contract, line).model_dump()
    except Refused:
        return None


def by_the_fast_decoder(contract: type[InputEvent], line: bytes) -> dict[str, Any] | None:
    """Decode fast and check what the readers of the topics check on rows: times, and the rules that span fields."""
    if text_fault(line) is not None:
        return None
    try:
        event = msgspec.structs.asdict(DECODERS[contract](line))
        event.update({name: parse_time(event[name]) for name in TIMES & event.keys() if event[name] is not None})
    except (*REFUSALS, ValueError):
        return None
    needed = REQUIRED.get(event["kind"]) if contract is ScadaEvent else None
    says_nothing = needed is not None and event[needed] is None
    placeless = contract is CallEvent and event["usage_point_id"] is None and event["account_id"] is None
    too_early = event["received_at"] < YEAR_2000
    return None if says_nothing or placeless or too_early else event


@given(st.data())
@pytest.mark.parametrize("contract", CONTRACTS)
def test_both_read_the_same(contract: type[InputEvent], data: st.DataObject) -> None:
    line = data.draw(lines(contract))
    assert by_the_fast_decoder(contract, line) == by_the_edge(contract, line)


@given(st.data())
@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_fault_that_came_up_before_keeps_the_words_of_the_edge(
    contract: type[InputEvent], data: st.DataObject
) -> None:
    line = data.draw(lines(contract))
    reason = reason_of(contract, line)
    assert reason is None or REMEMBERING[contract].explain(line) == reason


def reason_of(contract: type[InputEvent], line: bytes) -> Reason | None:
    try:
        validate(contract, unwrap(line))
    except Refused as refused:
        return refused.reason
    return None


@given(st.binary(max_size=60) | st.text(max_size=40).map(str.encode))
@example(b"")
@example(b"null")
@example(b'["a"]')
@example(b"\x1f\x8b\x08\x00")
@pytest.mark.parametrize("contract", CONTRACTS)
def test_garbage_is_refused_by_both(contract: type[InputEvent], line: bytes) -> None:
    assert by_the_fast_decoder(contract, line) is None
    with pytest.raises(Refused) as refused:
        validate(contract, line)
    assert refused.value.reason.disposition in {"malformed", "schema"}


@given(st.data())
@pytest.mark.parametrize("contract", CONTRACTS)
def test_good_events_are_accepted(contract: type[InputEvent], data: st.DataObject) -> None:
    members = {name: data.draw(st.sampled_from(GOOD.get(name, ['"a"']))) for name in contract.model_fields}
    kind = contract.model_json_schema()["properties"].get("kind", {})
    kinds = [name for way in (kind, *kind.get("anyOf", [])) for name in way.get("enum", [])]
    members |= {"kind": json.dumps(data.draw(st.sampled_from(kinds)))} if kinds else {}
    members |= {"position": '"open"'} if "position" in members else {}
    line = ("{" + ",".join(pair(*member) for member in members.items()) + "}").encode()
    assert by_the_fast_decoder(contract, line) is not None
    assert by_the_edge(contract, line) is not None


@pytest.mark.parametrize("contract", CONTRACTS)
def test_the_structure_has_the_fields_of_its_contract(contract: type[InputEvent]) -> None:
    fields = msgspec.structs.fields(wire_structure(contract))
    assert [field.name for field in fields] == list(contract.model_fields)
    assert [field.required for field in fields] == [field.is_required() for field in contract.model_fields.values()]


def test_a_field_named_twice_means_the_last_one() -> None:
    line = b'{"event_id":1,"event_id":"e","crew_id":"c","status":"on_site","observed_at":1,"received_at":1782900000000}'
    assert validate(CrewEvent, line).event_id == "e"


@pytest.mark.parametrize("depth", [DEEPEST, DEEPEST + 1, 100_000])
def test_nesting_is_refused_at_a_fixed_depth(depth: int) -> None:
    nested = b"[" * (depth - 1) + b"]" * (depth - 1)
    line = (
        b'{"x":"[[\\"[","y":'
        + nested
        + b',"event_id":"e","crew_id":"c","status":"on_site","observed_at":1,"received_at":1782900000000}'
    )
    if depth <= DEEPEST:
        assert validate(CrewEvent, line).crew_id == "c"
    else:
        with pytest.raises(Refused, match="nests deeper than 256 levels"):
            validate(CrewEvent, line)


@pytest.mark.parametrize(
    ("line", "disposition", "message"),
    [
        (b"hello", "malformed", "is no JSON: "),
        (b'{"event_id":', "malformed", "is no JSON: "),
        (b"[1]", "malformed", "is JSON but no object"),
        (b'{"note":"\xff"}', "malformed", "byte 9 is no UTF-8"),
        (b"{}", "schema", "event_id is missing"),
        (b'{"event_id":"e","crew_id":7}', "schema", "crew_id must be a valid string"),
        (b'{"event_id":"e","crew_id":"c","status":"asleep"}', "schema", "status must be 'available', "),
        (
            b'{"event_id":"e","crew_id":"c","status":"on_site","observed_at":"2026-07-01T00:00:00","received_at":1}',
            "schema",
            "observed_at has no zone",
        ),
    ],
)
def test_a_refusal_names_the_fault(line: bytes, disposition: str, message: str) -> None:
    with pytest.raises(Refused) as refused:
        validate(CrewEvent, line)
    assert refused.value.reason.disposition == disposition
    assert refused.value.reason.message.startswith(message)


def test_a_message_never_repeats_a_long_value() -> None:
    with pytest.raises(Refused) as refused:
        validate(CrewEvent, json.dumps({"event_id": "e", "status": "x" * 10_000_000}).encode())
    assert len(refused.value.reason.message) < 400
