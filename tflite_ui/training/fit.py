"""Fitting a model to an objective: the best epoch kept, stopped in time, resumed after a kill."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tflite_ui.core.errors import ConversionFailed, DataMismatch
from tflite_ui.core.training import Array, TrainingContext, TrainingParams, TrainingSet
from tflite_ui.training.objective import Objective
from tflite_ui.training.watch import Watch

FEWEST = 10
BACKUP = "backup"


@dataclass(frozen=True, eq=False)
class Task:
    """What is fitted: a model, its objective, the samples, and the settings; ``technique`` names the step.

    Before epoch ``settle`` (from 0) nothing is kept as the best, and training doesn't stop early: a
    pruning schedule has to come to its end first.
    """

    technique: str
    model: Any
    objective: Objective
    data: TrainingSet
    params: TrainingParams
    settle: int = 0

    @property
    def batches(self) -> int:
        """Steps of the optimiser in an epoch."""
        return math.ceil(self.data.training / self.params.batch_size)


def fit(task: Task, context: TrainingContext, callbacks: Sequence[Any] = ()) -> None:
    """Train ``task.model`` in place with Adam, its rate falling to zero along a cosine.

    Afterwards it holds the weights of the epoch with the least loss on the validation samples. A training
    that was killed goes on at its last epoch when it is called again with the same ``context.folder``, and
    one that had ended isn't done again.
    Raises ConversionFailed when there is nothing to train or the loss becomes NaN, and DataMismatch
    with fewer than ten samples.
    """
    import tf_keras

    _check(task)
    if task.params.epochs == 0:
        return
    tf_keras.utils.set_random_seed(context.seed)
    watching = Watch(task, context)
    if watching.finished:
        watching.restore_best()
        return
    _compile(task)
    task.model.fit(
        _inputs(task, slice(None, task.data.training)),
        _targets(task, slice(None, task.data.training)),
        batch_size=task.params.batch_size,
        epochs=task.params.epochs,
        verbose=0,
        validation_data=_validation(task),
        callbacks=[
            tf_keras.callbacks.BackupAndRestore(str(context.folder / f"{BACKUP}-{task.technique}")),
            *callbacks,
            watching.callback(),
        ],
    )
    watching.finish()
    watching.restore_best()


def _check(task: Task) -> None:
    if task.data.training < FEWEST:
        raise DataMismatch(f"There are {task.data.training} samples to train on.", f"Give {FEWEST} or more.")
    if not task.model.trainable_weights:
        raise ConversionFailed(
            "The model has no weights that can be trained: all of its layers are frozen.",
            "Set layer.trainable = True and save it again, or choose epochs=0.",
        )


def _compile(task: Task) -> None:
    import tf_keras

    rate = tf_keras.optimizers.schedules.CosineDecay(
        task.params.learning_rate, task.params.epochs * task.batches, alpha=0.01
    )
    names = task.model.output_names
    task.model.compile(
        optimizer=tf_keras.optimizers.Adam(rate),
        loss=dict(zip(names, task.objective.losses, strict=True)),
        metrics={n: m for n, m in zip(names, task.objective.metrics, strict=True) if m},
    )


def _inputs(task: Task, rows: slice) -> list[Array] | Array:
    found = [values[rows] for values in task.data.inputs.values()]
    return found if len(found) > 1 else found[0]


def _targets(task: Task, rows: slice) -> dict[str, Array]:
    pairs = zip(task.model.output_names, task.objective.targets, strict=True)
    return {name: values[rows] for name, values in pairs}


def _validation(task: Task) -> tuple[Any, Any]:
    rows = slice(task.data.training, None)
    return _inputs(task, rows), _targets(task, rows)


def outputs(model: Any, inputs: dict[str, Array], batch_size: int = 256) -> list[Array]:
    """What a model answers to inputs [n, ...], one float array [n, ...] for each output."""
    given = list(inputs.values())
    found = model.predict(given if len(given) > 1 else given[0], batch_size=batch_size, verbose=0)
    return [np.asarray(values) for values in (found if isinstance(found, list) else [found])]
