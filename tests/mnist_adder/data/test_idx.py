import struct

import numpy as np
import pytest

from excel_export.shared.errors import UserError
from mnist_adder.data.idx import read_idx

HEADER = struct.pack(">BBBBIII", 0, 0, 8, 3, 2, 3, 4)
VALUES = bytes(range(24))


def test_reads_the_values_in_the_shape_of_the_header(tmp_path):
    path = tmp_path / "images"
    path.write_bytes(HEADER + VALUES)
    assert np.array_equal(read_idx(path, 3), np.arange(24, dtype=np.uint8).reshape(2, 3, 4))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "isn't an IDX file"),
        (b"\x1f\x8b\x08\x00" + VALUES, "isn't an IDX file"),
        (struct.pack(">BBBBI", 0, 0, 8, 1, 24) + VALUES, "isn't an IDX file of bytes in 3 dimension"),
        (struct.pack(">BBBBIII", 0, 0, 13, 3, 2, 3, 1) + VALUES, "isn't an IDX file of bytes"),
        (HEADER[:10], "ends within its header"),
        (HEADER + VALUES[:-1], "holds 39 bytes where its header promises 40"),
        (HEADER + VALUES + b"\0", "holds 41 bytes where its header promises 40"),
        (
            struct.pack(">BBBBIII", 0, 0, 8, 3, 2**32 - 1, 2**32 - 1, 2**32 - 1) + VALUES,
            "header promises 79,",
        ),
    ],
)
def test_faulty_files_are_refused_by_name(tmp_path, content, complaint):
    path = tmp_path / "train-images"
    path.write_bytes(content)
    with pytest.raises(UserError, match=complaint) as refusal:
        read_idx(path, 3)
    assert str(path) in str(refusal.value)


def test_a_missing_file_is_refused_by_name(tmp_path):
    with pytest.raises(UserError, match="missing can't be read: No such file"):
        read_idx(tmp_path / "missing", 3)
