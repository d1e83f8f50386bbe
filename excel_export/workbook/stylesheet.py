"""The styles part of a file: the styles of `styles.py`, and the looks of its conditional formats."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any
from xml.sax.saxutils import quoteattr

from openpyxl.styles.borders import Border
from openpyxl.styles.fills import DEFAULT_EMPTY_FILL, DEFAULT_GRAY_FILL
from openpyxl.styles.fonts import DEFAULT_FONT
from openpyxl.styles.numbers import BUILTIN_FORMATS_REVERSE
from openpyxl.xml.functions import tostring

from excel_export.workbook.format_rules import Look
from excel_export.workbook.styles import STYLES

FIRST_FORMAT = 164
"""The first number of a number format that is not Excel's own."""
# Microsoft's schema asks for this order, also in conditional formats; openpyxl has another.
_FONT_SETTINGS = (
    "b", "i", "strike", "condense", "extend", "outline", "shadow", "u", "vertAlign", "sz", "color", "name", "family",
    "charset", "scheme",
)  # fmt: skip


class Stylesheet:
    """The styles of one workbook: `numbers['value']` is 40, say, for s="40" in a cell; `xml()` is their part."""

    def __init__(self) -> None:
        self.numbers, self._own_formats, self._cells = _cell_styles()
        """The number of each of STYLES, as cells refer to it; the number of each number format; the XML of both."""
        self._formats = dict(self._own_formats)
        self._looks: dict[Look, int] = {}

    def number(self, look: Look) -> int:
        """Return the number of a conditional format's look: 0 for the first look asked for, 1 for the next new one."""
        return self._looks.setdefault(look, len(self._looks))

    def xml(self) -> bytes:
        """Return the styles part, as XML: b'<styleSheet …'."""
        looks = [
            _look(look, _format_number(look.number, self._formats) if look.number else None) for look in self._looks
        ]
        formats = [
            f'<numFmt numFmtId="{number}" formatCode={quoteattr(code)}/>' for code, number in self._own_formats.items()
        ]
        return (
            '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
            f"{_list('numFmts', formats)}{self._cells}{_list('dxfs', looks)}</styleSheet>"
        ).encode()


@cache
def _cell_styles() -> tuple[Mapping[str, int], Mapping[str, int], str]:
    """Number all STYLES, once for all workbooks: for a small file that takes longer than all else."""
    formats: dict[str, int] = {}
    fonts, borders = {_xml(DEFAULT_FONT): 0}, {_xml(Border()): 0}
    fills = {_xml(DEFAULT_EMPTY_FILL): 0, _xml(DEFAULT_GRAY_FILL): 1}
    kinds: dict[str, int] = {'<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>': 0}
    numbers = {}
    for name, style in STYLES.items():
        ids = (
            _format_number(style.format, formats),
            *(table.setdefault(_xml(item), len(table))
              for table, item in ((fonts, style.font), (fills, style.pattern), (borders, style.border))),
        )  # fmt: skip
        named = zip(("numFmtId", "fontId", "fillId", "borderId"), ids, strict=True)
        attributes = " ".join(f'{key}="{number}"' for key, number in named)
        may, open_ = (' applyProtection="1"', '<protection locked="0"/>') if style.is_open else ("", "")
        kind = f'<xf {attributes} applyAlignment="1"{may} xfId="0">{_xml(style.alignment)}{open_}</xf>'
        numbers[name] = kinds.setdefault(kind, len(kinds))
    plain = '<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'
    tables = ("fonts", fonts), ("fills", fills), ("borders", borders), ("cellStyleXfs", [plain]), ("cellXfs", kinds)
    normal = '<cellStyle name="Normal" xfId="0" builtinId="0"/>'
    xml = "".join(_list(tag, items) for tag, items in (*tables, ("cellStyles", [normal])))
    return numbers, formats, xml


@cache
def _look(look: Look, format_number: int | None) -> str:
    return _xml(look.style(format_number))


def _format_number(code: str, known: dict[str, int]) -> int:
    if code in BUILTIN_FORMATS_REVERSE:
        return int(BUILTIN_FORMATS_REVERSE[code])
    return known.setdefault(code, FIRST_FORMAT + len(known))


def _list(tag: str, items: Iterable[str]) -> str:
    items = list(items)
    return f'<{tag} count="{len(items)}">{"".join(items)}</{tag}>'


def _xml(item: Any) -> str:
    tree = item.to_tree()
    for font in tree.iter("font"):
        font[:] = sorted(font, key=lambda setting: _FONT_SETTINGS.index(setting.tag))
    return str(tostring(tree).decode())
