"""A sheet changes only on purpose: its texts, formulas and formats are those that were looked at before."""

import zipfile

import pytest

from tests.support.digests import KINDS, digests, kept
from tests.support.kinds import LESSON
from tests.support.long_proofs import only_quick

QUICK = (KINDS[0], *(LESSON + name for name in ("one-neuron", "softmax")))


@pytest.mark.parametrize("kind", only_quick(KINDS, *QUICK))
def test_each_sheet_is_as_it_was(kind, made_of):
    found, before = digests(made_of(kind).path), kept()[kind]
    changed = [name for name in found | before if found.get(name) != before.get(name)]
    assert changed == [], "look at these sheets; if they are as they should be: python -m tests.support.digests"


def test_each_kind_has_its_digests():
    assert kept().keys() == {*KINDS}


@pytest.mark.parametrize(
    ("was", "now", "notice"),
    [(b"One neuron", b"Two neurons", True), (b"<f>", b"<f>1+", True), (b"<v>", b"<v>1", False)],
)
def test_a_text_and_a_formula_are_noticed_a_stored_value_is_not(was, now, notice, made_of, tmp_path):
    path = made_of(f"{LESSON}one-neuron").path
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / "new.xlsx", "w") as new:
        for part in old.namelist():
            content = old.read(part)
            new.writestr(part, content.replace(was, now, 1) if part.startswith("xl/worksheets/sheet") else content)
    assert (digests(path) != digests(tmp_path / "new.xlsx")) == notice
