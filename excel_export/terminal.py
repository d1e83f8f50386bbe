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


class Terminated(KeyboardInterrupt):
    """Somebody ended this process: like Ctrl-C, so that whatever cleans up after one cleans up after the other."""


def run(command: click.Command, name: str, arguments: Sequence[str] | None, *user_errors: type[Exception]) -> int:
    """Run the command line; give the exit code.

    That is 0, or 1 for a failure, 2 for wrong usage, 130 for Ctrl-C, 143 for SIGTERM.
    `user_errors` are the exceptions whose message is for the user.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        # Not `command()`, which would print a usage block with every error.
        with _terminable(), command.make_context(name, given) as context:
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
    except Terminated:
        return _fail("stopped by SIGTERM", 143)
    except (KeyboardInterrupt, click.Abort):
        return _fail("stopped by Ctrl-C", 130)
    except BrokenPipeError:
        # Who reads our output has left; without this, Python complains when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM raise `Terminated`; by default it would end the process on the spot, temporary files and all."""

    def terminate(_signal: int, _frame: FrameType | None) -> NoReturn:
        raise Terminated

    if threading.current_thread() is not threading.main_thread():  # others may set no handler
        yield
        return
    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


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
