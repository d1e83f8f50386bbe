import json
import os
import stat
from dataclasses import replace

import pytest

from excel_classroom.practice.class_list import file_name
from excel_classroom.practice.handout import Handout
from excel_classroom.practice.key import FORMAT, Key, Options, fingerprint, load
from excel_classroom.practice.source import network_of
from excel_export.cli import main
from excel_export.shared.errors import ExportError
from excel_export.workbook.read import read_tensors
from tests.support.engines import recalculate
from tests.support.practice import fill_in, marks

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
    assert main(["practice", net, "-o", "week", "--class", "list.csv", "--exam", "--solutions", "--blanks", "5"]) == 0
    files = ["Ann.xlsx", "Ben_B.xlsx", "Çağla.xlsx"]
    assert sorted(path.name for path in (tmp_path / "week").iterdir()) == files
    assert sorted(path.name for path in (tmp_path / "week solutions").iterdir()) == files
    key = load(tmp_path / "week.key.json")
    assert [(each.name, each.file, each.email) for each in key.students] == list(
        zip(["Ann", "Ben/B.", "Çağla"], files, "abc", strict=True)
    )
    numbers = {str(read_tensors(tmp_path / "week" / file)["x"].tolist()) for file in files}
    assert len(numbers) == 3
    for each in key.students:
        found = recalculate(tmp_path / "week" / each.file, "ironcalc", tmp_path / "computed")
        row = 7 + len(key.blanks) + 1
        assert found.value("Practice", f"C{row}") == each.variant
        assert found.value("Practice", f"D{row}") == each.fingerprint == fingerprint(key.secret, each.variant)
        # All are asked the same.
        asked = [found.value("Practice", f"C{7 + k}") for k in range(len(key.blanks))]
        assert asked == [f"{blank.wanted}  →  {blank.sheet} {blank.cell}" for blank in key.blanks]
        assert key.questions[0].text in found.value("Practice", f"B{7 + len(key.blanks) + 4}")
    said = capsys.readouterr().out
    assert "give it to nobody" in said
    for path in (tmp_path / "week").iterdir():
        assert key.secret.encode() not in path.read_bytes()
    # With the key, the same again.
    before = (tmp_path / "week" / "Ann.xlsx").read_bytes()
    same = ["--exam", "--blanks", "5", "--key", "week.key.json"]
    assert main(["practice", net, "-o", "week.xlsx", "--variant", "Ann", *same]) == 0
    assert (tmp_path / "week.xlsx").read_bytes() == before
    assert len(load(tmp_path / "week.key.json").students) == 3


def test_blanks_that_are_right_in_spite_of_a_mistake_are_named_with_what_gives_others(net, tmp_path, capsys):
    command = ["practice", net, "-o", "one.xlsx", "--exam", "--blanks", "2"]
    assert main(command) == 0
    key, said = load(tmp_path / "one.key.json"), []
    for untold in ((), ("the wrong sign",)):
        blanks = (replace(key.blanks[0], untold=()), replace(key.blanks[1], untold=untold))
        replace(key, blanks=blanks).save(tmp_path / "one.key.json")
        capsys.readouterr()
        assert main(command) == 0
        said.append([line for line in capsys.readouterr().out.splitlines() if "mistake" in line])
    line = "even with a mistake, the answer is right at blank 2 (the wrong sign): for other blanks, use another -o"
    assert said == [[], [f"{line} and --key"]]


