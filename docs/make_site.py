"""Write the gallery: a folder with a page, a workbook and a picture of the teaching network, each lesson and example.

python docs/make_site.py OUT
python docs/make_site.py OUT one-neuron xor      some lessons and examples only

It is a static site: any web server shows it, and so does a double click on OUT/index.html.
"""

import argparse
import html
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import excel_export  # noqa: E402
from excel_export.factories import Factories  # noqa: E402
from excel_export.lessons.catalogue import own_lessons  # noqa: E402
from excel_export.lessons.lesson_page import write_lesson_page  # noqa: E402
from excel_export.lessons.lesson_workbook import file_name  # noqa: E402
from mnist_adder.data.bundled import bundled_digits  # noqa: E402
from mnist_adder.network.checkpoint import find_checkpoint, load_checkpoint  # noqa: E402
from mnist_adder.workbook.teaching_page import write_page  # noqa: E402

IMAGES = ROOT / "docs" / "images"
EXAMPLES = tuple(sorted(file.stem for file in (ROOT / "examples").glob("*.py")))
STYLE = """
body { font: 16px/1.5 Carlito, Calibri, "Segoe UI", system-ui, sans-serif; color: #1b2430; background: #f4f6f9;
  margin: 0 auto; max-width: 1200px; padding: 20px; }
ul { list-style: none; padding: 0; display: grid; gap: 16px;
  grid-template-columns: repeat(auto-fill, minmax(280px, 1fr)); }
li { background: #fff; border: 1px solid #d5dbe4; border-radius: 8px; padding: 12px; }
img { width: 100%; height: 150px; object-fit: cover; object-position: left top; }
h3 { margin: 6px 0; font-size: 17px; }
a { color: #0b5394; }
"""


@dataclass(frozen=True)
class Shown:
    """One network of the gallery."""

    title: str
    page: str
    workbook: str
    picture: str
    words: str


def teaching(out: Path) -> Shown:
    """The network that reads a digit and adds a number."""
    network, _ = load_checkpoint(find_checkpoint("slice-regression"))
    write_page(network, bundled_digits()[7], 5, out / "digits.html")
    workbook = _copied(ROOT / "workbooks" / "slice-regression.xlsx", out)
    words = "Reads a handwritten digit and adds a number to it: paint one."
    return Shown("Backpropagation, number by number", "digits.html", workbook,
                 _copied(IMAGES / "page-convolution.png", out), words)  # fmt: skip


def lessons(out: Path, names: list[str]) -> Iterator[Shown]:
    """The lessons, each with its questions."""
    for lesson in own_lessons().values():
        if not names or lesson.name in names:
            write_lesson_page(lesson, out / f"{lesson.name}.html")
            workbook = _copied(ROOT / "workbooks" / "lessons" / file_name(lesson), out)
            picture = _copied(IMAGES / f"lesson-{lesson.number:02}-{lesson.name}.png", out)
            title = lesson.heading
            yield Shown(title, f"{lesson.name}.html", workbook, picture, f"About {lesson.minutes} minutes.")


def examples(out: Path, names: list[str]) -> Iterator[Shown]:
    """The examples, each a short file."""
    for name in EXAMPLES:
        if not names or name in names:
            module, inputs = Factories().network(f"{ROOT / 'examples' / name}.py:{name}")
            title = name.replace("_", " ")
            excel_export.page(module, inputs, out / f"example-{name}.html", title=title)
            words = (module.__doc__ or "").split("\n")[0]
            yield Shown(title, f"example-{name}.html", "", _copied(IMAGES / f"example-{name}.png", out), words)


def index(networks: list[Shown]) -> str:
    """The first page."""
    cards = "\n".join(map(_card, networks))
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Backpropagation, number by number</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head>\n<body>'
        "<h1>Backpropagation, number by number</h1>\n<p>Each network is a page for your browser, and most are a "
        f"workbook of live formulas, too. Every number is PyTorch's.</p>\n<ul>\n{cards}\n</ul></body></html>\n"
    )


def _card(shown: Shown) -> str:
    title, words = html.escape(shown.title), html.escape(shown.words)
    picture = f'<a href="{shown.page}"><img src="{shown.picture}" alt=""></a>' if shown.picture else ""
    workbook = f' · <a href="{shown.workbook}">workbook</a>' if shown.workbook else ""
    return f'<li>{picture}<h3>{title}</h3><p>{words}</p><a href="{shown.page}">open the page</a>{workbook}</li>'


def _copied(file: Path, out: Path) -> str:
    """Copy a file; return its name, or '' where it is not there."""
    if not file.exists():
        return ""
    shutil.copyfile(file, out / file.name)
    return file.name


def main(out: Path, names: list[str]) -> None:
    """Write the site."""
    out.mkdir(parents=True, exist_ok=True)
    networks = [*([] if names else [teaching(out)]), *lessons(out, names), *examples(out, names)]
    (out / "index.html").write_text(index(networks), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("names", nargs="*")
    main(**vars(parser.parse_args()))
