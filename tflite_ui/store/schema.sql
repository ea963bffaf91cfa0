-- Schema 1. Values are JSON of the pydantic models in tflite_ui.core.
CREATE TABLE IF NOT EXISTS upload (
    digest TEXT NOT NULL,
    kind TEXT NOT NULL,              -- model | data | metric
    name TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    state TEXT NOT NULL,             -- working | ready | failed
    value TEXT,                      -- ModelSource | DataSummary | Metric
    error TEXT,                      -- ErrorInfo
    PRIMARY KEY (digest, kind)
);
CREATE TABLE IF NOT EXISTS study (
    id TEXT PRIMARY KEY,
    created TEXT NOT NULL,
    title TEXT NOT NULL,
    state TEXT NOT NULL,             -- queued | running | finished | cancelled
    revision INTEGER NOT NULL,       -- grows with every change to the study or its rows
    value TEXT NOT NULL              -- Study without variants and measurements
);
CREATE TABLE IF NOT EXISTS variant (
    study TEXT NOT NULL REFERENCES study (id),
    id TEXT NOT NULL,
    position INTEGER NOT NULL,
    value TEXT NOT NULL,             -- Variant
    PRIMARY KEY (study, id)
);
CREATE TABLE IF NOT EXISTS measurement (
    study TEXT NOT NULL REFERENCES study (id),
    variant TEXT NOT NULL,
    spec TEXT NOT NULL,              -- the target's SPEC
    position INTEGER NOT NULL,
    value TEXT NOT NULL,             -- Measurement
    PRIMARY KEY (study, variant, spec)
);
CREATE TABLE IF NOT EXISTS result (
    key TEXT PRIMARY KEY,            -- content address of what was asked
    value TEXT NOT NULL              -- the job's result, file paths replaced by digests
);
CREATE TABLE IF NOT EXISTS lesson (
    place TEXT NOT NULL,             -- target with the options that decide what it takes
    runtime TEXT NOT NULL,           -- name and version
    operator TEXT NOT NULL,          -- '' counts the runs
    dtype TEXT NOT NULL,             -- the numbers it computes in
    taken INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    PRIMARY KEY (place, runtime, operator, dtype)
);
