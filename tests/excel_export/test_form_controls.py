"""Buttons and bars that set a cell: what the file says of them, and what a click does in a window."""

import re
import zipfile
from xml.etree import ElementTree

import pytest
from openpyxl import load_workbook

from excel_export.formulas import Name
from excel_export.shared.errors import ExportError
from excel_export.workbook.canvas import Canvas
from excel_export.workbook.charts import Chart, Line
from excel_export.workbook.form_controls import FormControl
from excel_export.workbook.package import Package
from excel_export.workbook.write import write
from tests.excel_export.test_schema import findings
from tests.support.engines import sheet_parts
from tests.support.kinds import PARTS
from tests.support.libreoffice import save_as, soffice
from tests.support.long_proofs import only_quick
from tests.support.package_rules import faults
from tests.support.window import Window, in_a_window

STEP = Name("step")
SPIN, TALL, BAR, AWAY = "Spinner 1", "Spinner 2", "Scroll Bar 3", "Spinner 4"


@pytest.fixture
def made(tmp_path):
    """A workbook of two sheets with controls, one of which has a chart as well."""
    front, other = Canvas("Front", "0B5394"), Canvas("It's other", "0B5394")
    for row in range(1, 13):
        front.put(row, 1, row, "cell")
        front.heights[row] = 20
    step, far = front.at(2, 2), other.at(2, 2)
    front.put(2, 2, 3, "choice")
    front.put(3, 2, STEP.cells * 10, "cell")
    front.put(4, 2, 7, "choice")
    front.spin(front.at(2, 3, width=2), step, 1, 5, alt="next & back")
    front.spin(front.at(5, 3, height=4), step, 1, 5)
    front.controls.append(FormControl(front.at(3, 3, width=4), front.at(4, 2), 0, 100, page=10))
    front.spin(front.at(4, 3, width=2), far, 0, 30_000, 250)
    lines = [Line(1, front.at(1, 1), "0B5394")]
    front.charts.append(Chart(front.at(6, 6, 8, 6), "a", "b", "c", lines, 1, 2, 12, "d"))
    other.put(2, 2, 500, "choice")
    other.put(3, 2, STEP.cells + 1, "cell")
    other.controls.append(FormControl(other.at(4, 4, height=9), step, 1, 5, page=2))

    def make(name="made"):
        path = tmp_path / f"{name}.xlsx"
        write([front, other], {STEP.text: step}, path, "Controls")
        return path

    return make


def told(path, part="xl/drawings/vmlDrawing1.vml"):
    """What the drawing says of each control."""
    with zipfile.ZipFile(path) as package:
        drawing = ElementTree.fromstring(package.read(part))
    controls = drawing.iter("{urn:schemas-microsoft-com:office:excel}ClientData")
    return [(control.get("ObjectType"), {item.tag.rpartition("}")[2]: item.text for item in control})
            for control in controls]  # fmt: skip


def test_the_file_holds_to_the_schema_and_to_the_rules(made):
    assert findings(made()) == []
    assert faults(made()) == []


def test_the_same_controls_are_the_same_bytes(made):
    assert made("one").read_bytes() == made("two").read_bytes()


def test_a_drawing_says_what_each_control_does(made):
    (_, spin), (_, tall), (kind, bar), (_, away) = told(made())
    limits = ("Val", "Min", "Max", "Inc", "Page")
    assert [spin[of] for of in limits] == ["3", "1", "5", "1", "1"]
    assert [bar[of] for of in limits] == ["7", "0", "100", "1", "10"]
    assert [away[of] for of in limits] == ["500", "0", "30000", "250", "250"]
    assert kind == "Scroll"
    assert "Horiz" in bar
    assert "Horiz" not in told(made(), "xl/drawings/vmlDrawing2.vml")[0][1]
    assert (spin["Anchor"], tall["Anchor"]) == ("2, 0, 1, 0, 4, 0, 2, 0", "2, 0, 4, 0, 3, 0, 8, 0")
    assert (spin["FmlaLink"], away["FmlaLink"]) == ("$B$2", "'It''s other'!$B$2")


def parts_of(path):
    """What the parts of the controls say of each, in the order of the file."""
    with zipfile.ZipFile(path) as package:
        names = [name for name in package.namelist() if name.startswith("xl/ctrlProps/")]
        names.sort(key=lambda name: int(re.search(r"\d+", name)[0]))
        return [dict(ElementTree.fromstring(package.read(name)).attrib) for name in names]


def test_the_parts_of_the_controls_say_the_same_as_the_drawings(made):
    drawn = told(made()) + told(made(), "xl/drawings/vmlDrawing2.vml")
    names = {"Val": "val", "Min": "min", "Max": "max", "Inc": "inc", "Page": "page", "FmlaLink": "fmlaLink", "Dx": "dx"}
    assert parts_of(made()) == [
        {"objectType": kind, **{names[of]: text for of, text in control.items() if of in names}}
        | ({"horiz": "1"} if "Horiz" in control else {})
        for kind, control in drawn
    ]