def test_what_was_given_out_is_kept(net, tmp_path, capsys):
    """A list with one name more, run again: the others may have begun to fill in their files."""
    command = ["practice", net, "-o", "week", "--class", "list.csv", "--blanks", "2"]
    (tmp_path / "list.csv").write_text("Ann\nBen\n")
    assert main(command) == 0
    assert "wrote week: 2 files, each with 2 blanks\n" in capsys.readouterr().out
    begun = tmp_path / "week" / "Ann.xlsx"
    begun.write_bytes(begun.read_bytes() + b"her work")
    (tmp_path / "list.csv").write_text("Ann\nCleo\nBen\n")
    assert main(command) == 0
    out = capsys.readouterr().out
    assert (
        "wrote week: 1 file, each with 2 blanks\nkept 2 files that were given out before: delete one to write it anew\n"
        in out
    )
    assert begun.read_bytes().endswith(b"her work")
    assert {each.name for each in load(tmp_path / "week.key.json").students} == {"Ann", "Ben", "Cleo"}
    # Without the key, nobody knows what the files there are.
    (tmp_path / "week.key.json").unlink()
    assert main(command) == 1
    assert "Ann.xlsx is there already, and of another exercise: name another folder" in capsys.readouterr().err
    assert begun.read_bytes().endswith(b"her work")
    assert not (tmp_path / "week.key.json").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_solutions_and_keys_are_for_their_owner_alone(net, tmp_path):
    (tmp_path / "list.csv").write_text("Ann\n")
    assert main(["practice", net, "-o", "week", "--class", "list.csv", "--blanks", "2", "--solutions"]) == 0
    assert main(["practice", net, "-o", "one.xlsx", "--blanks", "2", "--solutions", "--exam"]) == 0
    for path in ("week solutions/Ann.xlsx", "one solutions.xlsx", "week.key.json", "one.key.json"):
        assert stat.S_IMODE((tmp_path / path).stat().st_mode) == 0o600, path
    assert stat.S_IMODE((tmp_path / "week solutions").stat().st_mode) == 0o700


def test_a_variant_is_the_same_again_without_a_key(net, tmp_path):
    for name in ("one", "two"):
        assert main(["practice", net, "-o", f"{name}.xlsx", "--variant", "Ann", "--level", "1", "--backward"]) == 0
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-o", "p.pdf"], "ends in .xlsx"),
        (["-o", "p.xlsx", "--variant", "a", "--class", "list.csv"], "say one of them"),
        (["-o", "p.xlsx", "--name-column", "Who"], "go with --class"),
        (["-o", "p.xlsx", "--rubric", "none.toml"], "cannot read the rubric"),
        (["-o", "week", "--class", "none.csv"], "cannot read the table"),
        (["-o", "week", "--class", "names.xlsx"], "save the list of names as CSV"),
        (["-o", "p.xlsx", "--key", "other.json"], "another exercise"),
        (["-o", "p.xlsx", "--key", "changed.json"], "has changed since"),
        (["-o", "p.xlsx", "--class", "list.csv"], "name a folder"),
    ],
)
def test_mistakes_are_one_line(net, tmp_path, capsys, arguments, said):
    key = {"format": FORMAT, "secret": "s", "source": "other.py:net"}
    key |= {"students": [], "blanks": [], "questions": [], "withheld": []}
    changed = Key("s", net, Options(), "another digest")
    changed.save(tmp_path / "changed.json")
    options = {"directions": ["forward"], "count": 12, "level": 2, "exam": False, "learning_rate": 0.1}
    (tmp_path / "other.json").write_text(json.dumps(key | {"options": options}))
    assert main(["practice", net, *arguments]) in (1, 2)
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not (tmp_path / "p.xlsx").exists()


def test_files_have_names_of_their_own_that_every_system_keeps():
    taken: set[str] = set()
    names = ["A/B", "A:B", "a_b", "..", "x" * 300, "CON", "lpt1.old", "अनिता देवी", "สมชาย ใจดี", "Zoë O'Neil", "e\u0301"]
    assert [file_name(name, taken) for name in names] == [
        "A_B.xlsx", "A_B 2.xlsx", "a_b 3.xlsx", "student.xlsx", f"{'x' * 60}.xlsx", "_CON.xlsx", "_lpt1.old.xlsx",
        "अनिता देवी.xlsx", "สมชาย ใจดี.xlsx", "Zoë O'Neil.xlsx", "e\u0301.xlsx",
    ]  # fmt: skip


