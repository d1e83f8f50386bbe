"""Write the gallery: a folder with a page, a workbook and a picture of the teaching network, each lesson and example.

One more page has all operators, with their formulas.

python docs/make_site.py OUT
python docs/make_site.py OUT one-neuron xor      some lessons and examples only

It is a static site, in English and German: any web server shows it, and so does a double click on OUT/index.html. What
has no German yet is listed at the end, and stands there in English.
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

import make_operators  # noqa: E402

import excel_export  # noqa: E402
from docs.lacks_german import german, lacks_german  # noqa: E402
from excel_export.factories import Factories  # noqa: E402
from excel_export.lessons.catalogue import own_lessons  # noqa: E402
from excel_export.lessons.lesson_page import texts_of, write_lesson_page  # noqa: E402
from excel_export.lessons.lesson_workbook import file_name  # noqa: E402
from excel_export.shared.page_options import source_in_metadata  # noqa: E402
from mnist_adder.data.bundled import bundled_digits  # noqa: E402
from mnist_adder.network.checkpoint import find_checkpoint, load_checkpoint  # noqa: E402
from mnist_adder.workbook.teaching_page import write_page  # noqa: E402

IMAGES = ROOT / "docs" / "images"
EXAMPLES = tuple(sorted(file.stem for file in (ROOT / "examples").glob("*.py")))
STYLE = """
body { font: 16px/1.5 Carlito, Calibri, "Segoe UI", system-ui, sans-serif; color: #1b2430; background: #f4f6f9;
  margin: 0 auto; max-width: 1240px; padding: 20px; }
header { display: grid; gap: 4px 28px; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); align-items: center; }
header h1, header nav { grid-column: 1 / -1; margin: 0; }
header p { font-size: 19px; margin: 6px 0; }
.go { display: inline-block; background: #0b5394; color: #fff; border-radius: 8px; padding: 8px 18px; font-weight: 700;
  text-decoration: none; }
ul { list-style: none; padding: 0; display: grid; gap: 16px;
  grid-template-columns: repeat(auto-fill, minmax(min(360px, 100%), 1fr)); }
