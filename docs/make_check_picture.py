"""Draw the picture of a slip that `excel-export check` finds: cells of a sheet, and what is said of one of them.

python docs/make_check_picture.py
"""

import sys
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.patches import Rectangle
from openpyxl.utils import get_column_letter

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from spreadsheet_autograd.worker import check_here  # noqa: E402
from tests.support.sheets_by_hand import SIGMOID_ROW, one_row_a_step, save  # noqa: E402

COLUMNS, WIDTH = [10, 14, 15, 16, 19, 28, 29], 1.5
READ, MEANT, WRONG, RIGHT = "#f4b6ae", "#c5e8cb", "#f4b6ae", "#c5e8cb"


def main() -> None:
    """Check a sheet with one wrong reference, and draw it."""
    with tempfile.TemporaryDirectory() as folder:
        sheets = one_row_a_step({"∂E/∂w6": SIGMOID_ROW["∂E/∂w5"]})
        found = check_here(save(sheets, Path(folder) / "sheet.xlsx"), with_content=True)
    claim = next(claim for claim in found["claims"] if claim["verdict"] == "wrong")
    cells = {(row, col): value for row, col, value, _ in found["content"]["Sheet1"]}
    colours = {"O4": READ, "P4": MEANT, "AB4": RIGHT, "AC4": WRONG}
    figure, axes = plt.subplots(figsize=(10.5, 2.6), dpi=120)
    for x, col in enumerate(COLUMNS):
        letters = get_column_letter(col)
        for y, text in enumerate((letters, str(cells[3, col]), f"{cells[4, col]:.5f}")):
            colour = "#e4e7eb" if y == 0 else colours.get(f"{letters}4", "white") if y == 2 else "white"
            axes.add_patch(Rectangle((x * WIDTH, -y), WIDTH, 1, facecolor=colour, edgecolor="#9aa5b1"))
            axes.text((x + 0.5) * WIDTH, 0.5 - y, text, ha="center", va="center", fontsize=11)
    axes.text(0, -2.7, f"AC4  {claim['slip']['formula']}", fontsize=11, family="monospace", va="center")
    axes.text(0, -3.4, claim["slip"]["words"], fontsize=11.5, weight="bold", va="center", color="#b42318")
    axes.set_xlim(-0.1, WIDTH * len(COLUMNS) + 0.1)
    axes.set_ylim(-3.9, 1.1)
    axes.axis("off")
    figure.savefig(ROOT / "docs" / "images" / "check-slip.png", bbox_inches="tight", metadata={"Software": None})


if __name__ == "__main__":
    main()
