"""The frame around every page: navigation and the one desk that all sessions share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from altair.utils.schemapi import disable_debug_mode
from streamlit.runtime.pages_manager import PagesManager

from tflite_ui.api import Desk
from tflite_ui.store.paths import open_home

TITLE = "TFLite UI"
CHOOSE, RUN, RESULTS, STUDIES = "pages/choose.py", "pages/run.py", "pages/results.py", "pages/studies.py"


@st.cache_resource(show_spinner=False, on_release=lambda desk: desk.close())
def _open_desk(home: str) -> Desk:
    return Desk(Path(home))


def desk() -> Desk:
    """The desk of this process's home folder; opened once and kept warm."""
    return _open_desk(str(open_home().root))


def close() -> None:
    """Close every desk of this process."""
    _open_desk.clear()


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[None]:
    """Open the desk as the server starts, so that jobs are warm when the first visitor comes.

    The pages are those of ``st.navigation``: without being told so, Streamlit would serve the files in
    pages/ without this frame until somebody had opened the front page once.
    """
    PagesManager.uses_pages_directory = False
    disable_debug_mode()  # altair checks each chart against its schema twice; the tests do that for us
    desk()
    yield
    close()


def _pages() -> list[st.Page]:
    return [
        st.Page(CHOOSE, title="Choose", icon=":material/tune:", default=True),
        st.Page(RUN, title="Run", icon=":material/timer:"),
        st.Page(RESULTS, title="Results", icon=":material/analytics:"),
        st.Page(STUDIES, title="Studies", icon=":material/history:"),
    ]


def show() -> None:
    """Draw the page that the address asks for."""
    st.set_page_config(page_title=TITLE, page_icon=":material/speed:", layout="wide")
    st.navigation(_pages(), position="top").run()
