"""The JSON Schema of `study.json`, schema 1: more properties may be there, none of these may miss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
NUMBER: Schema = {"type": "number"}
POSITIVE: Schema = {"type": "number", "minimum": 0}
FRACTION: Schema = {"type": "number", "minimum": 0, "maximum": 1}
SHA256: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
TEXTS: Schema = {"type": "array", "items": TEXT}
OPEN: Schema = {"type": "object"}
STATUS: Schema = {"enum": ["finished", "failed", "cancelled", "timed_out", "lost", "queued", "running"]}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _object(properties: Mapping[str, Schema]) -> Schema:
    return {"type": "object", "properties": dict(properties), "required": list(properties)}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _mapping(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


ERROR = _or_null(_object({"type": TEXT, "message": TEXT, "hint": TEXT}))
TENSOR = _object({"name": TEXT, "shape": _list(_or_null(COUNT)), "dtype": TEXT})
ENVIRONMENT = _object({"cpu": TEXT, "cores": COUNT, "os": TEXT, "python": TEXT, "packages": _mapping(TEXT)})
SOURCE = _object(
    {
        "name": TEXT,
        "format": TEXT,
        "sha256": SHA256,
        "size_bytes": COUNT,
        "inputs": _list(TENSOR),
        "outputs": _list(TENSOR),
        "parameters": _or_null(COUNT),
        "macs": _or_null(COUNT),
        "keras_version": _or_null(TEXT),
    }
)
DATA = _or_null(
    _object(
        {
            "name": TEXT,
            "sha256": SHA256,
            "samples": COUNT,
            "labels": {"type": "boolean"},
            "calibration_samples": COUNT,
            "evaluation_samples": COUNT,
        }
    )
)
QUALITY = _or_null(
    _object(
        {
            "metric": TEXT,
            "value": NUMBER,
            "n": COUNT,
            "ci95": _or_null({"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 2}),
            "agreement": _or_null(FRACTION),
            "sqnr_db": _or_null(NUMBER),
        }
    )
)
VARIANT = _object(
    {
        "id": TEXT,
        "recipe": TEXT,
        "steps": _list(_object({"technique": TEXT, "params": OPEN})),
        "status": STATUS,
        "error": ERROR,
        "file": _or_null(TEXT),
        "sha256": _or_null(SHA256),
        "size_bytes": _or_null(COUNT),
        "gzip_bytes": _or_null(COUNT),
        "parameters": _or_null(COUNT),
        "macs": _or_null(COUNT),
        "sparsity": _or_null(FRACTION),
        "unique_weights": _or_null(COUNT),
        "dtypes": _mapping(COUNT),
        "input_dtypes": TEXTS,
        "output_dtypes": TEXTS,
        "seconds": _object({name: _or_null(POSITIVE) for name in ("train", "convert", "evaluate")}),
        "quality": QUALITY,
    }
)
LATENCY = _or_null(
    _object(
        {
            **dict.fromkeys(("first", "p50", "mean", "std", "min"), POSITIVE),
            **dict.fromkeys(("p90", "p99"), _or_null(POSITIVE)),
            "n": COUNT,
            "warmup": COUNT,
        }
    )
)
MEASUREMENT = _object(
    {
        "variant": TEXT,
        "target": TEXT,
        "options": OPEN,
        "status": STATUS,
        "error": ERROR,
        "requested": _or_null(TEXT),
        "used": _or_null(TEXT),
        "nodes_delegated": _or_null(COUNT),
        "nodes_total": _or_null(COUNT),
        "partitions": _or_null(COUNT),
        "adapter": _or_null(TEXT),
        "kind": {"enum": ["measured", "emulated", "estimated", None]},
        "latency_ms": LATENCY,
        "peak_memory_bytes": _or_null(COUNT),
        "arena_bytes": _or_null(COUNT),
        "parity": _or_null(
            _object({"max_abs": POSITIVE, "cosine": NUMBER, "top1_agreement": _or_null(FRACTION)})
        ),
        "extra": OPEN,
    }
)
RECOMMENDATION = _or_null(_object({"variant": TEXT, "reason": TEXT, "unmet": TEXTS, "tested": TEXT}))

STUDY: Schema = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "TFLite UI study, schema 1",
    **_object(
        {
            "schema": {"const": 1},
            "id": TEXT,
            "created": TEXT,
            "environment": ENVIRONMENT,
            "source": SOURCE,
            "data": DATA,
            "variants": _list(VARIANT),
            "measurements": _list(MEASUREMENT),
            "goals": _mapping({"type": ["number", "string", "null"]}),
            "recommendation": RECOMMENDATION,
        }
    ),
}
