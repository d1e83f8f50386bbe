"""What PyTorch frees on a CPU stays with the process, so that the next step needs no fresh pages."""

import ctypes
import sys

# From malloc.h of the GNU C library.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
LARGEST_BLOCK = 32 * 1024**2  # more is refused by some versions of the library
KEPT = 1024**3


def keep_freed_memory() -> None:
    """Let the C library keep up to a gigabyte of freed memory.

    As it comes, it gives large tensors back to the system at once. To get them again as pages of zeros takes three
    tenths of a training step. Only the GNU C library is told; others are left as they are.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, LARGEST_BLOCK)
        mallopt(M_TRIM_THRESHOLD, KEPT)
