"""The pages of a class, from templates: each is one file that loads nothing, with all texts from files escaped."""

import base64
import hashlib
import tomllib
from collections import Counter
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from excel_classroom.practice.judgement import LARGE, TINY
from excel_classroom.results.tables import clean, percent
from excel_export.formulas import counted

STATES: dict[str, dict[str, dict[str, str]]] = tomllib.loads((files(__package__) / "states.toml").read_text("utf-8"))
"""The mark, the colour and the words of each state, for marks and for files."""
GENERATOR = "excel-export grade"
"""The name of the generator in each page, by which a report is recognised."""
REPORT, SIMILAR, MARKING, TERM = TEACHERS_PAGES = "class.html", "similar.html", "marking.html", "term.html"
"""The names of a teacher's pages, which no student's page has."""


def page(template: str, *, script: str = "", **values: Any) -> bytes:
    """Return a whole HTML page as UTF-8 bytes, which needs no other file.

    Args:
        template: the name of its template without '.html': 'student'.
        script: the file name of the only script that it may run, 'marking.js'; '' for a page without one.
        values: the variables of the template.
    """
    source = (files(__package__) / "templates" / script).read_text("utf-8") if script else ""
    digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode() if script else ""
    written = _TEMPLATES.get_template(f"{template}.html").render(script=Markup(source), digest=digest, **values)
    return written.encode()


def _tenths(percents: Sequence[float]) -> list[int]:
    counts = Counter(min(9, int(each // 10)) for each in percents)
    return [counts[k] for k in range(10)]


def number(value: float | None) -> str:
    """Return a number with four decimals, or four digits below 0.001 (but 0) and from 999.5 on; 'no number' for None.

    Example:
        >>> number(-0.5), number(0.00012345), number(123456.7), number(None)
        ('-0.5000', '0.0001234', '1.235e+05', 'no number')
    """
    if value is None:
        return "no number"
    return f"{value:.4f}" if TINY <= abs(value) < LARGE or not value else f"{value:.4g}"


_TEMPLATES = Environment(
    loader=PackageLoader("excel_classroom.results"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
    # Whatever a template shows is cleaned, but for what it made itself.
    lstrip_blocks=True, finalize=lambda content: content if isinstance(content, Markup) else clean(str(content)),
)  # fmt: skip
_TEMPLATES.globals.update(states=STATES, generator=GENERATOR, counted=counted, tenths=_tenths)
_TEMPLATES.filters.update(percent=percent, shown=number)
