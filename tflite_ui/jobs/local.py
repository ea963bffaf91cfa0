"""Jobs on this machine: forked from a nursery, or in fresh processes where that can't be."""

from __future__ import annotations

import os
import sys
import threading

from tflite_ui.jobs.channels import Channels, open_channels
from tflite_ui.jobs.endings import cancelled, not_written
from tflite_ui.jobs.executor import Executor, OnEvent, RunningJob
from tflite_ui.jobs.fresh import start_fresh
from tflite_ui.jobs.local_job import EndedJob, LocalJob
from tflite_ui.jobs.nurseries import Nursery, NurseryGone
from tflite_ui.jobs.watchdog import Watchdog
from tflite_ui.worker.protocol import JobSpec

FRESH_WORKERS = "TFLITE_UI_FRESH_WORKERS"
"""Environment variable: 1 starts a fresh process for each job, slower by its imports."""


class LocalExecutor(Executor):
    """Starts each job in a process of its own on this machine.

    Two nurseries, with and without TensorFlow, begin when first needed or at ``warm()``; one that has
    died is replaced by the next job that needs it.
    """

    def __init__(self) -> None:
        self._fresh = sys.platform != "linux" or os.environ.get(FRESH_WORKERS) == "1"
        self._lock = threading.Lock()
        self._nurseries: dict[bool, Nursery] = {}
        self._running: set[LocalJob] = set()
        self._watchdog = Watchdog()
        self._closed = False

    def start(self, job: JobSpec, on_event: OnEvent) -> RunningJob:
        """Start ``job`` at once; never raises: what stands in the way is the job's outcome."""
        if self._closed:
            return EndedJob(cancelled())
        try:
            channels = open_channels(job)
        except OSError as problem:
            return EndedJob(not_written(problem))
        running = LocalJob(job, channels, on_event, self._ended)
        with self._lock:
            self._running.add(running)
        self._watchdog.add(running)
        self._launch(running, job, channels)
        return running

    def warm(self) -> None:
        """Begin both nurseries' imports."""
        if not self._fresh:
            for tensorflow in (False, True):
                self._nursery(tensorflow)

    def close(self) -> None:
        """Cancel what runs and end the nurseries."""
        self._closed = True
        with self._lock:
            running, nurseries = tuple(self._running), tuple(self._nurseries.values())
        for job in running:
            job.cancel()
        for job in running:
            job.wait()
        for nursery in nurseries:
            nursery.close()

    def _launch(self, running: LocalJob, job: JobSpec, channels: Channels) -> None:
        try:
            if self._fresh:
                start_fresh(running, job.folder, channels)
            else:
                self._submit(running, job, channels)
        except OSError as problem:
            running.died(None, str(problem))
        finally:
            channels.close_jobs_side()

    def _submit(self, running: LocalJob, job: JobSpec, channels: Channels) -> None:
        try:
            self._nursery(job.tensorflow).submit(running, job.folder, channels)
        except NurseryGone:
            self._nursery(job.tensorflow).submit(running, job.folder, channels)

    def _nursery(self, tensorflow: bool) -> Nursery:
        with self._lock:
            nursery = self._nurseries.get(tensorflow)
            if nursery is None or not nursery.alive:
                nursery = self._nurseries[tensorflow] = Nursery(tensorflow)
            return nursery

    def _ended(self, job: LocalJob) -> None:
        self._watchdog.remove(job)
        with self._lock:
            self._running.discard(job)
