"""The entry: ``streamlit run app.py`` serves the app; AppTest runs this same file as its script.

Streamlit imports this file as a module to get ``app``, the ASGI application, and then runs it as
``__main__`` for every visitor and every rerun.
"""

from __future__ import annotations

import streamlit as st

from tflite_ui.ui import shell

if __name__ == "__main__":
    shell.show()
else:
    app = st.App(__file__, lifespan=shell.lifespan)
