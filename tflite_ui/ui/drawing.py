"""A canvas to draw a model's input on, by mouse, finger or pen; what it sends is checked here."""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from tflite_ui.core.errors import UnreadableData

SIDE = 280
"""Pixels of the canvas's longer side; the worker scales them to the model's size."""
MOST_CHARACTERS = 1_000_000
_START = "data:image/png;base64,"
_PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"


def _asset(end: str) -> str:
    return Path(__file__).with_name(f"drawing.{end}").read_text("utf-8")


_CANVAS = st.components.v2.component(
    "tflite_ui_drawing", html=_asset("html"), css=_asset("css"), js=_asset("js")
)


def canvas(key: str, shape: tuple[int, int, int], drawn: Callable[[object], None]) -> None:
    """Draw the canvas for pictures of ``shape`` [height, width, channels].

    ``drawn`` is called with what the browser sends, which may be anything: see ``png_of``.
    """
    height, width, channels = shape
    longer = max(height, width)
    sizes = {"width": round(SIDE * width / longer), "height": round(SIDE * height / longer)}

    def sent() -> None:
        given = st.session_state[key].get("drawn")
        if given is not None:
            drawn(given)

    _CANVAS(key=key, data={**sizes, "colours": channels == 3}, on_drawn_change=sent)


def png_of(given: object) -> bytes:
    """The PNG file in a data URL, no larger than the canvas; its pixels are left to a confined job.

    Raises UnreadableData when it is anything else.
    """
    refused = UnreadableData("This is no drawing of the canvas.", "Draw again, or bring a PNG or JPEG file.")
    if not isinstance(given, str) or len(given) > MOST_CHARACTERS or not given.startswith(_START):
        raise refused
    try:
        content = base64.b64decode(given[len(_START) :], validate=True)
        width, height = struct.unpack_from(">II", content, len(_PNG))
    except (binascii.Error, ValueError, struct.error):
        raise refused from None
    if not content.startswith(_PNG) or not (0 < width <= SIDE and 0 < height <= SIDE):
        raise refused
    return content
