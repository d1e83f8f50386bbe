import json

import pytest

from excel_export.cli import main
from excel_export.practice.handout import file_names, read_names
from excel_export.practice.key import Key, Options, fingerprint, load
from excel_export.shared.errors import ExportError
from excel_export.xlsx.read import read_tensors
from tests.support.engines import recalculate

SOURCE = """
import torch
from tests.support.tiny import Tiny, X

def tiny():
    return Tiny(), (X,)
"""


@pytest.fixture
def net(tmp_path, monkeypatch):
    (tmp_path / "net.py").write_text(SOURCE)
    monkeypatch.chdir(tmp_path)
    return "net.py:tiny"


def test_a_class_gets_a_file_each_and_the_teacher_a_key(net, tmp_path, capsys):
    (tmp_path / "list.csv").write_text("\ufeffName;Mail\nAnn;a\nBen/B.;b\nÇağla;c\n")
    assert main(["practice", net, "-o", "week", "--class", "list.csv", "--exam", "--solutions", "--blanks", "6"]) == 0
    files = ["Ann.xlsx", "Ben_B.xlsx", "Çağla.xlsx"]
    assert sorted(path.name for path in (tmp_path / "week").iterdir()) == files
    assert sorted(path.name for path in (tmp_path / "week solutions").iterdir()) == files
    key = load(tmp_path / "week.key.json")
    assert [(each.name, each.file) for each in key.students] == list(
        zip(["Ann", "Ben/B.", "Çağla"], files, strict=True)
    )
    assert len({each.blanks for each in key.students}) == 3
    numbers = {str(read_tensors(tmp_path / "week" / file)["x"].tolist()) for file in files}
    assert len(numbers) == 3
    for each in key.students:
        found = recalculate(tmp_path / "week" / each.file, "ironcalc", tmp_path / "computed")
        row = 7 + len(each.blanks) + 1
        assert found.value("Practice", f"C{row}") == each.name
        assert found.value("Practice", f"D{row}") == each.fingerprint == fingerprint(key.secret, each.variant)
    assert "give it to nobody" in capsys.readouterr().out
    for path in (tmp_path / "week").iterdir():
        assert key.secret.encode() not in path.read_bytes()
    # With the key, the same again.
    before = (tmp_path / "week" / "Ann.xlsx").read_bytes()
    again = [
        "practice",
        net,
        "-o",
        "week.xlsx",
        "--variant",
        "Ann",
        "--exam",
        "--key",
        "week.key.json",
        "--blanks",
        "6",
    ]
    assert main(again) == 0
    assert (tmp_path / "week.xlsx").read_bytes() == before
    assert len(load(tmp_path / "week.key.json").students) == 3


def test_what_was_given_out_is_kept(net, tmp_path, capsys):
    """A list with one name more, run again: the others may have begun to fill in their files."""
    command = ["practice", net, "-o", "week", "--class", "list.csv", "--blanks", "2"]
    (tmp_path / "list.csv").write_text("Ann\nBen\n")
    assert main(command) == 0
    assert "wrote week: 2 files\n" in capsys.readouterr().out
    begun = tmp_path / "week" / "Ann.xlsx"
    begun.write_bytes(begun.read_bytes() + b"her work")
    (tmp_path / "list.csv").write_text("Ann\nCleo\nBen\n")
    assert main(command) == 0
    out = capsys.readouterr().out
    assert "wrote week: 1 file\nkept 2 files that were given out before: delete one to write it anew\n" in out
    assert begun.read_bytes().endswith(b"her work")
    assert {each.name for each in load(tmp_path / "week.key.json").students} == {"Ann", "Ben", "Cleo"}
    # Without the key, nobody knows what the files there are.
    (tmp_path / "week.key.json").unlink()
    assert main(command) == 1
    assert "Ann.xlsx is there already, and of another exercise: name another folder" in capsys.readouterr().err
    assert begun.read_bytes().endswith(b"her work")
    assert not (tmp_path / "week.key.json").exists()


def test_a_variant_is_the_same_again_without_a_key(net, tmp_path):
    for name in ("one", "two"):
        assert main(["practice", net, "-o", f"{name}.xlsx", "--variant", "Ann", "--level", "1", "--backward"]) == 0
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()


def test_level_3_leaves_whole_gradients_empty(net, tmp_path):
    arguments = ["practice", net, "-o", "p.xlsx", "--backward", "--level", "3", "--blanks", "8", "--key", "key.json"]
    assert main(arguments) == 0
    blanks = load(tmp_path / "key.json").students[0].blanks
    assert {(blank.tensor, blank.index) for blank in blanks} == {
        *(("grad.layer.weight", (i, j)) for i in range(2) for j in range(3)),
        *(("grad.layer.bias", (i,)) for i in range(2)),
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-o", "p.pdf"], "ends in .xlsx"),
        (["-o", "p.xlsx", "--variant", "a", "--class", "list.csv"], "say one of them"),
        (["-o", "p.xlsx", "--level", "3", "--blanks", "1"], "has 2 elements"),
        (["-o", "p.xlsx", "--level", "3", "--forward"], "nothing of this kind"),
        (["-o", "week", "--class", "none.csv"], "cannot read the list"),
        (["-o", "week", "--class", "names.xlsx"], "save the list of names as CSV"),
        (["-o", "p.xlsx", "--key", "other.json"], "another exercise"),
        (["-o", "p.xlsx", "--key", "changed.json"], "has changed since"),
        (["-o", "p.xlsx", "--class", "list.csv"], "name a folder"),
    ],
)
def test_mistakes_are_one_line(net, tmp_path, capsys, arguments, said):
    key = {"format": "excel-export practice key, version 1", "secret": "s", "source": "other.py:net", "students": []}
    changed = Key("s", net, Options(), "another digest")
    changed.save(tmp_path / "changed.json")
    options = {"directions": ["forward"], "count": 12, "level": 2, "exam": False, "learning_rate": 0.1}
    (tmp_path / "other.json").write_text(json.dumps(key | {"options": options}))
    assert main(["practice", net, *arguments]) in (1, 2)
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not (tmp_path / "p.xlsx").exists()


def test_names_are_read_as_programs_write_them(tmp_path):
    path = tmp_path / "list.csv"
    for text in (
        "Ann\nBen\n",
        "name,mail\nAnn,a\n\nBen,b\n",
        "Student;x\r\nAnn;1\r\nBen;2\r\n",
        '\ufeff"Ann"\n"Ben"\n',
    ):
        path.write_bytes(text.encode())
        assert read_names(path) == ["Ann", "Ben"]
    for text in ("", "name\n", "Ann\nAnn\n"):
        path.write_text(text)
        with pytest.raises(ExportError, match="list"):
            read_names(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ExportError, match="UTF-8"):
        read_names(path)


def test_files_have_names_of_their_own():
    names = file_names(["A/B", "A:B", "a_b", "..", "x" * 300])
    assert names == ["A_B.xlsx", "A_B 2.xlsx", "a_b 3.xlsx", "student.xlsx", f"{'x' * 60}.xlsx"]


def test_a_lesson_can_be_practised(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["lesson", "one-neuron", "--practice", "-o", "lesson.xlsx"]) == 0
    assert main(["practice", "one-neuron", "-o", "practice.xlsx"]) == 0
    assert (tmp_path / "lesson.xlsx").read_bytes() == (tmp_path / "practice.xlsx").read_bytes()
    assert main(["practice", "no-such", "-o", "practice.xlsx"]) == 1
    assert "there is no lesson 'no-such'" in capsys.readouterr().err
