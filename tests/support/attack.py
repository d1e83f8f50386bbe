"""A job that does to this machine what a stranger's file might, and tells what it could do: see `test_locked_in`."""

import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from excel_export.shared.sandbox import serve


def attack(path: Path, *, seconds: int, other: str) -> dict[str, Any]:
    """Try it all."""
    done = []

    def attempt(what: str, do: Callable[[], object]) -> None:
        try:
            do()
        except Exception:
            return
        done.append(what)

    def in_a_fork() -> None:
        child = os.fork()
        if child == 0:
            try:
                os.execv("/usr/bin/id", ["id"])
            finally:
                os._exit(3)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

    def thread() -> None:
        one = threading.Thread(target=lambda: None)
        one.start()
        one.join()

    attempt("read its file", path.read_bytes)
    attempt("start a thread", thread)
    attempt("import", lambda: __import__("colorsys"))
    attempt("import what is installed", lambda: __import__("installed_beside_us"))
    attempt("read another file", Path(other).read_bytes)
    attempt("read the accounts", Path("/etc/passwd").read_bytes)
    attempt("list a folder", lambda: os.listdir(path.parent))
    attempt("write", lambda: Path(f"{path}.written").write_text("x"))
    attempt("write into its file", lambda: path.write_text("x"))
    attempt("remove", lambda: os.remove(other))
    attempt("rename", lambda: os.rename(other, f"{other}.new"))
    attempt("run a program", lambda: subprocess.run(["/usr/bin/id"], capture_output=True, check=True))
    attempt("run a program from a fork", in_a_fork)
    attempt("open a socket", socket.socket)
    attempt("send", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9)))
    attempt("connect within the machine", lambda: socket.socketpair())
    attempt("make a socket with a file's name", lambda: socket.socket(socket.AF_UNIX).bind(f"{path}.socket"))
    attempt("ask a service", lambda: socket.socket(socket.AF_UNIX).connect(str(Path(other).with_name("service"))))
    return {"done": done}


def importing(path: Path, *, seconds: int) -> dict[str, Any]:
    """Need a module that is not there."""
    __import__("not_installed_anywhere")
    return {}


def waiting(path: Path, *, seconds: int) -> dict[str, Any]:
    """Wait until somebody ends the process."""
    time.sleep(seconds)
    return {}


if __name__ == "__main__":
    serve({"attack": attack, "importing": importing, "waiting": waiting}, 4 << 30, "an attack may")
