"""The app on a home folder of its own, its pages driven by AppTest with the real desk behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tflite_ui.api import Desk
from tflite_ui.core.study import Study
from tflite_ui.store.database import Database
from tflite_ui.store.paths import HOME_VARIABLE, open_home
from tflite_ui.store.studies import Studies
from tflite_ui.ui import shell

APP = Path(__file__).parents[2] / "app.py"
Open = Callable[..., AppTest]


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home folder that the whole session's pages share."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(HOME_VARIABLE, str(folder))
        yield folder


@pytest.fixture(scope="session")
def desk(home: Path) -> Iterator[Desk]:
    """The desk that the pages use, too."""
    opened = shell.desk()
    yield opened
    shell.close()


@pytest.fixture
def open_page(desk: Desk) -> Open:
    """Opens a page of the app, as an address with that query would."""

    def opened(page: str = "", **query: str) -> AppTest:
        app = AppTest.from_file(APP, default_timeout=60)
        for name, value in query.items():
            app.query_params[name] = value
        if page:
            app.switch_page(f"pages/{page}.py")
        return app.run()

    return opened


@pytest.fixture(scope="session")
def keep(home: Path, desk: Desk) -> Callable[[Study, str], str]:
    """Puts a hand-built study into the store, under an id of its own."""
    studies = Studies(Database(open_home().database))

    def kept(study: Study, id: str) -> str:
        studies.save_study(study.model_copy(update={"id": id}))
        return id

    return kept


def words(app: AppTest) -> str:
    """All that a page says, as one text."""
    kinds = (
        app.title,
        app.header,
        app.subheader,
        app.markdown,
        app.caption,
        app.error,
        app.warning,
        app.success,
    )
    said = [str(element.value) for kind in kinds for element in kind]
    return "\n".join(said).replace("\\", "")
