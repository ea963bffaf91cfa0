"""Reading protobuf messages that no generated class is shipped for: the wire format alone.

Source: protobuf.dev/programming-guides/encoding. A field is its number and an integer (varint, or fixed
64 and 32 bits as raw bytes) or bytes (texts, messages, packed numbers).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

Value = int | bytes
VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5


def fields(message: bytes) -> Iterator[tuple[int, Value]]:
    """Number and value of each field in order; raises ValueError when it isn't a message."""
    place = 0
    while place < len(message):
        tag, place = _varint(message, place)
        kind = tag & 7
        if kind == VARINT:
            value, place = _varint(message, place)
            yield tag >> 3, value
        else:
            size, place = _size(kind, message, place)
            if place + size > len(message):
                raise ValueError("it is cut short")
            yield tag >> 3, message[place : place + size]
            place += size


def messages(whole: bytes, number: int) -> list[bytes]:
    """All fields ``number`` that are messages or texts."""
    return [value for field, value in fields(whole) if field == number and isinstance(value, bytes)]


def message(whole: bytes, number: int) -> bytes:
    """The last field ``number`` that is a message or a text; empty without one."""
    return (messages(whole, number) or [b""])[-1]


def floats(whole: bytes) -> dict[int, float]:
    """The fields that are 32-bit floats, by number."""
    found = ((number, value) for number, value in fields(whole) if isinstance(value, bytes))
    return {number: struct.unpack("<f", value)[0] for number, value in found if len(value) == 4}


def integers(whole: bytes) -> dict[int, int]:
    """The fields that are integers, by number."""
    return {number: value for number, value in fields(whole) if isinstance(value, int)}


def packed(data: bytes) -> list[int]:
    """The numbers of a packed field."""
    found, place = [], 0
    while place < len(data):
        value, place = _varint(data, place)
        found.append(value)
    return found


def _size(kind: int, data: bytes, place: int) -> tuple[int, int]:
    if kind == LENGTH:
        return _varint(data, place)
    if kind not in (FIXED64, FIXED32):
        raise ValueError(f"it has a field of the unknown kind {kind}")
    return (8 if kind == FIXED64 else 4), place


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while place < len(data) and shift < 70:
        value |= (data[place] & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if data[place - 1] < 0x80:
            return value, place
    raise ValueError("it is cut short")
