"""`excel-export lesson`, and lessons of other packages."""

import pytest

from excel_export.cli import main
from excel_export.lessons.catalogue import all_lessons


def test_the_command_lists_the_lessons(capsys):
    assert main(["lesson", "--list"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in listed] == [*all_lessons()]


@pytest.fixture
def announced(tmp_path, monkeypatch):
    """Let another package announce what stands somewhere as its lesson."""

    def announce(value):
        folder = tmp_path / "another-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: another\nVersion: 1.0\n")
        (folder / "entry_points.txt").write_text(f"[excel_export.lessons]\nanother = {value}\n")
        (tmp_path / "another_package.py").write_text(
            "from dataclasses import replace\nfrom excel_export.lessons.one_neuron import LESSON as FIRST\n"
            "LESSON = replace(FIRST, name='another', number=99)\n"
        )
        monkeypatch.syspath_prepend(tmp_path)

    return announce


def test_a_lesson_of_another_package_is_found(announced, capsys):
    announced("another_package:LESSON")
    assert main(["lesson", "--list"]) == 0
    assert "another" in capsys.readouterr().out.splitlines()[-1]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("no_such_module:LESSON", "the lesson 'another' of no_such_module:LESSON cannot be loaded"),
        ("another_package:FIRST", "two lessons have the name 'one-neuron'"),
        ("another_package:replace", "is no excel_export.lessons.lesson.Lesson"),
    ],
)
def test_what_another_package_announces_wrongly_is_one_line(value, message, announced, capsys):
    announced(value)
    assert main(["lesson", "--list"]) == 1
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1


def test_the_command_writes_one(tmp_path, capsys):
    assert main(["lesson", "one-neuron", "-o", str(tmp_path / "one.xlsx")]) == 0
    assert "begin on the sheet Lesson" in capsys.readouterr().out
    assert (tmp_path / "one.xlsx").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["two-neurons", "-o", "out.xlsx"], "there is no lesson 'two-neurons'"),
        (["one-neuron"], "Say NAME and -o FILE.xlsx, or --list."),
        ([], "Say NAME and -o FILE.xlsx, or --list."),
    ],
)
def test_what_is_wrong_is_one_line(arguments, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["lesson", *arguments]) > 0
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not [*tmp_path.iterdir()]
