"""Hunt for bytes that a reader cannot bear, with coverage as the guide: needs `pip install atheris`.

    python -m tests.support.hunt workbook -max_total_time=600

Keep what it finds in `tests/regressions/`, as TARGET-what-it-is.bin.
"""

import json
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["excel_export", "mnist_adder", "PIL"]):
    from tests.support.fuzz import SEEDS, WORKBOOK, split_checkpoint, try_bytes, with_checksums, with_header, zipped


def unwrapped(target: str) -> list[bytes]:
    """The seeds without what guards them: a workbook as JSON of its parts, a checkpoint as its header."""
    if target == "workbook":
        return [json.dumps({name: data.decode() for name, data in WORKBOOK.items()}).encode()]
    return [split_checkpoint(seed)[0] for seed in SEEDS[target]] if target == "checkpoint" else []


def wrapped(target: str, content: bytes) -> bytes:
    """The file that such bytes stand for; other bytes are the file."""
    if content.startswith(b"{"):
        if target == "checkpoint":
            return with_header(content, split_checkpoint(SEEDS[target][0])[1])
        try:
            return zipped({str(name): str(text).encode() for name, text in json.loads(content).items() if name})
        except (ValueError, AttributeError, RecursionError):
            pass
    return with_checksums(content) if content.startswith(b"\x89PNG") else content


def main(target: str, arguments: list[str]) -> None:
    with tempfile.TemporaryDirectory() as corpus:
        for k, seed in enumerate([*SEEDS[target], *unwrapped(target)]):
            (Path(corpus) / str(k)).write_bytes(seed)
        atheris.Setup(["hunt", corpus, *arguments], lambda content: try_bytes(target, wrapped(target, content)))
        atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
