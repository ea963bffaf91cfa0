"""A user's metric read as text: its function and its declarations are looked for, nothing is run.

::

    NAME = "Mean IoU"                        # optional: what it is called
    HIGHER_IS_BETTER = True                  # optional

    def score(outputs, labels, inputs):      # arrays [n, ...] by name
        return ...                           # an array [n], one score a sample; or one number
"""

from __future__ import annotations

import ast
import warnings
from pathlib import PurePath
from typing import Any

from tflite_ui.core.errors import UnreadableMetric
from tflite_ui.core.metric import Metric

FUNCTION = "score"
PARAMETERS = ("outputs", "labels", "inputs")
SIGNATURE = f"def {FUNCTION}({', '.join(PARAMETERS)})"
LIMIT = 64 * 2**10
"""The largest file taken, in bytes."""
LONGEST_TITLE = 40
TITLE, DIRECTION = "NAME", "HIGHER_IS_BETTER"


def read_metric(text: bytes, name: str, sha256: str) -> Metric:
    """The metric in the file ``name``; raises UnreadableMetric, with the line where there is one."""
    body = _parsed(text, name).body
    _check_function(body, name)
    title = _constant(body, TITLE, str, name, PurePath(name).stem[:LONGEST_TITLE]).strip()
    if not title or len(title) > LONGEST_TITLE or not title.isprintable():
        hint = f"Give it a {TITLE} of 1 to {LONGEST_TITLE} printable characters."
        raise UnreadableMetric(f"{name}: its title is empty, too long or not one line.", hint)
    higher = _constant(body, DIRECTION, bool, name, True)
    return Metric(name=name, sha256=sha256, title=title, higher_is_better=higher)


def _parsed(text: bytes, name: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of backslashes and the like, which are the user's own
            return ast.parse(text)
    except SyntaxError as wrong:
        where = f", line {wrong.lineno}" if wrong.lineno else ""
        raise UnreadableMetric(f"{name} isn't Python{where}: {wrong.msg}.", "Correct it.") from None
    except (ValueError, RecursionError, MemoryError):
        raise UnreadableMetric(f"{name} can't be read as Python.", "Give a plain Python file.") from None


def _check_function(body: list[ast.stmt], name: str) -> None:
    """Raise UnreadableMetric unless the last function of that name takes what it is given."""
    found = [part for part in body if isinstance(part, ast.FunctionDef) and part.name == FUNCTION]
    if not found:
        text = f"{name} has no function '{FUNCTION}' at its top level."
        raise UnreadableMetric(text, f"Write {SIGNATURE}.")
    given = found[-1].args
    names = [argument.arg for argument in (*given.posonlyargs, *given.args)]
    if tuple(names) != PARAMETERS or given.vararg or given.kwonlyargs or given.kwarg:
        text = f"{name}, line {found[-1].lineno}: '{FUNCTION}' takes other things than it is given."
        raise UnreadableMetric(text, f"Write {SIGNATURE}.")


def _constant(body: list[ast.stmt], wanted: str, kind: type[Any], name: str, default: Any) -> Any:
    """The last value written down for ``wanted``, a plain constant."""
    for part in reversed(body):
        targets = part.targets if isinstance(part, ast.Assign) else [getattr(part, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == wanted for target in targets):
            value = getattr(part, "value", None)
            if isinstance(value, ast.Constant) and type(value.value) is kind:
                return value.value
            text = f"{name}, line {part.lineno}: {wanted} is to be a plain {kind.__name__}."
            raise UnreadableMetric(text, "Write it down as it is, without computing it.")
    return default
