"""Run a click command so that whatever goes wrong is one line and an exit code."""

import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

import click
from tqdm import tqdm

STOPPED = {signal.SIGINT: ("stopped by Ctrl-C", 130), signal.SIGTERM: ("stopped by SIGTERM", 143)}


def run(command: click.Command, name: str, arguments: Sequence[str] | None, *user_errors: type[Exception]) -> int:
    """Run the command line; give the exit code.

    That is 0, or 1 for a failure, 2 for wrong usage, 130 for Ctrl-C, 143 for SIGTERM.
    `user_errors` are the exceptions whose message is for the user.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        # Not `command()`, which would print a usage block with every error.
        with _stoppable(), command.make_context(name, given) as context:
            command.invoke(context)
    except click.exceptions.Exit as request:
        return request.exit_code
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else name
        return _fail(f"{error.format_message()} Try '{path} --help'.", 2)
    except click.ClickException as error:
        return _fail(error.format_message(), 1)
    except user_errors as error:
        return _fail(str(error), 1)
    except _Stopped as stop:
        return _fail(*STOPPED[stop.signal])
    except (KeyboardInterrupt, click.Abort):
        return _fail(*STOPPED[signal.SIGINT])
    except BrokenPipeError:
        # Who reads our output has left; without this, Python complains when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


class _Stopped(BaseException):
    def __init__(self, number: int) -> None:
        self.signal = signal.Signals(number)


@contextmanager
def _stoppable() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM raise KeyboardInterrupt, and whatever becomes of that, `_Stopped`.

    By default, SIGTERM would end the process on the spot and leave its temporary files. And libraries make other errors
    of a KeyboardInterrupt: openpyxl, a TypeError.
    """
    stops: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> NoReturn:
        stops.append(number)
        raise KeyboardInterrupt

    is_main = threading.current_thread() is threading.main_thread()  # no other may set a handler
    heard = [number for number in STOPPED if is_main and signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, stop) for number in heard}
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
def stages(names: Sequence[str]) -> Iterator[Callable[[str], None]]:
    """Show a progress bar over named stages on a terminal; yield what to call as each begins."""
    with tqdm(total=len(names), bar_format="{desc:<22}|{bar:20}| {elapsed}", leave=False, disable=None) as bar:

        def begin(name: str) -> None:
            bar.n = names.index(name)
            bar.set_description_str(name)

        yield begin
