"""Write the generated parts of docs/architecture.md: the tables of packages, rooms and files, and the picture.

python docs/make_architecture.py

A room is a folder or a file at the top of a package. Its description is the first sentence of its docstring, and its
imports are read from its files. The lines of the files to read are counted. A test compares the page with the code.
"""

import ast
import html
import re
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE, PICTURE = ROOT / "docs" / "architecture.md", ROOT / "docs" / "images" / "architecture.svg"
PACKAGES = ("excel_export", "spreadsheet_autograd", "excel_classroom", "mnist_adder")
TABLES = (*PACKAGES, "excel_export.compiler")
MOST = 12
"""A package with more single files has only its folders in the table."""
SHOWN = ("excel_export.compiler",)
"""What has a table of rooms on the page. The picture shows the rooms of all packages."""
TO_READ = re.compile(r"^\| (\d+) \| `([\w/]+\.py)` \| (\d+) \|", re.MULTILINE)
"""A row of the table of files to read: its number, the file, and how many lines it has."""


@cache
def imports(room: str) -> set[str]:
    """The modules that the files of a room import; those that only run inside a function count, too."""
    path = ROOT.joinpath(*room.split("."))
    found = set()
    for file in sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {name.name for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found |= {node.module} | {f"{node.module}.{name.name}" for name in node.names}
    return found


def rooms(package: str) -> list[str]:
    """The rooms of a package, those that import others above these."""
    path = ROOT.joinpath(*package.split("."))
    folders = [each.stem for each in path.iterdir() if (each / "__init__.py").exists()]
    files = [each.stem for each in path.glob("*.py") if not each.name.startswith("__")]
    found = [f"{package}.{name}" for name in (*folders, *(files if len(files) <= MOST else ()))]
    return sorted(found, key=lambda room: (-height(room), room))


@cache
def used(room: str) -> list[str]:
    """The rooms beside this one, and of other packages, from which it imports."""
    package, _, _ = room.rpartition(".")
    beside = [f"{package}.{each.stem}" for each in ROOT.joinpath(*package.split(".")).iterdir()]
    of_others = [f"{other}.{each.stem}" for other in PACKAGES if other not in package
                 for each in (ROOT / other).iterdir() if "__" not in each.name]  # fmt: skip
    return [each for each in (*sorted(beside), *sorted(of_others)) if each != room and _imports_of(room, each)]


def _imports_of(room: str, other: str) -> bool:
    return any(f"{name}.".startswith(f"{other}.") for name in imports(room))


@cache
def height(room: str) -> int:
    """How many rooms of its package stand below it, one upon the other."""
    package, _, _ = room.rpartition(".")
    return max((1 + height(each) for each in used(room) if each.startswith(f"{package}.")), default=0)


def what(room: str) -> str:
    """The first sentence of its docstring."""
    path = ROOT.joinpath(*room.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return " ".join(text.split("\n\n")[0].split()).rstrip(".")


def table_of_rooms(package: str) -> str:
    """What each room of a package contains."""
    rows = [f"| `{_file(room)}` | {what(room)} |" for room in rooms(package)]
    return "\n".join(["| room | content |", "|---|---|", *rows])


def _file(room: str) -> str:
    name = room.rpartition(".")[2]
    return f"{name}/" if ROOT.joinpath(*room.split(".")).is_dir() else f"{name}.py"


def table_of_packages() -> str:
    """What each package is, and which rooms of the others it imports."""
    lines = ["| package | content | imports from |", "|---|---|---|"]
    for package in PACKAGES:
        path = ROOT / package
        found: dict[str, set[str]] = {}
        for room in sorted(f"{package}.{each.stem}" for each in path.iterdir() if each.suffix in ("", ".py")):
            for other, _, name in (each.rpartition(".") for each in used(room)):
                if other != package:
                    found.setdefault(other, set()).add(name)
        told = "; ".join(f"{other} ({', '.join(sorted(names))})" for other, names in found.items())
        lines.append(f"| `{package}/` | {what(package)} | {told or '–'} |")
    return "\n".join(lines)


def lines_of(file: str) -> int:
    """Count the lines of a file."""
    return len((ROOT / file).read_text(encoding="utf-8").splitlines())


def parts() -> Iterator[tuple[str, str]]:
    """Yield the name of each generated table, as in its marker on the page, and the table."""
    yield "packages", table_of_packages()
    for package in SHOWN:
        yield package, table_of_rooms(package)


def page(text: str) -> str:
    """Return the page with each table between its markers."""
    for name, part in parts():
        begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        before, _, rest = text.partition(begin)
        _, found, after = rest.partition(end)
        if not found:
            raise ValueError(f"{PAGE.name} has no {begin} … {end}")
        text = f"{before}{begin}\n{part}\n{end}{after}"
    return text


def counted(text: str) -> str:
    """Return the page with today's counts of lines of the files to read."""
    return TO_READ.sub(lambda row: f"| {row[1]} | `{row[2]}` | {lines_of(row[2])} |", text)


WIDTH, GAP, LINE = 1040, 12, 17
FILLS = {"excel_export": "#e8f0fa", "spreadsheet_autograd": "#e9f5ec", "excel_classroom": "#f6ecf7",
         "mnist_adder": "#fff6d6"}  # fmt: skip


def picture() -> str:
    """The four packages, each with its rooms: those that import stand above what they import."""
    half = (WIDTH - 3 * GAP) / 2
    left, left_end = _package("mnist_adder", GAP, GAP, half, 2)
    right, right_end = _package("excel_classroom", half + 2 * GAP, GAP, half, 2)
    other, other_end = _package("spreadsheet_autograd", half + 2 * GAP, right_end + GAP, half, 2)
    below, end = _package("excel_export", GAP, max(left_end, other_end) + GAP, WIDTH - 2 * GAP, 4)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {end + GAP:g}" font-size="13" role="img" '
        'font-family="Segoe UI, Helvetica, Arial, sans-serif" aria-labelledby="title">\n'
        '<title id="title">The rooms of the four packages: each imports only from rooms below it</title>\n'
        f'<rect width="{WIDTH}" height="{end + GAP:g}" fill="#ffffff"/>\n{left}{right}{other}{below}</svg>\n'
    )


def _package(package: str, x: float, y: float, width: float, columns: int) -> tuple[str, float]:
    """Draw a package; return it, and where it ends."""
    title, drawn = textwrap.wrap(what(package), int(width / 7.5)), list[str]()
    at = y + 32 + LINE * len(title)
    levels: dict[int, list[str]] = {}
    for room in rooms(package):
        levels.setdefault(height(room), []).append(room)
    for level in sorted(levels, reverse=True):
        for first in range(0, len(levels[level]), columns):
            row = levels[level][first : first + columns]
            wide = (width - GAP * (len(row) + 1)) / len(row)
            words = [textwrap.wrap(what(room), int(wide / 7.5)) for room in row]
            high = 26 + LINE * max(map(len, words))
            for k, (room, lines) in enumerate(zip(row, words, strict=True)):
                left = x + GAP + k * (wide + GAP)
                drawn.append(_box(left, at, wide, high, FILLS[package], "#4a5568"))
                drawn.append(_text(left + 8, at + 18, _file(room), "font-weight='bold'"))
                drawn += [_text(left + 8, at + 36 + LINE * n, line) for n, line in enumerate(lines)]
            at += high + GAP
    heading = _text(x + GAP, y + 22, package, "font-weight='bold' font-size='16'")
    heading += "".join(_text(x + GAP, y + 40 + LINE * n, line) for n, line in enumerate(title))
    return _box(x, y, width, at - y, "none", "#9aa5b1") + heading + "".join(drawn), at


def _box(x: float, y: float, width: float, height: float, fill: str, edge: str) -> str:
    return (f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="6" fill="{fill}" '
            f'stroke="{edge}"/>\n')  # fmt: skip


def _text(x: float, y: float, text: str, style: str = "fill='#3e4c59'") -> str:
    return f'<text x="{x:g}" y="{y:g}" {style}>{html.escape(text.replace("`", ""))}</text>\n'


if __name__ == "__main__":
    PAGE.write_text(counted(page(PAGE.read_text(encoding="utf-8"))), encoding="utf-8")
    PICTURE.write_text(picture(), encoding="utf-8")
