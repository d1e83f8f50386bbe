"""Reader for IDX, the file format of MNIST: a short header with the shape, then one byte for each value."""

import math
import os
from pathlib import Path

import numpy as np

from excel_export.shared.errors import UserError
from excel_export.shared.reading import refuse_pipe

UNSIGNED_BYTE = 0x08


def read_idx(path: Path, dimensions: int) -> np.ndarray:
    """Return the values of an IDX file of unsigned bytes, uint8, in the shape that its header gives.

    Args:
        path: the file.
        dimensions: the number of dimensions that it must have: 3 for images, 1 for labels.

    Raises:
        UserError: the file can't be read, is not an IDX file of bytes with that number of dimensions, or its length is
            not the one that its header promises.
    """
    refuse_pipe(path)
    header_length = 4 + 4 * dimensions
    try:
        with path.open("rb") as file:
            header, size = file.read(header_length), os.fstat(file.fileno()).st_size
            shape = _read_shape(path, header, dimensions)
            # Python's integers can't overflow, whatever the header says.
            expected = header_length + math.prod(shape)
            # Checked before the rest is read, so that a wrong header can't fill the memory.
            if size != expected:
                raise UserError(
                    f"{path} holds {size:,} bytes where its header promises {expected:,}; delete it to download it anew"
                )
            return np.frombuffer(file.read(), np.uint8).reshape(shape)
    except OSError as error:
        raise UserError(f"{path} can't be read: {error.strerror}") from None
    except ValueError:  # a shape such as (0, 4294967295, 4294967295): no values, but too large for NumPy
        raise UserError(f"{path} promises more than can be; delete it to download it anew") from None


def _read_shape(path: Path, header: bytes, dimensions: int) -> list[int]:
    if header[:4] != bytes([0, 0, UNSIGNED_BYTE, dimensions]):
        raise UserError(
            f"{path} isn't an IDX file of bytes in {dimensions} dimension(s); delete it to download it anew"
        )
    if len(header) < 4 + 4 * dimensions:
        raise UserError(f"{path} ends within its header; delete it to download it anew")
    return [int(length) for length in np.frombuffer(header, ">u4", dimensions, offset=4)]
