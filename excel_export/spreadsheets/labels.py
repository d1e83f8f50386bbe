"""What cells are called: the texts above and left of them, and what such a text says."""

from __future__ import annotations

import re
import unicodedata

from excel_export.shared.a1_notation import Place
from excel_export.spreadsheets.read import Contents

LONGEST, MOST_GAPS = 80, 2
_NOT_A_NAME = re.compile(r"[^0-9a-zα-ωθ∂∇/']")
_QUOTIENT = re.compile(r"[∂δd](.+?)/[∂δd](.+)")
_PRODUCT = re.compile(r"([a-z]*)∂(.+)")
_IN_WORDS = re.compile(r"(?:gradient|grad|∇|ableitung|derivative|slope)(?:of|for|von|nach|wrt)?(.+)")
_BEHIND = re.compile(r"(.+?)(?:gradient|grad)")
_SHORT = re.compile(r"[d∂](.+)")
_RATE = re.compile(r"(?:.*(?:rate|lernrate|schrittweite|stepsize)|lr|η|eta|α|alpha|learningrate.*|lernrate.*|lr\d*)")
_LOSSES = {"e", "l", "j", "c", "et", "etot", "etotal", "totalerror", "errortotal", "totalloss", "loss", "cost", "error",
           "mse", "sse", "bce", "rss", "nll", "ce", "crossentropy", "fehler", "gesamtfehler", "verlust", "kosten",
           "losstotal", "costfunction", "lossfunction", "gesamtverlust", "meanloss", "ltotal", "egesamt", "eges",
           "averageloss", "avgloss", "kostenfunktion", "verlustfunktion"}  # fmt: skip
_LOSS_WORDS = re.compile(r"loss|error|cost|mse|sse|entropy|fehler|verlust|kosten")
_REMEMBERED = re.compile(r"(?:momentum|velocity|geschwindigkeit|adam|v_?d?w|m_?d?w|[vm][tˆ^]?$)")


def key(text: str) -> str:
    """A name as it is compared: small letters and figures only; w₁, w_1 and W1 are the same."""
    return _NOT_A_NAME.sub("", unicodedata.normalize("NFKC", text.replace("𝜕", "∂").replace("∆", "δ")).lower())


def gradient_in(text: str) -> tuple[str, str] | None:
    """Read a heading such as ∂E/∂w1: the names of what is differentiated, '' where it isn't said, and by what."""
    name = key(text)
    quotient = _QUOTIENT.fullmatch(name)
    if quotient:
        return quotient[1], quotient[2]
    if "/" in name:
        return None
    product = _PRODUCT.fullmatch(name)
    if product:
        return product[1], product[2]
    for pattern in (_IN_WORDS, _BEHIND, _SHORT):
        match = pattern.fullmatch(name)
        if match:
            return "", match[1]
    return None


def loss_score(text: str) -> int:
    """How much a heading looks like that of a loss: 2 if it is one, 1 if such a word stands in it."""
    name = key(text)
    if gradient_in(text) and "/" in name:
        return 0
    return 2 if name in _LOSSES else 1 if _LOSS_WORDS.search(name) and not _RATE.fullmatch(name) else 0


def is_loss_name(name: str) -> bool:
    """Whether the upper part of a heading such as ∂E/∂w1 means the loss as a whole."""
    return not name or name in _LOSSES


def is_rate(text: str) -> bool:
    """Whether a heading means a learning rate."""
    return bool(_RATE.fullmatch(key(text)))


def is_remembered(text: str) -> bool:
    """Whether a heading means what a learning rule remembers, such as momentum."""
    return bool(_REMEMBERED.match(key(text)))


class Labels:
    """The texts that stand beside cells."""

    def __init__(self, contents: Contents) -> None:
        self._texts = {
            at: content.value.strip()
            for at, content in contents.cells.items()
            if isinstance(content.value, str) and content.value.strip() and not content.formula and not content.is_error
        }
        self._cells = contents.cells
        self._known: dict[tuple[Place, int], tuple[str, int]] = {}

    def text(self, at: Place) -> str:
        """The text in a cell."""
        return self._texts.get(at, "")[:LONGEST]

    def above(self, at: Place) -> str:
        """The next text above a cell, across numbers and a few empty cells."""
        return self._next(at, 0)[0]

    def left(self, at: Place) -> str:
        """The next text left of a cell."""
        return self._next(at, 1)[0]

    def beside(self, at: Place) -> list[str]:
        """The texts that may name a cell, the one that stands nearest first."""
        (above, rows), (left, cols) = self._next(at, 0), self._next(at, 1)
        if cols <= MOST_GAPS < rows and (at[0], at[1] - 1, at[2]) not in self._cells:
            return [left]  # a line of its own, with a name in it, below a table
        found = [left, above] if cols <= rows else [above, left]
        return [text for text in found if text]

    def name(self, at: Place) -> str:
        """What a cell is called; '' where no text stands near it."""
        beside = self.beside(at)
        return beside[0] if beside else ""

    def _next(self, at: Place, axis: int) -> tuple[str, int]:
        chain: list[Place] = []
        found, distance = "", 0
        cell, gaps = at, 0
        while True:
            known = self._known.get((cell, axis)) if not gaps else None
            if known:
                found, distance = known
                break
            chain.append(cell)
            cell = (cell[0], cell[1] - 1, cell[2]) if axis == 0 else (cell[0], cell[1], cell[2] - 1)
            if min(cell[1:]) < 1:
                break
            if cell in self._texts:
                found = self._texts[cell][:LONGEST]
                break
            gaps = 0 if cell in self._cells else gaps + 1
            if gaps > MOST_GAPS:
                break
        for k, each in enumerate(reversed(chain), 1):
            self._known[each, axis] = (found, distance + k if found else 10**6)
        return self._known[at, axis]
