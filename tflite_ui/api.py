"""The front desk: everything that pages and the command line may call.

A ``Desk`` is one app's or one command's hold on a home folder: blobs, the store, the supervisor.
Its methods answer at once from the store, or raise a TFLiteUIError; long work runs in jobs.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from tflite_ui.advice.planning import Suggestion
from tflite_ui.analysis.holdout import reporting
from tflite_ui.analysis.recommend import recommend
from tflite_ui.core.data import DataSummary, Fit, FixKey, Problem
from tflite_ui.core.goal import parse_goals
from tflite_ui.core.model import ModelSource
from tflite_ui.core.plan import Plan, StudyRequest, make_plan
from tflite_ui.core.study import Progress, Study
from tflite_ui.core.target import Availability, Target
from tflite_ui.core.technique import Technique
from tflite_ui.datasets.fit import as_training, fit
from tflite_ui.datasets.fit_labels import Use
from tflite_ui.jobs.advisor import next_tries, suggestions
from tflite_ui.jobs.availabilities import Availabilities
from tflite_ui.jobs.diagnoses import Diagnoses
from tflite_ui.jobs.environment import deciding_versions, environment
from tflite_ui.jobs.estimate import plan_seconds
from tflite_ui.jobs.executor import Executor
from tflite_ui.jobs.explorer import Explorer
from tflite_ui.jobs.goal_checks import check_goals, doubts
from tflite_ui.jobs.inspection import Inspection, about, ready
from tflite_ui.jobs.inspections import Inspections
from tflite_ui.jobs.intake import DATA_LIMIT, MODEL_LIMIT, Intake
from tflite_ui.jobs.knowledge import Knowledge
from tflite_ui.jobs.ledger import OPEN
from tflite_ui.jobs.local import LocalExecutor
from tflite_ui.jobs.machine import Machine
from tflite_ui.jobs.metrics import Metrics
from tflite_ui.jobs.outbox import Outbox
from tflite_ui.jobs.preparations import Preparations
from tflite_ui.jobs.requests import (
    add_variant,
    check_available,
    check_fit,
    check_needs,
    check_search,
    check_student,
    new_study,
    planned_again,
)
from tflite_ui.jobs.supervisor import Supervisor
from tflite_ui.jobs.tenancy import Tenancy
from tflite_ui.jobs.workshop import Workshop
from tflite_ui.loaders import find_loader, loaders
from tflite_ui.store.blobs import Blobs
from tflite_ui.store.database import Database
from tflite_ui.store.paths import open_home
from tflite_ui.store.studies import Studies, StudyLine
from tflite_ui.store.uploads import Results, Uploads
from tflite_ui.targets import targets
from tflite_ui.techniques import techniques

SAMPLE_MODEL, SAMPLE_DATA, SAMPLE_TRAINING = "fashion.keras", "fashion.npz", "fashion_train.npz"

__all__ = ["DATA_LIMIT", "MODEL_LIMIT", "SAMPLE_MODEL", "Desk", "Inspection", "StudyLine", "ready"]


class Desk:
    """See the module. ``home`` defaults to ``$TFLITE_UI_HOME``, else the user's data folder.

    ``knowledge`` holds the operators of files, and what targets took of them in earlier runs;
    ``outbox`` gives out what is taken home; ``diagnoses`` finds the layers that lose, ``explorer`` serves
    Model Explorer, ``metrics`` takes in metrics of users' own.

    ``executor`` says where jobs run, on this machine by default. With ``warm`` (the app) its
    imports begin at once and broken-off studies are taken up again.
    """

    def __init__(
        self, home: Path | None = None, *, executor: Executor | None = None, warm: bool = True
    ) -> None:
        self._home = open_home(home)
        self._tenancy = Tenancy(self._home)
        self._database = Database(self._home.database)
        self._blobs, self._uploads = Blobs(self._home.blobs), Uploads(self._database)
        self._studies, self.knowledge = Studies(self._database), Knowledge(self._database)
        cores = environment().cores
        self._workshop = Workshop(
            self._home,
            self._blobs,
            Results(self._database),
            executor or LocalExecutor(),
            Machine(cores),
            cores,
            self.knowledge,
        )
        self._inspections = Inspections(self._workshop, self._uploads, _needs_tensorflow)
        self.metrics = Metrics(self._blobs, self._uploads)
        self._intake = Intake(self._blobs, self._uploads, self._inspections)
        self._preparations = Preparations(self._workshop, lambda key: loaders()[key].tensorflow)
        self._supervisor = Supervisor(
            self._workshop, self._studies, self._uploads, self._preparations, recommend
        )
        self.diagnoses = Diagnoses(self._workshop, self._uploads, self._preparations)
        self.explorer = Explorer()
        self._availability = Availabilities(self._workshop)
        self.outbox = Outbox(self._workshop, self.knowledge)
        if warm:
            self._workshop.executor.warm()
            self._availability.begin()
            self._supervisor.resume()

    def warm(self) -> None:
        """Begin the workers' imports without waiting; what ``warm`` at opening does, without the rest."""
        self._workshop.executor.warm()

    def techniques(self) -> dict[str, Technique]:
        """What can be done, by key."""
        return techniques()

    def targets(self) -> dict[str, Target]:
        """Where it can run, by key."""
        return targets()

    def availability(self, wait: bool = False, anew: bool = False) -> dict[str, Availability]:
        """Each target's; empty while it is found out, unless ``wait``; all asked anew with ``anew``."""
        return self._availability.now(set(targets())) if anew else self._availability.get(wait)

    def add_model(self, name: str, content: BinaryIO | Path) -> str:
        """Keep a model file; returns its digest and starts looking at it.

        Raises TooLarge, DiskFull, NotFound, and UnreadableModel or UnsupportedModel for an unknown format.
        """
        return self._intake.add(name, content, "model")

    def add_data(self, name: str, content: BinaryIO | Path) -> str:
        """Keep a data file; returns its digest and looks at it. Raises TooLarge, DiskFull, NotFound."""
        return self._intake.add(name, content, "data")

    def add_sample(self) -> tuple[str, str]:
        """The embedded sample's model and data digests."""
        return self._intake.add_sample(SAMPLE_MODEL, "model"), self._intake.add_sample(SAMPLE_DATA, "data")

    def add_sample_training(self) -> str:
        """The digest of the sample's training file, brought to what its model takes; waits for both."""
        source = ready(self.model(self._intake.add_sample(SAMPLE_MODEL, "model"), wait=True))
        raw = self._intake.add_sample(SAMPLE_TRAINING, "data")
        self.data(raw, wait=True)
        return self.fix_data(raw, source, ("scale",))

    def model(self, digest: str, wait: bool = False) -> Inspection[ModelSource]:
        """What is known of a model; raises NotFound."""
        upload = self._inspections.get(digest, "model", wait)
        value = ModelSource.model_validate_json(upload.value) if upload.value else None
        return Inspection[ModelSource](**about(upload), value=value)

    def data(self, digest: str, wait: bool = False) -> Inspection[DataSummary]:
        """What is known of a data file; raises NotFound."""
        upload = self._inspections.get(digest, "data", wait)
        value = DataSummary.model_validate_json(upload.value) if upload.value else None
        return Inspection[DataSummary](**about(upload), value=value)

    def upload(self, digest: str, name: str) -> Path:
        """An uploaded file by its digest, under a name that ends as ``name`` does; raises NotFound."""
        return self._blobs.path(digest, name)

    def fit(self, source: ModelSource, data: DataSummary, use: Use = "data") -> Fit:
        """Whether data fits a model; ``training`` data is only trained on."""
        return fit(source, data, use)

    def lessons(self, source: ModelSource, data: DataSummary) -> tuple[Problem, ...]:
        """What is worth knowing of data whose calibration samples are trained on."""
        return as_training(source, data)

    def check_student(self, source: ModelSource, student: ModelSource) -> None:
        """Raise UnsupportedModel when a student can't be trained, or doesn't fit the model."""
        check_student(source, student)

    def fix_data(self, digest: str, source: ModelSource, fixes: tuple[FixKey, ...]) -> str:
        """A new data file with the fixes applied (in a second); returns its digest. Raises DataMismatch."""
        path, name, call = self._inspections.fix(self._uploads.get(digest, "data"), source, fixes)
        try:
            return self.add_data(name, path)
        finally:
            self._workshop.sweep(call)

    def prepare(self, model: str, data: str | None, seed: int = 0) -> None:
        """Begin what every variant needs (the float file, the baseline's outputs) before it is asked for."""
        source = self.model(model).value
        if source is not None:
            uploads = self._uploads.get(model, "model"), self._uploads.get(data, "data") if data else None
            self._preparations.begin(source, *uploads, seed)

    def plan(self, request: StudyRequest, ask: bool = False) -> Plan:
        """What a request would run, its targets asked anew if so wished; raises InvalidInput's children."""
        plan = make_plan(request, parse_goals(request.goals), techniques(), targets(), deciding_versions())
        check_goals(plan, request)
        self.metrics.of(request)
        source = self.model(request.model).value
        for variant in plan.variants:
            check_needs(variant.recipe, source, request, techniques())
        found = self._availability.now({t.target for t in plan.targets}) if ask else self.availability()
        for target in plan.targets:
            check_available(target, found)
        return plan

    def advise(self, request: StudyRequest, minutes: float | None = None) -> tuple[Suggestion, ...]:
        """What to try for a request's goals and hardware, the best first; its recipes don't matter.

        ``minutes`` is the time at hand. Raises NotFound, InvalidGoal, and what ``ready`` raises.
        """
        source = ready(self.model(request.model))
        data, training = (self.data(d).value if d else None for d in (request.data, request.training))
        return suggestions(request, source, data, training, minutes, self._workshop.cores)

    def next_tries(self, study: Study) -> tuple[Suggestion, ...]:
        """What may do better than what a study has tried, the best first."""
        return next_tries(study, self._workshop.cores)

    def estimate_seconds(
        self,
        plan: Plan,
        source: ModelSource,
        data: DataSummary | None,
        training: DataSummary | None = None,
    ) -> float:
        """A rough wall time for a plan on this machine."""
        return plan_seconds(plan, source, data, training, self._workshop.cores)

    def start(self, request: StudyRequest) -> str:
        """Start a study; returns its id. Waits for the uploads' inspection.

        Raises InvalidInput's children before anything runs, and DiskFull.
        """
        source = ready(self.model(request.model, wait=True))
        data = ready(self.data(request.data, wait=True)) if request.data else None
        training = ready(self.data(request.training, wait=True)) if request.training else None
        student = ready(self.model(request.student, wait=True)) if request.student else None
        check_student(source, student)
        check_search(request, data)
        metric, notes = self.metrics.of(request), check_fit(source, data)
        plan = self.plan(request)
        notes += doubts(plan, request, source, data, training)
        study = new_study(request, plan, source, data, training, student, metric, notes)
        self._studies.save_study(study)
        self._supervisor.start(study.id)
        return study.id

    def study(self, id: str) -> Study:
        """A study as it is now; raises NotFound. A search's is told by the samples it hasn't seen."""
        return reporting(self._studies.get(id))

    def progress(self, id: str) -> Progress:
        """How far a study is; raises NotFound."""
        return self._supervisor.progress(id)

    def wait(self, id: str) -> Study:
        """Block until a study has ended; raises NotFound."""
        return reporting(self._supervisor.wait(id))

    def cancel(self, id: str, variant: str | None = None) -> None:
        """Cancel a study, or one variant of it."""
        self._supervisor.cancel(id, variant)

    def finish_training(self, id: str, variant: str) -> None:
        """Have a variant's training stop now and go on with the best so far."""
        self._supervisor.finish_training(id, variant)

    def what_if(self, id: str, recipe: str) -> str:
        """Add a recipe to a study and run it at once; returns the variant's id. Raises InvalidRecipe.

        One that is there already runs again, unless it is finished or under way.
        """
        study = self.study(id)
        variant = planned_again(study, recipe)
        check_needs(variant.recipe, study.source, study.request, techniques())
        known = study.variant(variant.id)
        if known is None or known.status not in ("finished", *OPEN):
            add_variant(self._studies, study, variant)
        self._supervisor.start(id)
        return variant.id

    def studies(self) -> tuple[StudyLine, ...]:
        """All studies, the newest first."""
        return self._studies.lines()

    def close(self) -> None:
        """Stop jobs, leaving what is open to be resumed, and let go of the home folder."""
        self.explorer.close()
        self._supervisor.close()
        self._workshop.executor.close()
        self._inspections.close()
        self.diagnoses.close()
        self._database.close()
        self._tenancy.close()


def _needs_tensorflow(path: Path, name: str) -> bool:
    return find_loader(path, name).tensorflow
