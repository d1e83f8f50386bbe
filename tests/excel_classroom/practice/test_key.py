from dataclasses import replace

import pytest

from excel_classroom.practice.blanks import Blank, QuestionInWords
from excel_classroom.practice.key import FORMAT, Key, Options, Student, fingerprint, load
from excel_classroom.practice.source import digest_of, network_of, network_of_key
from excel_export.shared.errors import ExportError

BLANK = Blank("grad.fc1.weight", (0, 2), "Network", "C7", "backward", 2, "linear", "gradient", "A1*B2", (1,))
KEY = Key(
    "s", "net.py:tiny", Options(("backward",)), "ab", "folder", (BLANK,),
    (QuestionInWords(0, "why?"),), (("Network", "D7"),), "[points]",
    (Student("Ann", "17", "ann@x", variant="Ann", file="Ann.xlsx", fingerprint="f0", draw=3),),
)  # fmt: skip


def test_a_key_comes_back_as_it_was_and_is_for_nobody_else(tmp_path):
    KEY.save(tmp_path / "key.json")
    assert load(tmp_path / "key.json") == KEY
    assert (tmp_path / "key.json").stat().st_mode & 0o077 == 0


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
        f'{{"format": "{FORMAT.replace("2", "1")}"}}',
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


def test_a_network_is_found_where_it_is_now(tmp_path, monkeypatch):
    """From another folder, and after the key and its source have moved together."""
    (tmp_path / "course").mkdir()
    (tmp_path / "elsewhere").mkdir()
    source = (
        "import torch\nfrom torch import nn\ndef net(): return nn.L1Loss(), (torch.tensor([1.5]), torch.zeros(1))\n"
    )
    (tmp_path / "course" / "net.py").write_text(source)
    monkeypatch.chdir(tmp_path / "course")
    key = Key("s", "net.py:net", Options(), digest_of(network_of("net.py:net")), str(tmp_path / "course"))
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert network_of_key(key).graph.loss.data == 1.5
    (tmp_path / "course").rename(tmp_path / "moved")
    with pytest.raises(ExportError, match="no such file"):
        network_of_key(key)
    assert network_of_key(key, tmp_path / "moved").graph.loss.data == 1.5
