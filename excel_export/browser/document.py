"""The page as a file: everything in it, nothing asked of anybody."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import zlib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import numpy as np

SCRIPTS = (
    "spreadsheet.js", "network.js", "numbers.js", "elements.js", "slopes.js", "state.js", "pictures.js", "overview.js",
    "tables.js", "stage.js", "arithmetic.js", "pinned.js", "way.js", "inputs.js", "training.js", "guide.js", "main.js",
)  # fmt: skip
"""In this order; the network's own script stands behind the first."""


def document(title: str, script: str, model: Mapping[str, Any], arrays: Mapping[str, int],
             numbers: Mapping[str, np.ndarray]) -> str:  # fmt: skip
    """Return the page.

    Args:
        title: what it is about.
        script: what computes the network: functions of arrays.
        model: what is shown, as plain numbers and texts.
        arrays: the size of each array, by name.
        numbers: what stands in some of them at first.
    """
    own = f"{declared(arrays)}\n{script}"
    first, *others = (asset(name) for name in SCRIPTS)
    code = "\n".join(['"use strict";', first, own, *others])
    style = asset("page.css")
    packed = {name: _packed(each) for name, each in numbers.items()}
    data = {"title": title, **model, "words": words(), "numbers": packed}
    policy = (
        f"default-src 'none'; script-src '{_hash(code)}'; style-src '{_hash(style)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    parts = {
        "policy": policy, "title": html.escape(title), "style": style, "script": code,
        "data": base64.b64encode(zlib.compress(json.dumps(data, separators=(",", ":")).encode(), 9)).decode(),
    }  # fmt: skip
    page = asset("page.html")
    for name, part in parts.items():
        before, mark, after = page.partition("{{" + name + "}}")
        assert mark, name
        page = before + part + after
    return page


def declared(arrays: Mapping[str, int]) -> str:
    """The script that makes the arrays."""
    return "".join(f"const {name}=new Float64Array({size});" for name, size in arrays.items()) + (
        f"\nconst ARRAYS={{{','.join(arrays)}}};"
    )


def asset(name: str) -> str:
    """One of the files beside this one."""
    return files("excel_export.browser").joinpath("assets", name).read_text(encoding="utf-8")


def words() -> dict[str, dict[str, str]]:
    """The words of the page's frame by language, English first: a new file is a new language."""
    return {each.name.removesuffix(".json"): json.loads(each.read_text(encoding="utf-8")) for each in languages()}


def languages() -> list[Traversable]:
    """The files of words, English first."""
    found = files("excel_export.browser").joinpath("assets", "words").iterdir()
    return sorted(found, key=lambda each: (each.name != "en.json", each.name))


def _packed(numbers: np.ndarray) -> Sequence[Any]:
    """Numbers as bytes: of single precision where that is exact, as for most weights."""
    flat = np.ascontiguousarray(numbers, dtype="<f8").reshape(-1)
    if flat.size < 8:
        return flat.tolist()
    with np.errstate(over="ignore"):
        single = flat.astype("<f4")
    exact = bool((single.astype("<f8") == flat).all())
    return "f4" if exact else "f8", base64.b64encode((single if exact else flat).tobytes()).decode()


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
