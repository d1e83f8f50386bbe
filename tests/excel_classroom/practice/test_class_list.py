"""Lists of a class, as Moodle and Canvas export them and as teachers type them."""

import pytest

from excel_classroom.practice.class_list import distinct, read_class
from excel_classroom.practice.key import Student
from excel_export.shared.errors import ExportError

PARTICIPANTS = """First name,Last name,ID number,Email address,Groups
Ada,Lovelace,1815,ada@example.org,A
"Juan","de la Cruz",2001,juan@example.org,"A, B"
अनिता,देवी,2002,anita@example.org,
"""
# https://docs.moodle.org/en/Assignment_settings: Offline grading worksheet
WORKSHEET = (
    "Identifier,Full name,ID number,Email address,Status,Grade,Maximum grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade),Feedback comments\n"
    'Participant 4711,Ada Lovelace,1815,ada@example.org,"Submitted for grading",,100.00,Yes,'
    '"Friday, 20 November 2026, 8:30 AM",-,\n'
    "Participant 4712,Alan Turing,1912,alan@example.org,No submission,,100.00,Yes,-,-,\n"
)
# Canvas: lib/gradebook_exporter.rb
GRADEBOOK = """Student,ID,SIS User ID,SIS Login ID,Section,Week 3 (5001),Current Score
,,,,,Manual Posting,
    Points Possible,,,,,12,(read only)
"Lovelace, Ada",901,s1815,ada,Section 1,,
"Turing, Alan",902,s1912,alan,Section 1,11.5,
"Student, Test",903,,abc,Section 1,,
"""


def people(tmp_path, text, encoding="utf-8", **columns):
    (tmp_path / "list.csv").write_bytes(text.encode(encoding))
    return read_class(tmp_path / "list.csv", **columns).people


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PARTICIPANTS, [("Ada Lovelace", "1815", "ada@example.org"), ("Juan de la Cruz", "2001", "juan@example.org"),
                        ("अनिता देवी", "2002", "anita@example.org")]),
        (WORKSHEET, [("Ada Lovelace", "1815", "ada@example.org", "4711"),
                     ("Alan Turing", "1912", "alan@example.org", "4712")]),
        (GRADEBOOK, [("Ada Lovelace", "s1815", "", "901"), ("Alan Turing", "s1912", "", "902")]),
    ],
    ids=["Moodle's participants", "Moodle's grading worksheet", "Canvas' gradebook"],
)  # fmt: skip
def test_what_platforms_export(tmp_path, text, expected):
    assert people(tmp_path, text) == tuple(Student(*each) for each in expected)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encodings_and_separators(tmp_path, encoding, separator, end):
    text = PARTICIPANTS.replace('"A, B"', "A").replace(",", separator).replace("\n", end)
    found = people(tmp_path, text, encoding)
    assert [each.name for each in found] == ["Ada Lovelace", "Juan de la Cruz", "अनिता देवी"]
    assert found[2].email == "anita@example.org"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Ann\nBen\n", ["Ann", "Ben"]),
        ("name,mail\nAnn,a\n\nBen,b\n", ["Ann", "Ben"]),
        ("Student;x\r\nAnn;1\r\nBen;2\r\n", ["Ann", "Ben"]),
        ('\ufeff"Ann"\n"Ben"\n', ["Ann", "Ben"]),
        ("Lovelace, Ada\nTuring, Alan\n", ["Lovelace, Ada", "Turing, Alan"]),
        ("Vorname;Nachname;E-Mail-Adresse\nJörg;Müller;j@x\n", ["Jörg Müller"]),
        ("Prénom,Nom,Adresse de courriel\nZoé,Faure,z@x\n", ["Zoé Faure"]),
    ],
)
def test_plain_lists_and_other_languages(tmp_path, text, names):
    assert [each.name for each in people(tmp_path, text)] == names


def test_columns_with_unusual_titles_are_named(tmp_path):
    text = "Nr,Who is it,Matr\n1,Ann,77\n2,Ben,78\n"
    assert people(tmp_path, text, name_column="who is it", id_column="Matr") == (
        Student("Ann", "77"),
        Student("Ben", "78"),
    )
    with pytest.raises(ExportError, match="there is no column 'Nobody'; there are: Nr, Who is it, Matr"):
        people(tmp_path, text, name_column="Nobody")
    with pytest.raises(ExportError, match="no column of names among E-mail, ID: say which with --name-column"):
        people(tmp_path, "E-mail,ID\na@x,1\n")


@pytest.mark.parametrize("text", ["", "name\n", "\n\n", "Student,ID\n    Points Possible,\n"])
def test_a_list_without_students(tmp_path, text):
    with pytest.raises(ExportError, match="0 names"):
        people(tmp_path, text)


def test_what_is_no_list(tmp_path):
    (tmp_path / "list.csv").write_bytes(b"Name\nJ\xfcrgen\n")
    with pytest.raises(ExportError, match="save it as CSV in UTF-8"):
        read_class(tmp_path / "list.csv")
    with pytest.raises(ExportError, match="a workbook: save the list of names as CSV"):
        read_class(tmp_path / "list.xlsx")


def test_namesakes_are_told_apart():
    texts = distinct([Student("Anna Kim", "17"), Student("Anna Kim", "", "a.kim2@x"), Student("Bo"), Student("Bo")])
    assert texts == ["Anna Kim 17", "Anna Kim a.kim2", "Bo", "Bo 2"]
    assert Student("Anna", "17").is_same(Student("Anna Kim", "17"))
    assert not Student("Anna Kim", "17").is_same(Student("Anna Kim", "18"))
    assert Student("Anna", "", "A@x").is_same(Student("Anna Kim", "3", "a@X"))


def test_a_line_that_tells_excel_the_separator_is_no_student(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("sep=;\nName;ID number\nAda Lovelace;1815\n")
    assert [(person.name, person.id) for person in read_class(path).people] == [("Ada Lovelace", "1815")]
