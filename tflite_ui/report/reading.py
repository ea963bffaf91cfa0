"""A study from its `study.json`, as far as that tells: enough for the report and for making it again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tflite_ui.core.data import DataSummary, LabelSummary
from tflite_ui.core.errors import InvalidInput, NotFound
from tflite_ui.core.facts import FileFacts
from tflite_ui.core.goal import parse_goals
from tflite_ui.core.measurement import Measurement
from tflite_ui.core.metric import Metric
from tflite_ui.core.model import ModelSource
from tflite_ui.core.plan import StudyRequest
from tflite_ui.core.study import EVIDENCE, SCHEMA, Environment, Study
from tflite_ui.core.target import Evidence
from tflite_ui.core.variant import Variant

STUDY_FILE = "study.json"
FACTS = tuple(FileFacts.model_fields)
Document = Mapping[str, Any]


def read_study(folder: Path) -> Study:
    """The study exported to ``folder``; raises NotFound, or InvalidInput for a document that isn't one."""
    path = folder / STUDY_FILE
    try:
        document = json.loads(path.read_text("utf-8"))
    except OSError:
        raise NotFound(
            f"There is no study in '{folder}'.", f"Give a folder that holds {STUDY_FILE}."
        ) from None
    except ValueError:
        raise InvalidInput(f"'{path}' isn't JSON.", "Export the study again.") from None
    return study_of(document, str(path))


def study_of(document: Any, name: str) -> Study:
    """The study that a document of schema 1 describes; raises InvalidInput.

    What the document doesn't hold (the data's arrays, layers, limits) is left empty.
    """
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise InvalidInput(
            f"'{name}' isn't a study of schema {SCHEMA}.", "Give a folder that this app has exported."
        )
    try:
        return _study(document)
    except KeyError as missing:
        raise InvalidInput(f"'{name}' lacks {missing}.", "Export the study again.") from None
    except (ValidationError, TypeError, ValueError, AttributeError) as problem:
        why = " ".join(str(problem).split())[:200]
        raise InvalidInput(f"'{name}' can't be read: {why}.", "Export the study again.") from None


def _study(document: Document) -> Study:
    source = ModelSource.model_validate(document["source"])
    student, metric = document.get("student"), document.get("metric")
    variants = tuple(_variant(v) for v in document["variants"])
    measurements = tuple(_measurement(m) for m in document["measurements"])
    goals = tuple(f"{name}={value}" for name, value in document["goals"].items())
    return Study(
        id=document["id"],
        title=document.get("title", source.name),
        created=document["created"],
        state=document.get("state", "finished"),
        request=StudyRequest(
            model=source.sha256,
            data=document["data"]["sha256"] if document["data"] else None,
            training=document["training"]["sha256"] if document.get("training") else None,
            student=student["sha256"] if student else None,
            metric=metric["sha256"] if metric else None,
            recipes=tuple(v.recipe for v in variants),
            targets=tuple(dict.fromkeys(m.spec for m in measurements)),
            goals=goals,
            search=document.get("search"),
            seed=document.get("seed", 0),
        ),
        environment=Environment.model_validate(document["environment"]),
        source=source,
        data=_data(document["data"]),
        training=_data(document.get("training")),
        student=ModelSource.model_validate(student) if student else None,
        metric=Metric.model_validate(metric) if metric else None,
        variants=variants,
        measurements=measurements,
        goals=parse_goals(goals),
        recommendation=document["recommendation"],
        warnings=tuple(document.get("warnings", ())),
    )


def _data(data: Document | None) -> DataSummary | None:
    if data is None:
        return None
    labels = (
        LabelSummary(kind="sparse", shape=(data["samples"],), dtype="unknown") if data["labels"] else None
    )
    return DataSummary.model_validate({**data, "labels": labels, "size_bytes": 0, "arrays": ()})


def _variant(plain: Document) -> Variant:
    facts = {name: plain[name] for name in FACTS if plain[name] is not None}
    rest = {name: value for name, value in plain.items() if name not in FACTS}
    return Variant.model_validate({**rest, "facts": facts if plain["sha256"] else None})


def _measurement(plain: Document) -> Measurement:
    evidence = {name: plain[name] for name in EVIDENCE if plain.get(name) is not None}
    gone = {*EVIDENCE, "extra", "latency_ms"}
    rest = {name: value for name, value in plain.items() if name not in gone}
    ran = Evidence.model_validate(evidence) if plain["kind"] else None
    return Measurement.model_validate(
        {**rest, **plain["extra"], "latency": plain["latency_ms"], "evidence": ran}
    )
