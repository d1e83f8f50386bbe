"""The page as a file: everything is in it, and it loads nothing from the web."""

import base64
import hashlib
import html
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np

from excel_export.shared import palette
from excel_export.shared.errors import ExportError

LICENCE = "MIT"


def _darker(color: str) -> str:
    """Return a colour, of six hexadecimal digits, in which small letters are readable also on its pale one."""
    return "".join(f"{round(int(color[k : k + 2], 16) * 0.9):02x}" for k in (0, 2, 4))


# The colours of a page: the workbook's where there is light, others where it is dark.
LIGHT = {
    "paper": palette.PAPER, "ground": palette.STORY, "ink": palette.INK, "soft": palette.GREY, "line": "d5dbe4",
    "above": palette.FORWARD, "below": "926214", "gradient-above": palette.BACKWARD, "gradient-below": "6b4a9e",
    "forward": palette.FORWARD, "forward-pale": palette.FORWARD_PALE,
    "backward": _darker(palette.BACKWARD), "backward-pale": palette.BACKWARD_PALE, "now": palette.HIGHLIGHT,
    "mark-chosen": "111827", "mark-read": "c2185b", "mark-reader": "6a1b9a", "mark-pinned": "00796b",
}  # fmt: skip
DARK = {
    "paper": "151b23", "ground": "0d1117", "ink": "e8edf4", "soft": "a3b0c2", "line": "303a48", "above": "58a6ff",
    "below": "f0aa46", "gradient-above": "ffab66", "gradient-below": "b79af0",
    "forward": "79b8ff", "forward-pale": "14304f", "backward": "ffab66", "backward-pale": "45290f",
    "now": "6b5400", "mark-chosen": "ffffff", "mark-read": "ff6ba6", "mark-reader": "d0a2ff", "mark-pinned": "4dd0b8",
}  # fmt: skip


def colours() -> str:
    """Return the CSS variables of the light and the dark theme, ':root{--paper:#FFFFFF;…'."""
    light, dark = (
        "".join(f"--{name}:#{color};" for name, color in each.items()) + f"color-scheme:{scheme}"
        for scheme, each in (("light", LIGHT), ("dark", DARK))
    )
    chosen = f':root[data-theme="dark"]{{{dark}}}'
    return f':root{{{light}}}@media (prefers-color-scheme:dark){{:root:not([data-theme="light"]){{{dark}}}}}{chosen}\n'


@dataclass(frozen=True)
class About:
    """A page's description and links, '' for none: About('A neuron.', workbook='neuron.xlsx') beside the page."""

    description: str = ""
    """A sentence about the page, for search engines and for previews of its link."""
    source: str = ""
    """The address of the source code."""
    workbook: str = ""
    """The address of the same network as a workbook."""
    preview: str = ""
    """The whole address, https://…, of a picture that messengers show with the page's link."""

    def __post_init__(self) -> None:
        for address in (self.source, self.workbook, self.preview):
            if not _ADDRESS.fullmatch(address):
                raise ExportError(f"{address!r} is no address: write https://…, or the name of a file beside the page")
        if self.preview and not self.preview.startswith(("https://", "http://")):
            raise ExportError(f"messengers show a picture by its whole address only: https://…/{self.preview}")


_ADDRESS = re.compile(r"(https?://[^\s<>\"']+|[^\s:<>\"']+)?")


def document(title: str, script: str, model: Mapping[str, Any], arrays: Mapping[str, int],
             numbers: Mapping[str, np.ndarray], about: About) -> str:  # fmt: skip
    """Return the page as HTML: '<!DOCTYPE html>…'.

    Args:
        title: the page's title.
        script: the network's functions in JavaScript, which compute arrays.
        model: what the page draws, ready for JSON: {'steps': […], 'views': […], …}, as `model_of` returns it.
        arrays: the size of each array, by name: {'a1': 6}.
        numbers: the numbers in some of the arrays at first: {'a1': array of 6}; others begin with zeros.
        about: the description and the links.
    """
    code = "\n".join(
        ['(()=>{"use strict";', asset("spreadsheet.js"), declarations(arrays), script, asset("page.js"),
         "globalThis.explorer=explorer;", "})();"]
    )  # fmt: skip
    style = colours() + asset("page.css")
    data = {
        "title": title, **model, "words": words(), "numbers": {name: packed(each) for name, each in numbers.items()},
        "about": {"source": about.source, "workbook": about.workbook, "licence": LICENCE},
    }  # fmt: skip
    policy = (
        f"default-src 'none'; script-src '{_hash(code)}'; style-src '{_hash(style)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    parts = {
        "policy": policy, "title": html.escape(title), "head": _head(title, about), "forward": LIGHT["forward"].lower(),
        "style": style, "script": code,
        "data": base64.b64encode(zlib.compress(json.dumps(data, separators=(",", ":")).encode(), 9)).decode(),
    }  # fmt: skip
    page = asset("page.html")
    for name, part in parts.items():
        before, mark, after = page.partition("{{" + name + "}}")
        assert mark, name
        page = before + part + after
    return page


def _head(title: str, about: About) -> str:
    said = {"og:title": title, "og:description": about.description, "og:image": about.preview, "og:type": "website"}
    lines = [f'<meta name="description" content="{html.escape(about.description)}">'] if about.description else []
    lines += [f'<meta property="{key}" content="{html.escape(text)}">' for key, text in said.items() if text]
    return "\n".join(lines)


def declarations(arrays: Mapping[str, int]) -> str:
    r"""Return the script that declares arrays by their names and sizes.

    Example:
        >>> declarations({"a0": 2})
        'const a0=new Float64Array(2);\nconst ARRAYS={a0};'
    """
    return "".join(f"const {name}=new Float64Array({size});" for name, size in arrays.items()) + (
        f"\nconst ARRAYS={{{','.join(arrays)}}};"
    )


def asset(name: str) -> str:
    """Return the text of a file in the folder assets, such as 'page.css'."""
    return files("excel_export.pages").joinpath("assets", name).read_text(encoding="utf-8")


def words() -> dict[str, dict[str, str]]:
    """Return the words of the page's frame by language, English first: {'en': …, 'de': {'name': 'Deutsch', …}}."""
    found = files("excel_export.pages").joinpath("assets", "words").iterdir()
    in_order = sorted(found, key=lambda each: (each.name != "en.json", each.name))
    return {each.name.removesuffix(".json"): json.loads(each.read_text(encoding="utf-8")) for each in in_order}


def packed(numbers: np.ndarray) -> Sequence[Any]:
    """Return the numbers of an array of any shape for JSON: fewer than eight as a list, others as a type and Base64.

    The type is 'u1' (bytes) for integers from 0 to 255, else 'f4' (single precision) if it is exact, else 'f8'.

    Example:
        >>> packed(np.array([1.0, 2.0])), packed(np.arange(8.0))
        ([1.0, 2.0], ('u1', 'AAECAwQFBgc='))
    """
    flat = np.ascontiguousarray(numbers, dtype="<f8").reshape(-1)
    if flat.size < 8:
        return flat.tolist()
    if ((flat >= 0) & (flat <= 255) & (flat == flat.round())).all():
        return "u1", base64.b64encode(flat.astype(np.uint8).tobytes()).decode()
    with np.errstate(over="ignore"):
        single = flat.astype("<f4")
    exact = bool((single.astype("<f8") == flat).all())
    return "f4" if exact else "f8", base64.b64encode((single if exact else flat).tobytes()).decode()


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