li { background: #fff; border: 1px solid #d5dbe4; border-radius: 8px; padding: 12px; }
li img { width: 100%; height: 240px; object-fit: none; object-position: left top; }
header img { width: 100%; border: 1px solid #d5dbe4; border-radius: 8px; }
h3 { margin: 6px 0; font-size: 17px; }
a { color: #0b5394; }
@media (max-width: 700px) { header { grid-template-columns: 1fr; } }
"""
WORDS = {
    "en": {
        "file": "index.html", "title": "Backpropagation, number by number", "other": "Deutsch",
        "what": "A small neural network reads a handwritten digit, and every one of its numbers can be followed: "
        "forward to the loss, and back to every weight and every pixel. It is a page for your browser, and a workbook "
        "of live formulas.",
        "paint": "Paint a digit", "page": "open the page", "workbook": "workbook", "lessons": "Lessons",
        "examples": "Examples", "whole": "Download the workbook", "minutes": "About {minutes} minutes.",
        "operators": "All operators and their formulas",
        "end": "Nothing is sent anywhere: each page computes by itself. MIT licence.", "source": "Source",
    },
    "de": {
        "file": "index.de.html", "title": "Backpropagation, Zahl für Zahl", "other": "English",
        "what": "Ein kleines neuronales Netz liest eine handgeschriebene Ziffer, und jeder seiner Zahlen kann man "
        "folgen: vorwärts bis zum Verlust und zurück bis zu jedem Gewicht und jedem Pixel. Es ist eine Seite für "
        "deinen Browser und eine Arbeitsmappe mit lebenden Formeln.",
        "paint": "Male eine Ziffer", "page": "die Seite öffnen", "workbook": "Arbeitsmappe", "lessons": "Lektionen",
        "examples": "Beispiele", "whole": "Die Arbeitsmappe herunterladen", "minutes": "Etwa {minutes} Minuten.",
        "operators": "Alle Operatoren und ihre Formeln",
        "end": "Nichts wird irgendwohin geschickt: jede Seite rechnet selbst. MIT-Lizenz.", "source": "Quelltext",
    },
}  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """One network of the gallery."""

    titles: dict[str, str]
    page: str
    workbook: str
    picture: str
    words: dict[str, str]


def teaching(out: Path, source: str, address: str) -> Shown:
    """The network that reads a digit and adds a number."""
    network, _ = load_checkpoint(find_checkpoint("slice-regression"))
    workbook = _copied(ROOT / "workbooks" / "slice-regression.xlsx", out)
    picture = _copied(IMAGES / "page-convolution.png", out)
    preview = address and f"{address}/{picture}"
    write_page(network, bundled_digits()[7], 5, out / "digits.html", source=source, workbook=workbook, preview=preview)
    return Shown({}, "digits.html", workbook, picture, {})


def lessons(out: Path, names: list[str]) -> Iterator[Shown]:
    """The lessons, each with its questions."""
    for lesson in own_lessons().values():
        if not names or lesson.name in names:
            write_lesson_page(lesson, out / f"{lesson.name}.html")
            workbook = _copied(ROOT / "workbooks" / "lessons" / file_name(lesson), out)
            picture = _copied(IMAGES / f"lesson-{lesson.number:02}-{lesson.name}.png", out)
            titles = {"en": lesson.heading, "de": german(*texts_of(lesson)).find(lesson.heading) or lesson.heading}
            minutes = {key: words["minutes"].format(minutes=lesson.minutes) for key, words in WORDS.items()}
            yield Shown(titles, f"{lesson.name}.html", workbook, picture, minutes)


def examples(out: Path, names: list[str]) -> Iterator[Shown]:
    """The examples, each a short file."""
    for name in EXAMPLES:
        if not names or name in names:
            module, inputs = Factories().network(f"{ROOT / 'examples' / name}.py:{name}")
            title = name.replace("_", " ")
            excel_export.page(module, inputs, out / f"example-{name}.html", title=title)
            words = (module.__doc__ or "").split("\n")[0]
            picture = _copied(IMAGES / f"example-{name}.png", out)
            yield Shown(dict.fromkeys(WORDS, title), f"example-{name}.html", "", picture, dict.fromkeys(WORDS, words))


def index(language: str, first: Shown | None, parts: dict[str, list[Shown]], source: str, address: str) -> str:
    """The first page, in a language."""
    words = WORDS[language]
    other = next(key for key in WORDS if key != language)
    said = html.escape(words["what"])
    preview = f'<meta property="og:image" content="{html.escape(address)}/page-convolution.png">' if address else ""
    link = f' · <a href="{html.escape(source)}">{words["source"]}</a>' if source else ""
    begin = f"""<div><p>{said}</p><a class="go" href="{first.page}">{words["paint"]}</a>
<p><a href="{first.workbook}">{words["whole"]}</a></p></div>
<a href="{first.page}"><img src="{first.picture}" alt=""></a>""" if first else f"<p>{said}</p>"  # fmt: skip
    lists = "".join(
        f"<h2>{words[part]}</h2>\n<ul>\n{''.join(_card(each, language) for each in shown)}</ul>\n"
        for part, shown in parts.items()
        if shown
    )
    operators = f'<p><a href="operators.html">{words["operators"]}</a></p>' if first else ""
    return (
        f'<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="utf-8"><title>{words["title"]}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="description" '
        f'content="{said}">{preview}<style>{STYLE}</style></head>\n'
        f'<body><header><nav><a href="{WORDS[other]["file"]}" lang="{other}">{words["other"]}</a></nav>'
        f"<h1>{words['title']}</h1>\n{begin}</header>\n{lists}{operators}<p>{words['end']}{link}</p></body></html>\n"
    )


def _card(shown: Shown, language: str) -> str:
    words = WORDS[language]
    title, said = html.escape(shown.titles[language]), html.escape(shown.words[language])
    address = shown.page if language == "en" else f"{shown.page}#lang={language}"
    picture = f'<a href="{address}"><img src="{shown.picture}" alt="" loading="lazy"></a>' if shown.picture else ""
    workbook = f' · <a href="{shown.workbook}">{words["workbook"]}</a>' if shown.workbook else ""
    return f'<li>{picture}<h3>{title}</h3><p>{said}</p><a href="{address}">{words["page"]}</a>{workbook}</li>\n'


def _copied(file: Path, out: Path) -> str:
    """Copy a file; return its name, or '' where it is not there."""
    if not file.exists():
        return ""
    shutil.copyfile(file, out / file.name)
    return file.name


def main(out: Path, names: list[str], source: str, address: str) -> None:
    """Write the site."""
    out.mkdir(parents=True, exist_ok=True)
    first = None if names else teaching(out, source, address)
    if first:
        (out / "operators.html").write_text(make_operators.page(), encoding="utf-8")
    parts = {"lessons": list(lessons(out, names)), "examples": list(examples(out, names))}
    for language, words in WORDS.items():
        (out / words["file"]).write_text(index(language, first, parts, source, address), encoding="utf-8")
    for text in lacks_german():
        print(f"no German: {text}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--source", default=source_in_metadata(), help="where the source is: the site links there")
    parser.add_argument(
        "--address", default="", help="where the site will be, https://…: messengers show its picture then"
    )
    main(**vars(parser.parse_args()))
