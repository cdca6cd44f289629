"""Bytes as letters, against the standard library."""

from __future__ import annotations

from base64 import b32encode

from hypothesis import given
from hypothesis import strategies as st

from models.digest import base32


@given(st.binary(max_size=40))
def test_letters_are_those_of_base_32(whole: bytes) -> None:
    assert base32(whole) == b32encode(whole).decode().rstrip("=").lower()
