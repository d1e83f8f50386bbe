from dataclasses import replace

import pytest

from excel_export.practice.blanks import Blank
from excel_export.practice.key import FORMAT, Key, Options, Student, fingerprint, load
from excel_export.practice.source import digest_of, network_of, network_of_key
from excel_export.shared.errors import ExportError

BLANK = Blank("grad.fc1.weight", (0, 2), "Network", "C7", "backward", 2, "linear", "gradient", "A1*B2", (1,))
KEY = Key("s", "net.py:tiny", Options(("backward",)), "ab", (Student("Ann", "Ann", "Ann.xlsx", "f0", (BLANK,)),))


def test_a_key_comes_back_as_it_was(tmp_path):
    KEY.save(tmp_path / "key.json")
    assert load(tmp_path / "key.json") == KEY


def test_a_student_is_found_by_the_fingerprint():
    assert KEY.student("f0") is KEY.students[0]
    assert KEY.student("f1") is None
    again = replace(KEY.students[0], fingerprint="f2")
    assert KEY.with_students((again,)).students == (again,)


def test_fingerprints_need_the_secret():
    assert len({fingerprint(secret, text) for secret in ("a", "b") for text in ("Ann", "Ben")}) == 4


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        f'{{"format": "{FORMAT}"}}',
        f'{{"format": "{FORMAT}", "options": {{"directions": [], "level": "x"}}, "students": []}}',
        "[" * 100_000,
    ],
)
def test_what_is_no_key_is_refused_in_one_line(tmp_path, text):
    (tmp_path / "key.json").write_text(text)
    with pytest.raises(ExportError, match="key"):
        load(tmp_path / "key.json")


def test_a_missing_key_is_refused(tmp_path):
    with pytest.raises(ExportError, match="cannot read"):
        load(tmp_path / "none.json")


def test_a_network_that_changed_since_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    source = "import torch\nfrom torch import nn\ndef net(): return nn.L1Loss(), (torch.tensor([{}]), torch.zeros(1))\n"
    (tmp_path / "one.py").write_text(source.format("1.5"))
    (tmp_path / "same.py").write_text(f"# the same\n{source.format('1.5')}")
    (tmp_path / "other.py").write_text(source.format("1.6"))
    key = Key("s", "one.py:net", Options(), digest_of(network_of("one.py:net")))
    assert network_of_key(key).graph.loss.data == 1.5
    assert network_of_key(replace(key, source="same.py:net")).graph.loss.data == 1.5
    with pytest.raises(ExportError, match="changed since"):
        network_of_key(replace(key, source="other.py:net"))
