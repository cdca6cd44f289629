"""Frames: what was sealed is read as it was, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.one_way.frames import Frame, Kind, UnsealError, make_key, payloads, seal, unseal
from models.one_way.heartbeat import Heartbeat, Section, Sections, decode

OLD, NEW = make_key(b"o" * 32), make_key(b"n" * 32)
BOTH = {key.mark: key for key in (OLD, NEW)}
numbers = st.integers(0, 2**63)
frames = st.builds(
    Frame, st.text(max_size=20), numbers, numbers, st.sampled_from(Kind), *[st.integers(0, 65_535)] * 2, *[numbers] * 2,
    st.binary(max_size=200),
)  # fmt: skip


@given(frames, st.sampled_from([OLD, NEW]), st.data())
def test_a_seal_holds(frame: Frame, key: object, data: st.DataObject) -> None:
    assert isinstance(key, type(OLD))
    sealed = seal(frame, key)
    assert unseal(sealed, BOTH) == frame
    place = data.draw(st.integers(0, len(sealed) - 1))
    changed = bytearray(sealed)
    changed[place] ^= data.draw(st.integers(1, 255))
    for wrong in (bytes(changed), sealed[:place], sealed + b"x"):
        with pytest.raises(UnsealError):
            unseal(wrong, BOTH)


def test_a_key_that_was_taken_out_opens_nothing() -> None:
    sealed = seal(Frame("north", 1, 1, Kind.EVENTS, 1, 1, 0, 0, b"{}"), OLD)
    with pytest.raises(UnsealError, match=f"key {OLD.mark.hex()}, which is not among the key_files"):
        unseal(sealed, {NEW.mark: NEW})
    with pytest.raises(ValueError, match="openssl rand"):
        make_key(b"short")


@given(st.lists(st.binary(min_size=1, max_size=30).filter(lambda one: b"\n" not in one)), st.integers(5, 40))
def test_payloads_give_all_records_back(records: list[bytes], most: int) -> None:
    found: list[bytes] = []
    pieces = b""
    for part, parts, payload in payloads(records, most):
        assert len(payload) <= most
        pieces += payload
        if part == parts:
            found += pieces.split(b"\n")
            pieces = b""
    assert found == records


def test_a_heartbeat_names_devices_where_they_fit() -> None:
    sections = [Section(1, 9, frozenset({"a"})), Section(10, 20, frozenset(f"device-{n}" for n in range(99)))]
    told = Heartbeat([(7, 3)], sections, 1.0, 120.0)
    assert decode(told.encode(10_000)) == told
    assert decode(told.encode(200)).sections == [sections[0], Section(10, 20, None)]
    known = Sections()
    known.take(8, [sections[0], Section(10, 20, None)])
    known.take(8, [Section(10, 20, None), Section(21, 22, frozenset())])
    assert known.devices(8, 2, 9) == frozenset({"a"})
    assert known.devices(8, 21, 22) == frozenset()
    assert [known.devices(8, *span) for span in ((9, 10), (22, 23))] == [None, None]
    assert known.devices(7, 2, 9) is None
