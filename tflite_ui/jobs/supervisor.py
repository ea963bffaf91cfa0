"""All studies of one process: started, watched, cancelled, and taken up again after a crash."""

from __future__ import annotations

import logging
import threading
import time

from tflite_ui.core.study import Progress, Study
from tflite_ui.jobs.board import Board
from tflite_ui.jobs.ledger import OPEN, Ledger
from tflite_ui.jobs.machine import hold
from tflite_ui.jobs.preparations import Preparations
from tflite_ui.jobs.stills import stills
from tflite_ui.jobs.study_run import Advise, StudyRun
from tflite_ui.jobs.trainings import Trainings
from tflite_ui.jobs.workshop import Workshop
from tflite_ui.store.studies import Studies
from tflite_ui.store.uploads import Uploads

logger = logging.getLogger(__name__)
POLL_SECONDS = 0.2
LOCK = "run.lock"


class Supervisor:
    """Runs each study in a thread of its own; a lock file keeps two processes off the same study."""

    def __init__(
        self,
        workshop: Workshop,
        studies: Studies,
        uploads: Uploads,
        preparations: Preparations,
        advise: Advise,
    ) -> None:
        self._workshop, self._studies, self._uploads = workshop, studies, uploads
        self._preparations, self._advise = preparations, advise
        self._trainings = Trainings(workshop)
        self._lock = threading.Lock()
        self._runs: dict[str, StudyRun] = {}
        self._threads: dict[str, threading.Thread] = {}
        self._asked: set[str] = set()
        self._broken: dict[str, Exception] = {}
        self._closing = False

    def start(self, id: str) -> None:
        """Work on a study until nothing in it is queued; while that goes on, it will look once more."""
        with self._lock:
            self._asked.add(id)
            self._broken.pop(id, None)
            if id not in self._runs:
                self._runs[id] = self._new_run(id)
                self._threads[id] = threading.Thread(target=self._work, args=(id,), daemon=True)
                self._threads[id].start()

    def resume(self) -> None:
        """Take up the studies that a crash broke off, unless another process works on them."""
        for id in self._studies.unfinished():
            self.start(id)

    def cancel(self, id: str, variant: str | None) -> None:
        """Call off a study or one variant of it."""
        if run := self._runs.get(id):
            run.control.cancel(variant)
            run.drop_queued(variant)

    def finish_training(self, id: str, variant: str) -> None:
        """Have a variant's training stop with the best so far and go on to the conversion."""
        if run := self._runs.get(id):
            run.control.tell(variant, "stop")

    def wait(self, id: str) -> Study:
        """Block until a study has ended, whoever works on it.

        Raises NotFound, and DiskFull when it couldn't be written: it stays open, to be taken up again.
        """
        while id in self._runs or self._studies.get(id).state in OPEN:
            if id not in self._runs:
                if id in self._broken:
                    raise self._broken.pop(id)
                self.start(id)
            self._threads[id].join(POLL_SECONDS)
        return self._studies.get(id)

    def progress(self, id: str) -> Progress:
        """How far a study is; raises NotFound."""
        study = self._studies.get(id)
        run = self._runs.get(id)
        jobs = (run.board.picture() if run else ()) or stills(study, self._workshop.home.study(id))
        return Progress(
            study=id,
            state=study.state,
            jobs=jobs,
            note=run.board.note if run else "",
            done=sum(v.status not in OPEN for v in study.variants),
            total=len(study.variants),
            elapsed_seconds=run.board.elapsed() if run else 0.0,
            remaining_seconds=run.board.remaining() if run and study.state in OPEN else None,
        )

    def close(self) -> None:
        """Leave what runs to be resumed, and wait until nothing writes any more."""
        self._closing = True
        for run in list(self._runs.values()):
            run.leave()
        for thread in list(self._threads.values()):
            thread.join(10)

    def _new_run(self, id: str) -> StudyRun:
        ledger = Ledger(self._studies, self._uploads, id)
        return StudyRun(self._workshop, ledger, self._preparations, self._trainings, self._advise, Board())

    def _work(self, id: str) -> None:
        run: StudyRun | None = None
        try:
            while run := self._next(id, run):
                with hold(self._workshop.home.study(id) / LOCK) as mine:
                    if mine:
                        run.run()
                if not mine:
                    time.sleep(POLL_SECONDS)
        except Exception as problem:
            logger.exception("study %s broke off", id)
            self._broken[id] = problem
            with self._lock:
                self._runs.pop(id)

    def _next(self, id: str, last: StudyRun | None) -> StudyRun | None:
        """The run to do; a fresh one after ``last``, and none when nobody has asked again since."""
        with self._lock:
            if id not in self._asked or self._closing:
                self._runs.pop(id)
                return None
            self._asked.discard(id)
            if last is not None:
                self._runs[id] = self._new_run(id)
            return self._runs[id]
