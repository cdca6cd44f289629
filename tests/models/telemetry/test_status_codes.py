"""A StatusCode read by us and by the names that the library gives the same codes."""

from asyncua import ua
from hypothesis import given
from hypothesis import strategies as st

from models.telemetry import status_codes
from models.telemetry.status_codes import Trust, is_gone, is_old, overflowed, trust_of, without_overflow

CODES = {name: code for name, code in vars(ua.StatusCodes).items() if isinstance(code, int)}


def test_severity_decides_where_nothing_else_is_known() -> None:
    special = {"GoodLocalOverride", "UncertainSubstituteValue", "UncertainSimulatedValue", "BadWaitingForInitialData"}
    assert len(CODES) > 200
    for name, code in CODES.items():
        if name not in special:
            quality = next(each for each in ("good", "uncertain", "bad") if name.lower().startswith(each))
            assert trust_of(code) == (quality, "telemetered", quality != "bad", False), name


def test_what_an_operator_or_a_simulation_has_put_there_is_told_apart() -> None:
    assert trust_of(CODES["GoodLocalOverride"]) == Trust("good", "manual", use_value=True)
    assert trust_of(CODES["UncertainSubstituteValue"]) == Trust("uncertain", "manual", use_value=True)
    assert trust_of(CODES["UncertainSimulatedValue"]) == Trust("bad", "estimated", use_value=False)
    assert trust_of(CODES["BadWaitingForInitialData"]).silent


def test_names_agree_with_the_library() -> None:
    assert CODES["UncertainLastUsableValue"] == status_codes.UNCERTAIN_LAST_USABLE_VALUE
    assert is_old(CODES["UncertainLastUsableValue"])
    assert is_old(CODES["UncertainNoCommunicationLastUsableValue"])
    assert not is_old(CODES["UncertainSensorNotAccurate"])
    assert is_gone(CODES["BadNodeIdUnknown"])
    assert not is_gone(CODES["BadCommunicationError"])


@given(st.sampled_from(sorted(CODES.values())), st.integers(0, 15), st.booleans())
def test_the_overflow_bit_counts_only_where_the_info_bits_are_of_a_value(code: int, other: int, of_value: bool) -> None:
    status = code | other | 0x80 | (0x400 if of_value else 0)
    assert overflowed(status) == of_value
    assert overflowed(code | other | 0x400) is False
    assert trust_of(status) == trust_of(code)
    assert without_overflow(status) == (code | other if of_value else status)
