"""The page on which a teacher marks by hand: what waits for a look, with fields for points and a remark.

It works from a file. What it saves is the file of marks by hand, which the next run reads.
"""

from __future__ import annotations

from collections.abc import Sequence

from excel_classroom.grading.by_hand import HEADS
from excel_classroom.grading.markup import page, table, text

MARKING = "marking.html"
HOW = (
    "Type points and remarks, and press <b>Save</b>. Then grade again with <code>--marked</code> and the file that was "
    "saved. What you leave empty stays as it is."
)
_SAVE = """
const quoted = (text) => '"' + text.replaceAll('"', '""') + '"';
const shown = (cell) => (cell.firstElementChild ? cell.firstElementChild.value : cell.textContent);
const csv = () => [...document.querySelectorAll("table.marking tr")]
  .map((row) => [...row.cells].map((cell) => quoted(shown(cell))).join(",") + "\\r\\n").join("");
document.getElementById("save").onclick = () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(["\\ufeff" + csv()], { type: "text/csv" }));
  link.download = document.getElementById("save").value;
  link.click();
};
"""


def marking_page(rows: Sequence[Sequence[str]], exercise: str, file: str) -> bytes:
    """The page.

    Args:
        rows: those of the file of marks by hand, below their titles.
        exercise: what it is called.
        file: the name under which it is saved.
    """
    fields = [
        [*map(text, row[:-2]), _field(row[-2], "your points", 5), _field(row[-1], "your remark", 24)] for row in rows
    ]
    listed = table(dict.fromkeys(HEADS, ""), fields, "marking") if rows else "<p>Nothing waits for a look.</p>"
    body = f"<h1>Mark by hand</h1>\n<p class='quiet'>{text(exercise)}</p>\n<p>{HOW}</p>\n"
    save = f"<p><button id='save' value='{text(file)}'>Save</button></p>"
    return page(f"{exercise}: mark by hand", f"{body}{save}\n{listed}", _SAVE)


def _field(content: str, name: str, size: int) -> str:
    return f"<input aria-label='{name}' size='{size}' value='{text(content)}'>"
