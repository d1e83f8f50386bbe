"""Run a click command so that every error is one line and an exit code."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn

import click

from excel_export.shared.errors import UserError

START = "start PyTorch"
"""The stage before those of STAGES and STAGES_OF_A_PAGE."""
STAGES = {
    "trace": 1.0,
    "draw the sheets": 6.0,
    "write formulas": 4.0,
    "compute values": 20.0,
    "store values": 6.0,
    "compare with PyTorch": 3.0,
}
"""The stages of an export in their order, each with its part of the time."""
STAGES_OF_A_PAGE = {"trace": 1.0, "write formulas": 4.0, "compare with PyTorch": 1.0}
"""The stages of writing a page in their order, each with its part of the time."""


STOPPED = {signal.SIGINT: ("stopped by Ctrl-C", 130), signal.SIGTERM: ("stopped by SIGTERM", 143)}
"""The message and the exit code for each signal that stops a program."""


def run(command: click.Command, name: str, arguments: Sequence[str] | None) -> int:
    """Run a click command as a program, with each error as one line on standard error; return 0 for success.

    Args:
        command: the command.
        name: the program's name, for its messages.
        arguments: what follows the name; None for those that this process was started with.

    Returns:
        The exit code: 0, or 1 for a failure, 2 for wrong usage, 130 for Ctrl-C, 143 for SIGTERM.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        # Not `command()`, which would print a usage block with every error.
        with _stoppable(), command.make_context(name, [*given], obj=given) as context:
            command.invoke(context)
    except click.exceptions.Exit as request:
        return request.exit_code
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else name
        message = error.format_message()
        return _fail(f"{message}{'' if message.endswith(('.', '?')) else '.'} Try '{path} --help'.", 2)
    except click.ClickException as error:
        return _fail(error.format_message(), 1)
    except UserError as error:
        return _fail(str(error), 1)
    except _Stopped as stop:
        return _fail(*STOPPED[stop.signal])
    except (KeyboardInterrupt, click.Abort):
        return _fail(*STOPPED[signal.SIGINT])
    except BrokenPipeError:
        # The program that reads our output has ended. Without this, Python complains when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


class _Stopped(BaseException):
    def __init__(self, number: int) -> None:
        self.signal = signal.Signals(number)


@contextmanager
def _stoppable() -> Iterator[None]:
    """Turn Ctrl-C and SIGTERM into `_Stopped`.

    By default, SIGTERM ends the process at once and leaves its temporary files. Both raise KeyboardInterrupt first, but
    libraries turn that into other errors, openpyxl into a TypeError; so any error after a signal becomes `_Stopped`.
    """
    stops: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> NoReturn:
        stops.append(number)
        raise KeyboardInterrupt

    is_main = threading.current_thread() is threading.main_thread()  # other threads may not set a handler
    handled = [number for number in STOPPED if is_main and signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, stop) for number in handled}
    try:
        yield
    except BaseException:
        if stops:
            raise _Stopped(stops[0]) from None
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _fail(message: str, exit_code: int) -> int:
    click.echo("Error: " + re.sub(r"\s*\n\s*", " ", message.strip()), err=True)
    return exit_code


@contextmanager
def stages(parts: Mapping[str, float]) -> Iterator[Callable[[str, float], None]]:
    """In its `with` block, show a progress bar over named stages, if standard error is a terminal.

    Args:
        parts: the share of each stage in the time, in any unit, in the order of the stages: {'trace': 2, 'write': 8}.

    Yields:
        A function to be called with the name of the stage and the fraction of it that is done: show('write', 0.5).
    """
    process: subprocess.Popen[bytes] | None = None
    # Without -P, Python would look for modules in the folder where the user happens to be.
    command = [sys.executable, "-P", "-m", "excel_export.shared.progress_bar", json.dumps(dict(parts))]
    if sys.stderr is not None and sys.stderr.isatty():
        with suppress(OSError):  # there may be no room for another process
            # In a group of its own it hears no Ctrl-C: that is for the process that works.
            process = subprocess.Popen(command, stdin=subprocess.PIPE, process_group=0)

    def show(stage: str, share: float) -> None:
        if process and process.stdin:
            with suppress(OSError):  # the bar may have been ended from outside
                process.stdin.write(json.dumps([stage, share]).encode() + b"\n")
                process.stdin.flush()

    try:
        yield show
    finally:
        if process and process.stdin:
            with suppress(OSError):
                process.stdin.close()
            process.wait()
