"""A minute of fuzzing: valid files with some bytes changed, inside of what wraps them, for every reader.

The same files each time, so that a failure is one for everybody. FUZZ_EXAMPLES=100000 hunts longer, and anew.
"""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.fuzz import (
    REGRESSIONS,
    SEEDS,
    WORKBOOK,
    split_checkpoint,
    try_bytes,
    with_checksums,
    with_header,
    zipped,
)

LONGER = int(os.environ.get("FUZZ_EXAMPLES", 0))
# What has meaning in one of the formats, or is at the end of a range.
WORDS = (
    *b"< > & / ( , 0 [ { -1 .. <v> <t> <c/> <row> </a> <!-- ]]> nan 1e999 XFD1 1048577 _x0000_ Tensors null F4".split(),
    *(b'"', b"\n", b"\0", b"\xff", b"\xff\xff\xff\xff", b"\x80\0\0\0", b"<!DOCTYPE x>", b"\\ud800", b"\xe2\x80\xa8"),
    *(b"9" * 20, b"9" * 5000),
)


def fuzz(examples: int):
    return settings(
        max_examples=LONGER or examples,
        derandomize=not LONGER,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


changes = st.lists(
    st.tuples(
        st.floats(0, 1),
        st.integers(0, 12),  # how many bytes go
        st.sampled_from(WORDS) | st.binary(max_size=4),  # what comes in their place
    ),
    min_size=1,
    max_size=5,
)


def changed(content: bytes, edits) -> bytes:
    for where, gone, come in edits:
        at = int(where * len(content))
        content = content[:at] + come + content[at + gone :]
    return content


@pytest.mark.slow
@fuzz(4500)
@given(st.sampled_from(sorted(WORKBOOK)), changes)
def test_the_parts_of_a_workbook(part, edits):
    try_bytes("workbook", zipped({**WORKBOOK, part: changed(WORKBOOK[part], edits)}))


@pytest.mark.slow
@fuzz(3000)
@given(changes)
def test_the_header_of_a_checkpoint(edits):
    header, body = split_checkpoint(SEEDS["checkpoint"][0])
    try_bytes("checkpoint", with_header(changed(header, edits), body))


@pytest.mark.slow
@fuzz(3000)
@given(changes)
def test_the_chunks_of_a_png(edits):
    for seed in (SEEDS["picture"][0], SEEDS["picture"][-1]):
        try_bytes("picture", with_checksums(changed(seed, edits)))


@pytest.mark.slow
@pytest.mark.parametrize("target", SEEDS)
@fuzz(1500)
@given(st.data())
def test_any_bytes_of_a_file(target, data):
    content = data.draw(st.sampled_from(SEEDS[target]))
    try_bytes(target, changed(content, data.draw(changes)))


@pytest.mark.parametrize("target", SEEDS)
def test_the_files_that_are_changed_are_good(target):
    for seed in SEEDS[target]:
        assert try_bytes(target, seed)


@pytest.mark.parametrize("path", sorted(REGRESSIONS.glob("*.bin")), ids=lambda path: path.stem)
def test_what_was_found_before(path):
    try_bytes(path.stem.split("-")[0], path.read_bytes())
