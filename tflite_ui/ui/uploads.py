"""Taking a file in: stored at once under its digest, then only the digest is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

import streamlit as st

from tflite_ui.core.errors import TFLiteUIError
from tflite_ui.ui import address, notices


def uploader(
    what: address.Name,
    label: str,
    help: str,
    kinds: list[str],
    add: Callable[[str, BinaryIO], str],
    most_mb: int | None = None,
) -> None:
    """A file uploader that stores what it gets, puts the digest into the address and empties itself.

    ``most_mb`` is the largest file in MB where it is less than the server's limit.
    """
    key = f"upload.{what}.{st.session_state.setdefault(f'upload.{what}.turn', 0)}"
    st.file_uploader(
        label,
        type=kinds,
        key=key,
        help=help,
        on_change=_take,
        args=(what, key, add),
        label_visibility="visible",
        max_upload_size=most_mb,
    )
    failure = st.session_state.get(f"upload.{what}.error")
    if failure:
        notices.problem(failure)


def keep(what: address.Name, digest: str | None) -> None:
    """Make ``digest`` the chosen file (None: no file)."""
    st.session_state[f"upload.{what}.error"] = None
    address.put(what, digest)


def _take(what: address.Name, key: str, add: Callable[[str, BinaryIO], str]) -> None:
    file = st.session_state.get(key)
    if file is None:
        return
    st.session_state[f"upload.{what}.turn"] += 1
    try:
        keep(what, add(file.name, file))
    except TFLiteUIError as error:
        st.session_state[f"upload.{what}.error"] = error.info()