def test_a_class_never_has_some_of_its_files_only(net, tmp_path, monkeypatch, capsys):
    """The third student's file can't be made: so there is none for the others, and no key."""
    (tmp_path / "list.csv").write_text("Ann\nBen\nCleo\n")
    made = Handout.make

    def fails(self, variant, draw=None):
        if variant == "Cleo":
            raise ExportError("no numbers were found for 'Cleo'")
        return made(self, variant, draw)

    monkeypatch.setattr(Handout, "make", fails)
    assert main(["practice", net, "-o", "week", "--class", "list.csv", "--blanks", "2"]) == 1
    assert "no numbers were found for 'Cleo'" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "week").iterdir()] == []
    assert not (tmp_path / "week.key.json").exists()
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".tmp")]


@pytest.mark.slow
def test_several_processes_make_the_same_files_as_one(net, tmp_path, request):
    (tmp_path / "list.csv").write_text("\n".join(f"Student {k}" for k in range(10)))
    command = ["practice", net, "--class", "list.csv", "--blanks", "2", "--key", "key.json", "--exam"]
    assert main([*command, "-o", "many"]) == 0
    request.getfixturevalue("one_core")
    assert main([*command, "-o", "one"]) == 0
    for path in (tmp_path / "many").iterdir():
        assert path.read_bytes() == (tmp_path / "one" / path.name).read_bytes()


def test_namesakes_are_two_students_and_stay_who_they_are(net, tmp_path):
    command = ["practice", net, "-o", "week", "--class", "list.csv", "--blanks", "2"]
    (tmp_path / "list.csv").write_text("Name,ID\nAnna Kim,17\nBen,18\n")
    assert main(command) == 0
    before = (tmp_path / "week" / "Anna Kim.xlsx").read_bytes()
    (tmp_path / "list.csv").write_text("Name,ID\nAnna Kim,23\nAnna Kim,17\nBen Smith,18\n")
    assert main(command) == 0
    key = load(tmp_path / "week.key.json")
    assert {(each.name, each.id, each.file) for each in key.students} == {
        ("Anna Kim", "17", "Anna Kim.xlsx"), ("Anna Kim", "23", "Anna Kim 23.xlsx"), ("Ben Smith", "18", "Ben.xlsx"),
    }  # fmt: skip
    assert (tmp_path / "week" / "Anna Kim.xlsx").read_bytes() == before
    assert len({each.fingerprint for each in key.students}) == 3


def test_a_teachers_tolerance_is_the_one_of_the_marks(net, tmp_path):
    (tmp_path / "strict.toml").write_text("[tolerance]\nrelative = 0\ndecimals = 6\n")
    for name, more in (("usual", []), ("strict", ["--rubric", "strict.toml"])):
        assert main(["practice", net, "-o", f"{name}.xlsx", "--key", f"{name}.json", *more]) == 0
    assert load(tmp_path / "strict.json").read_rubric.tolerance.decimals == 6
    key = load(tmp_path / "usual.json")
    blank, contents = key.blanks[0], {}
    answer = float(network_of(key.source).graph.tensors[blank.tensor][blank.index])
    contents[blank.sheet, blank.cell] = round(answer, 4)
    states = {}
    for name in ("usual", "strict"):
        path = fill_in((tmp_path / f"{name}.xlsx").read_bytes(), contents, tmp_path / f"filled {name}.xlsx")
        states[name] = marks(path, "ironcalc", len(key.blanks))[0][0]
    assert states == {"usual": "right", "strict": "wrong"}


def test_a_lesson_can_be_practised(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["lesson", "one-neuron", "--practice", "-o", "lesson.xlsx"]) == 0
    assert main(["practice", "one-neuron", "-o", "practice.xlsx"]) == 0
    assert (tmp_path / "lesson.xlsx").read_bytes() == (tmp_path / "practice.xlsx").read_bytes()
    assert main(["practice", "no-such", "-o", "practice.xlsx"]) == 1
    assert "there is no lesson 'no-such'" in capsys.readouterr().err


def test_without_a_file_to_write_it_is_refused_in_one_line(net, capsys):
    assert main(["practice", net]) == 2
    assert "'-o'" in capsys.readouterr().err