# A network on several sheets has no Lens, and so no buttons.
@pytest.mark.parametrize("kind", only_quick([*PARTS, "example xor"], "example xor"))
def test_the_stored_numbers_are_those_of_the_cells(made_of, kind):
    path, checked = made_of(kind).path, 0
    book, values = load_workbook(path), load_workbook(path, data_only=True)
    with zipfile.ZipFile(path) as package:
        related = {name: f"xl/worksheets/_rels/{part[14:]}.rels" for name, part in sheet_parts(package).items()}
        drawings = {
            name: re.search(r"xl/drawings/vmlDrawing\d+\.vml", package.read(part).decode())
            for name, part in related.items()
            if part in package.namelist()
        }
    for name, part in drawings.items():
        for _, control in told(path, part[0]) if part else ():
            sheet, _, cell = control["FmlaLink"].replace("$", "").rpartition("!")
            sheet = sheet.strip("'").replace("''", "'") or name
            assert not str(book[sheet][cell].value).startswith("="), "a click would write over a formula"
            value = values[sheet][cell].value
            # 'auto' is no number: the button begins below the first one, as one does whose range lies above the cell.
            least, most = int(control["Min"]), int(control["Max"])
            wanted = min(max(value, least), most) if isinstance(value, int | float) else least
            assert wanted == int(control["Val"]), (name, control["FmlaLink"])
            checked += isinstance(value, int | float)
    assert checked > 1


def test_no_two_controls_of_a_workbook_have_one_id(made):
    with zipfile.ZipFile(made()) as package:
        drawings = [package.read(part) for part in package.namelist() if part.endswith(".vml")]
    ids = [found for drawing in drawings for found in re.findall(rb'id="_x0000_s(\d+)"', drawing)]
    assert len(ids) == len(set(ids)) == 5
    blocks = [re.search(rb'data="(\d+)"', drawing)[1] for drawing in drawings]
    assert [int(number) // 1024 for number in ids] == [int(blocks[0])] * 4 + [int(blocks[1])]


def test_a_reader_finds_the_sheets_of_such_a_file(made):
    with Package(made()) as package:
        assert list(package.sheets) == ["Front", "It's other"]
        kinds = {kind.rpartition("/")[2] for kind, _ in package.related(package.sheets["Front"]).values()}
    assert kinds == {"drawing", "vmlDrawing", "ctrlProp"}


@pytest.mark.parametrize(
    "limits", [(-1, 5), (1, 30_001), (5, 4), (1, 5, 0), (1, 5, 30_001), (0.5, 5), (1, 5, 1.5)], ids=str
)
def test_what_excel_cannot_hold_is_refused(limits):
    canvas = Canvas("Front", "0B5394")
    with pytest.raises(ExportError, match="whole numbers from 0 to 30,000"):
        canvas.spin(canvas.at(1, 1), canvas.at(1, 2), *limits)


@pytest.mark.slow
@pytest.mark.skipif(not soffice(), reason="without LibreOffice")
def test_libreoffice_keeps_the_controls(made, tmp_path):
    """In its own format. Where it saves as .xlsx, it leaves out spin buttons and scroll bars."""
    [kept] = save_as("ods", [made()], tmp_path / "kept")
    with zipfile.ZipFile(kept) as package:
        content = package.read("content.xml").decode()
    shown = [re.findall(rf'form:{of}="([^"]*)"', content) for of in ("linked-cell", "min-value", "max-value", "value")]
    front, other = "Front.B2", "&apos;It&apos;&apos;s other&apos;.B2"
    assert shown == [
        [front, front, "Front.B4", other, front], ["1", "1", "0", "0", "1"],
        ["5", "5", "100", "30000", "5"], ["3", "3", "7", "500", "3"],
    ]  # fmt: skip


@in_a_window
@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080)], ids=str)
def test_a_click_changes_the_cell_and_what_depends_on_it(made, size):
    with Window(made(), size) as window:
        assert window.controls() == [SPIN, TALL, BAR, AWAY]
        before = window.picture()
        click(window, SPIN, 0.75, 0.5)
        assert (window.value("step"), window.value("Front!B3"), window.value("It's other!B3")) == (4, 40, 5)
        left, top, width, height = window.cell_on_screen("Front!B3")
        shown = (left, top, left + width, top + height)
        assert before.crop(shown).tobytes() != window.picture().crop(shown).tobytes()
        click(window, SPIN, 0.25, 0.5)
        click(window, SPIN, 0.25, 0.5)
        assert window.value("step") == 2
        click(window, TALL, 0.5, 0.25)  # the upper arrow
        assert window.value("step") == 3
        click(window, BAR, 0.98, 0.5)
        assert window.value("Front!B4") == 8
        click(window, BAR, 0.7, 0.5)
        assert window.value("Front!B4") == 18
        click(window, AWAY, 0.75, 0.5)
        assert window.value("It's other!B2") == 750


@in_a_window
def test_a_control_stops_at_its_limits_and_follows_what_is_typed(made):
    with Window(made()) as window:
        for _ in range(4):
            click(window, SPIN, 0.75, 0.5)
        assert window.value("step") == 5
        left, top, width, height = window.cell_on_screen("Front!B2")
        window.click(left + width / 2, top + height / 2)
        window.type("2")
        window.picture()
        click(window, SPIN, 0.25, 0.5)
        assert window.value("step") == 1


def click(window, control, across, down):
    """Click on a control, at a part of its width and of its height, and let the program answer."""
    left, top, width, height = window.control_on_screen(control)
    window.click(left + across * width, top + down * height)
    window.picture()
