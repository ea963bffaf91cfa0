"""Watching a training: its progress, its best epoch, its time, the user's word to stop."""

from __future__ import annotations

import json
import math
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from tflite_ui.core.errors import ConversionFailed
from tflite_ui.core.training import CurvePoint, TrainingContext

if TYPE_CHECKING:
    from tflite_ui.training.fit import Task

EVERY = 5
"""Batches between two looks at the clock and at the stop button."""
BEST = "best"


def patience(epochs: int) -> int:
    """After how many epochs without a better one training stops: three, or a fourth of a long training."""
    return max(3, epochs // 4)


class Watch:
    """Keeps the weights of the epoch with the least validation loss in the job's folder."""

    def __init__(self, task: Task, context: TrainingContext) -> None:
        self._task, self._context = task, context
        self._weights = context.folder / f"{BEST}-{task.technique}.npz"
        self._note = context.folder / f"{BEST}-{task.technique}.json"
        known = json.loads(self._note.read_text()) if self._note.exists() else {}
        self.finished = bool(known.get("finished"))
        """Whether this very training came to its end before, in the same folder."""
        self._loss, self._waited = float(known.get("loss", math.inf)), int(known.get("waited", 0))
        self._epoch, self._begin = 0, time.monotonic()
        self._patience = patience(task.params.epochs)

    def callback(self) -> Any:
        """This as tf_keras calls it."""
        import tf_keras

        return tf_keras.callbacks.LambdaCallback(
            on_epoch_begin=self._starts, on_epoch_end=self._ended, on_batch_end=self._batch
        )

    def finish(self) -> None:
        """Note that training is over; its last weights are the best when no epoch counted."""
        if not self._weights.exists():
            self._keep_weights()
        self._write(finished=True)

    def restore_best(self) -> None:
        """Put the best epoch's weights into the model, once training is over."""
        with np.load(self._weights) as kept:
            self._task.model.set_weights([kept[name] for name in kept.files])

    def _starts(self, epoch: int, _: Any) -> None:
        self._epoch = epoch
        if self._waited >= self._patience:
            self._stop()

    def _batch(self, batch: int, logs: dict[str, float]) -> None:
        task = self._task
        if not math.isfinite(logs.get("loss", 0.0)):
            raise ConversionFailed(
                f"The loss became {logs['loss']} in epoch {self._epoch + 1}.",
                "Choose a smaller learning rate.",
            )
        if batch % EVERY:
            return
        share = (self._epoch + (batch + 1) / task.batches) / task.params.epochs
        self._context.progress(min(share, 1.0), f"epoch {self._epoch + 1} of {task.params.epochs}")
        if self._context.stop_asked() or self._overdue():
            self._stop()

    def _ended(self, epoch: int, logs: dict[str, float]) -> None:
        task = self._task
        metrics = {_plain(name): float(value) for name, value in logs.items() if name.count("loss") < 2}
        point = CurvePoint(technique=task.technique, epoch=epoch + 1, of=task.params.epochs, metrics=metrics)
        self._context.epoch(point)
        if epoch >= task.settle:
            self._judge(metrics["val_loss"])

    def _judge(self, loss: float) -> None:
        better = loss < self._loss
        self._waited = 0 if better else self._waited + 1
        if better:
            self._loss = loss
            self._keep_weights()
        self._write(finished=False)
        if self._waited >= self._patience:
            self._stop()

    def _keep_weights(self) -> None:
        arrays = {str(i).zfill(5): w for i, w in enumerate(self._task.model.get_weights())}
        half_written = self._weights.with_suffix(".part.npz")
        np.savez(half_written, allow_pickle=False, **arrays)
        half_written.replace(self._weights)

    def _write(self, finished: bool) -> None:
        note = {"loss": self._loss, "waited": self._waited, "finished": finished}
        self._note.write_text(json.dumps(note))

    def _overdue(self) -> bool:
        minutes = self._task.params.minutes
        return minutes > 0 and time.monotonic() - self._begin > 60 * minutes

    def _stop(self) -> None:
        self._task.model.stop_training = True


def _plain(name: str) -> str:
    """``val_sparse_categorical_accuracy`` as ``val_accuracy``."""
    start = "val_" if name.startswith("val_") else ""
    return f"{start}accuracy" if name.endswith("accuracy") else name
