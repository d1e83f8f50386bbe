"""The IDX file format, in which MNIST is published: a short header, then one byte a value."""

from pathlib import Path

import numpy as np

from mnist_adder.errors import UserError

UNSIGNED_BYTE = 0x08


def read_idx(path: Path, dimensions: int) -> np.ndarray:
    """Read an IDX file of unsigned bytes as a uint8 array with that many dimensions.

    Raises UserError, naming the file, when it can't be read, isn't an IDX file of that kind, or isn't exactly
    as long as its header says.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} can't be read: {error.strerror}") from None
    if content[:4] != bytes([0, 0, UNSIGNED_BYTE, dimensions]):
        raise UserError(
            f"{path} isn't an IDX file of bytes in {dimensions} dimension(s); delete it to download it anew"
        )
    header_length = 4 + 4 * dimensions
    if len(content) < header_length:
        raise UserError(f"{path} ends within its header; delete it to download it anew")
    shape = [int(length) for length in np.frombuffer(content, ">u4", dimensions, offset=4)]
    # Python integers, so that a header that lies can't overflow.
    expected = header_length + int(np.prod(shape, dtype=object))
    if len(content) != expected:
        raise UserError(
            f"{path} holds {len(content):,} bytes where its header promises {expected:,}; delete it to download it anew"
        )
    return np.frombuffer(content, np.uint8, offset=header_length).reshape(shape)
