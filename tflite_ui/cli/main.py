"""The command group, and how every error becomes one line on stderr and an exit code.

0 all well; 1 some variants failed (the others are there); 2 bad input or usage; 130 cancelled.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

import click

from tflite_ui import __version__
from tflite_ui.cli.advising import advise
from tflite_ui.cli.diagnosing import diagnose
from tflite_ui.cli.inspection import inspect
from tflite_ui.cli.listings import targets, techniques
from tflite_ui.cli.optimize import demo, optimize
from tflite_ui.cli.reporting import report
from tflite_ui.cli.reproduction import reproduce
from tflite_ui.core.errors import TFLiteUIError

PROGRAM = "python -m tflite_ui"
BAD_INPUT, CANCELLED = 2, 130


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="TFLite UI")
def group() -> None:
    """Optimise a model for TensorFlow Lite, measure every variant, and keep what you like.

    Exit codes: 0 all well, 1 some variants failed (the others are there), 2 bad input or usage,
    130 cancelled.
    """


for _command in (demo, inspect, advise, techniques, targets, optimize, diagnose, report, reproduce):
    group.add_command(_command)


def main(arguments: Sequence[str]) -> int:
    """Run one command; returns its exit code. Errors meant for the user become one line on stderr."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        code = group.main(list(arguments), prog_name=PROGRAM, standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as shown:
        click.echo(shown.ctx.get_help() if shown.ctx else "", err=True)
        return BAD_INPUT
    except click.ClickException as problem:
        return _refuse(_usage(problem), BAD_INPUT)
    except TFLiteUIError as problem:
        return _refuse(problem.info().sentence, problem.exit_code)
    except (KeyboardInterrupt, click.Abort):
        return _refuse("Cancelled.", CANCELLED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BAD_INPUT
    except OSError as problem:
        return _refuse(f"{problem.filename or 'The system'}: {problem.strerror or problem}.", BAD_INPUT)
    return code if isinstance(code, int) else 0


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _refuse(sentence: str, code: int) -> int:
    click.echo(" ".join(sentence.split()), err=True)
    return code


def _usage(problem: click.ClickException) -> str:
    context = problem.ctx if isinstance(problem, click.UsageError) else None
    where = context.command_path if context else PROGRAM
    return f"{problem.format_message().rstrip('.')}. See: {where} --help"
