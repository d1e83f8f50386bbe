"""The page of a report: one HTML file that holds everything."""

from base64 import b64encode
from collections.abc import Mapping
from html import escape
from pathlib import Path

from mnist_adder.report.plot import Plot

Table = Mapping[str, str]
Drawn = tuple[bytes, bytes]


def make_page(title: str, lead: str, results: Table, tables: Mapping[str, Table], plots: Mapping[Plot, Drawn]) -> str:
    """Return the page as a text, a whole HTML file that needs no other one.

    Args:
        title: the title, as plain text.
        lead: the paragraph below it, as plain text.
        results: the main results: {'sums right': '98.91 %'}.
        tables: further tables by their headings: {'Recipe': {'epochs': '10'}}.
        plots: each picture with its two PNG files as bytes: for light screens and paper, and for dark screens.
    """
    page, style = (Path(__file__).with_name(name).read_text(encoding="utf-8") for name in ("page.html", "page.css"))
    return page.format(
        title=escape(title),
        lead=escape(lead),
        style=style,
        results="\n".join(
            f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in results.items()
        ),
        tables="\n".join(_table(heading, rows) for heading, rows in tables.items()),
        figures="\n".join(_figure(plot, *drawn) for plot, drawn in plots.items()),
    )


def _table(heading: str, rows: Table) -> str:
    lines = (f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>' for name, value in rows.items())
    return "\n".join([f"<table><caption>{escape(heading)}</caption>", *lines, "</table>"])


def _figure(plot: Plot, light: bytes, dark: bytes) -> str:
    width, height = plot.size
    narrow = ' class="narrow"' if width < 1.5 * height else ""
    return f"""<figure id="{plot.name}">
<h2>{escape(plot.title)}</h2>
<picture>
<source media="screen and (prefers-color-scheme: dark)" srcset="{_embed(dark)}">
<img{narrow} src="{_embed(light)}" alt="{escape(plot.alt)}">
</picture>
<figcaption>{escape(plot.caption)}</figcaption>
</figure>"""


def _embed(png: bytes) -> str:
    return f"data:image/png;base64,{b64encode(png).decode()}"
