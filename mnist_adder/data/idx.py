"""The IDX file format, in which MNIST is published: a short header, then one byte a value."""

import math
import os
from pathlib import Path

import numpy as np

from excel_export.shared.errors import UserError
from excel_export.shared.reading import refuse_pipe

UNSIGNED_BYTE = 0x08


def read_idx(path: Path, dimensions: int) -> np.ndarray:
    """Read an IDX file of unsigned bytes as a uint8 array with that many dimensions.

    Raises UserError, naming the file, when it can't be read, isn't an IDX file of that kind, or isn't exactly
    as long as its header says.
    """
    refuse_pipe(path)
    header_length = 4 + 4 * dimensions
    try:
        with path.open("rb") as file:
            header, size = file.read(header_length), os.fstat(file.fileno()).st_size
            shape = _shape(path, header, dimensions)
            # Python integers, so that a header that lies can't overflow; and the rest is read only if it's as promised.
            expected = header_length + math.prod(shape)
            if size != expected:
                raise UserError(
                    f"{path} holds {size:,} bytes where its header promises {expected:,}; delete it to download it anew"
                )
            return np.frombuffer(file.read(), np.uint8).reshape(shape)
    except OSError as error:
        raise UserError(f"{path} can't be read: {error.strerror}") from None
    except ValueError:  # no values, but so many rows of none that even their number is too large
        raise UserError(f"{path} promises more than can be; delete it to download it anew") from None


def _shape(path: Path, header: bytes, dimensions: int) -> list[int]:
    if header[:4] != bytes([0, 0, UNSIGNED_BYTE, dimensions]):
        raise UserError(
            f"{path} isn't an IDX file of bytes in {dimensions} dimension(s); delete it to download it anew"
        )
    if len(header) < 4 + 4 * dimensions:
        raise UserError(f"{path} ends within its header; delete it to download it anew")
    return [int(length) for length in np.frombuffer(header, ">u4", dimensions, offset=4)]
