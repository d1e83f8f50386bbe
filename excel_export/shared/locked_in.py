"""Take from this process what a stranger's file could misuse: other files, programs, the network.

Only Linux can do so: Landlock takes away files, and a filter of system calls takes away programs, sockets and tracing.
Both work without special rights, bind root, too, and every process that this one starts.

Sources: docs.kernel.org/userspace-api/landlock.html and docs.kernel.org/userspace-api/seccomp_filter.html.
"""

import ctypes
import os
import platform
import struct
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

FILES, PROGRAMS, NETWORK = "files", "programs", "the network"
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
"""The system calls of Landlock, on every kind of processor."""
_VERSION_ASKED, _RULE_OF_A_PATH = 1, 1
_RUN, _READ_FILE, _READ_FOLDER, _MAKE_SOCKET = 1 << 0, 1 << 2, 1 << 3, 1 << 9
_OF_A_FILE = 0b111 | 1 << 14 | 1 << 15
"""The rights that a file itself can have: to be run, written, read, cut and used as a device."""
_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
"""The rights to files by the version of Landlock from which on all of them are known."""
_TCP, _TCP_SINCE = 0b11, 4
_SIGNALS, _SIGNALS_SINCE = 0b11, 6
_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2
_IO_URING = 425
"""By it, sockets are made and connected without the calls that are filtered; the same on every kind of processor."""
_CALLS = {
    "x86_64": (0xC000003E, 41, (59, 322), (42, 44, 46, 307), (53, 101, 311, 321, 165, 272, _IO_URING)),
    "aarch64": (0xC00000B7, 198, (221, 281), (203, 206, 211, 269), (199, 117, 271, 280, 40, 97, _IO_URING)),
}
"""By processor: what the kernel calls it; socket; execve and execveat; connect, sendto, sendmsg and sendmmsg; and
socketpair, ptrace, process_vm_writev, bpf, mount, unshare and io_uring_setup. None creates a file or a thread."""
_WITHIN_THE_MACHINE = 1
"""The domain of sockets that have a file's name."""
_NUMBER, _PROCESSOR, _FIRST_ARGUMENT = 0, 4, 16
"""The offsets, in bytes, of a call's number, processor and first argument in what a filter reads."""
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 1
"""The results of a filter; a refused call fails with EPERM."""


def lock_in(
    readable: Iterable[Path],
    writable: Iterable[Path] = (),
    programs: Iterable[Path] = (),
    sockets: Iterable[Path] = (),
) -> list[str]:
    """Deny this process all files, programs and the network, except what is listed; return what could not be denied.

    Args:
        readable: files and folders that it may still read, a folder with all that lies in it. Missing ones are ignored.
        writable: folders in which it may still do anything but run programs.
        programs: folders of the programs that it may still run and of what these load; empty for none.
        sockets: folders in which a program may make a socket file, as LibreOffice does; it cannot connect it.

    Returns:
        Some of 'files', 'programs', 'the network'; [] if all is denied.
    """
    if sys.platform != "linux":
        return [FILES, PROGRAMS, NETWORK]
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    programs = [*programs]
    paths_by_right = {_READ_FILE | _READ_FOLDER: readable, ~_RUN: writable, _RUN | _READ_FILE | _READ_FOLDER: programs,
            _MAKE_SOCKET: sockets}  # fmt: skip
    files = [] if _take_files(libc, paths_by_right) else [FILES]
    return files + ([] if _filter_calls(libc, bool(programs)) else [PROGRAMS, NETWORK])


def _take_files(libc: ctypes.CDLL, paths_by_right: Mapping[int, Iterable[Path]]) -> bool:
    version = libc.syscall(_CREATE_RULESET, None, 0, _VERSION_ASKED)
    if version < 1:
        return False
    rights = _RIGHTS[max(known for known in _RIGHTS if known <= version)]
    tcp, signals = _TCP if version >= _TCP_SINCE else 0, _SIGNALS if version >= _SIGNALS_SINCE else 0
    attributes = struct.pack("QQQ", rights, tcp, signals)
    size = 24 if signals else 16 if tcp else 8
    ruleset = libc.syscall(_CREATE_RULESET, attributes, size, 0)
    if ruleset < 0:
        return False
    for allowed, paths in paths_by_right.items():
        for path in paths:
            if path.exists():
                opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
                here = allowed & rights & (rights if path.is_dir() else _OF_A_FILE)
                libc.syscall(_ADD_RULE, ruleset, _RULE_OF_A_PATH, struct.pack("=Qi", here, opened), 0)
                os.close(opened)
    is_done = bool(libc.syscall(_RESTRICT_SELF, ruleset, 0) == 0)
    os.close(ruleset)
    return is_done


def _filter_calls(libc: ctypes.CDLL, may_run: bool) -> bool:
    """Refuse system calls, and return whether that worked. A program, such as LibreOffice, may make sockets with a
    file's name, and cannot reach anything by them.
    """
    known = _CALLS.get(platform.machine())
    if not known:
        return False
    processor, socket, to_run, to_reach, others = known
    refused = (*others, *to_reach) if may_run else (*others, *to_run, socket)

    def step(operation: int, yes: int, no: int, number: int) -> bytes:
        return struct.pack("HBBI", operation, yes, no, number)

    # The last two steps allow and refuse; before them, a socket's domain is looked at.
    last = len(refused)
    steps = [
        step(_LOAD, 0, 0, _PROCESSOR),
        step(_JUMP_IF_EQUAL, 0, last + 5, processor),
        step(_LOAD, 0, 0, _NUMBER),
        *(step(_JUMP_IF_EQUAL, last - k + 3, 0, number) for k, number in enumerate(refused)),
        step(_JUMP_IF_EQUAL, 0, 2, socket),
        step(_LOAD, 0, 0, _FIRST_ARGUMENT),
        step(_JUMP_IF_EQUAL, 0, 1, _WITHIN_THE_MACHINE),
        step(_RETURN, 0, 0, _ALLOW),
        step(_RETURN, 0, 0, _REFUSE),
    ]
    program = ctypes.create_string_buffer(b"".join(steps))
    header = struct.pack("HxxxxxxQ", len(steps), ctypes.addressof(program))
    return bool(libc.prctl(_SET_SECCOMP, _FILTER, header, 0, 0) == 0)


def of_python() -> list[Path]:
    """Return the files and folders that Python needs to read, for `lock_in`: its library, installed packages, this
    project's packages, and parts of the system, such as '/usr/lib'. Some may be missing.
    """
    folders = [Path(item) for item in (*sys.path, sys.prefix, sys.base_prefix) if item]
    ours = Path(__file__).parents[2]
    if (ours / "pyproject.toml").exists():  # a clone, in which much lies that is no package
        folders = [folder for folder in folders if folder != ours]
    own = [ours / name for name in ("excel_export", "excel_classroom", "spreadsheet_autograd", "mnist_adder")]
    system = ("/usr/lib", "/lib", "/lib64", "/usr/share/zoneinfo", "/etc/ld.so.cache", "/dev/urandom", "/dev/null",
              "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/sys/devices/system/cpu",
              "/nix/store", "/gnu/store")  # fmt: skip
    return [*folders, *own, *map(Path, system), *_folders_of_libraries()]


def _folders_of_libraries(maps: Path = Path("/proc/self/maps")) -> set[Path]:
    lines = maps.read_text(errors="replace").splitlines() if maps.exists() else []
    loaded = {Path(parts[5]) for line in lines if len(parts := line.split(maxsplit=5)) > 5 and ".so" in parts[5]}
    return {path.parent for path in loaded if any(part.startswith("lib") for part in path.parts[-3:-1])}
