"""The names of cells, by the texts above and left of them; whether such a text means a gradient, a loss or a rate."""

import re
import unicodedata
from typing import NamedTuple

from excel_export.shared.a1_notation import Place
from spreadsheet_autograd.graph.read_cells import Contents

LONGEST = 80
"""The number of characters of a heading that are read."""
LONGEST_SYMBOL = 4
"""The most characters of a name at the end of a heading in words, such as w_h."""
MOST_GAPS = 2
"""The most empty cells between a heading and its numbers."""
_NOT_A_NAME = re.compile(r"[^\w∂∇/']|_")
_FRACTION = re.compile(r"\\[td]?frac\s*\{(.*?)\}\s*\{(.*?)\}(?!\})")
_MARKS = {"\u0302": "hat", "\u0304": "bar", "\u0303": "tilde"}
_MARKED = re.compile(rf"([b-df-hj-mp-tv-zα-ωθ])([{''.join(_MARKS)}])")
"""Signs above the letters of formulas; signs above vowels, and ñ, belong to languages."""
_QUOTIENT = re.compile(r"[∂δd](.*?)/[∂δd](.+)")
_PRODUCT = re.compile(r"([a-z]*)∂(.+)")
_IN_WORDS = re.compile(
    r"(?:gradiente|gradient|grad|∇|ableitung|derivative|slope|derivee|derivada|derivata|梯度|勾配|偏?导数|градиент|производная)"
    r"(.+)"
)
_BEHIND = re.compile(r"(.+?)(?:gradient|grad|梯度|勾配|偏?导数)")
_OF = re.compile(
    r"(?<=\w)[\s_]+(?:of|for|von|nach|wrt|par rapport à|respecto al?|rispetto a|em relação a|del?|du|di|do|по)[\s_]+"
    r"(?=\S)|的|の",
    re.I,
)
"""Words between 'gradient' and a name."""
_SHORT = re.compile(r"[d∂](.+)")
_RATE = re.compile(
    r"(?:rate|.*(?:(?:learn|learning|training|step)rate|lernrate|schrittweite|stepsize)|(?:lr|η|eta|α|alpha)[t\d]?|learningrate.*|lernrate.*|lr\d*"
    r"|(?:taux|pas|vitesse)d'?apprentissage|(?:tas[as]o?|taxa|velocidade?)d[ei]l?apprendi\w+|(?:tasa|taxa|velocidade?)deaprendi\w+"
    r"|学习率|學習率|学習率|скоростьобучения)"
)
_OF_PARAMETERS = re.compile(r"(?<=\w)\s*\(\s*[θΘβwWb](?:\s*[,;]\s*[θΘβwWb])*\s*\)")
"""The parameters in J(θ) or L(w, b)."""
_LOSSES = {"e", "l", "j", "c", "et", "etot", "etotal", "totalerror", "errortotal", "totalloss", "loss", "cost", "error",
           "mse", "sse", "bce", "rss", "nll", "ce", "crossentropy", "fehler", "gesamtfehler", "verlust", "kosten",
           "losstotal", "costfunction", "lossfunction", "gesamtverlust", "meanloss", "ltotal", "egesamt", "eges",
           "averageloss", "avgloss", "kostenfunktion", "verlustfunktion",
           "perte", "pertetotale", "pertel", "cout", "couttotal", "erreur", "erreurtotale", "perdida", "perdidatotal",
           "costo", "coste", "perda", "perdatotal", "custo", "erro", "errototal", "errore", "erroretotale", "perdita",
           "损失", "总损失", "误差", "总误差", "代价", "損失", "誤差", "ошибка", "потери"}  # fmt: skip
_LOSS_WORDS = re.compile(
    r"loss|error|cost|mse|sse|entropy|fehler|verlust|kosten"
    r"|perte|erreur|perdida|perdita|perda|损失|误差|代价|損失|誤差|ошибк|потер"
)
_STATE = re.compile(r"(?:momentum|velocity|geschwindigkeit|adam|v_?d?w|m_?d?w|[vm]t?(?:hat)?$)")

_ARITHMETIC = re.compile(r"\s[×·∙*+−]\s")
_SHAPE = re.compile(r"\s{2,}(?:scalar|\d+(?:×\d+)*)$")
"""The shape of a tensor behind its name, as in the titles of a workbook that was exported: 'hidden  2×3'."""

_APPROXIMATE = re.compile(r"numeri|finite|approx|näherung|relativ|[+−±-]\s*(?:eps|ε|h\b)|приближ|数值|数値", re.I)


def key(text: str) -> str:
    """Return a name as names are compared: small letters, digits and ∂, ∇, /, ' only, without what follows '='.

    Example:
        >>> key("w₁") == key("w_1") == key("W1"), key("x̂"), key("e = a·b"), key("∂E / ∂w")
        (True, 'xhat', 'e', '∂e/∂w')
    """
    text = text.partition("=")[0].strip() or text
    text = _FRACTION.sub(r"\1/\2", text.replace("𝜕", "∂").replace("∆", "δ").replace(r"\partial", "∂"))
    name = unicodedata.normalize("NFKD", text).lower()
    return _NOT_A_NAME.sub("", _MARKED.sub(lambda match: match[1] + _MARKS[match[2]], name))


def symbol_in(text: str) -> str:
    """Return the name, of at most 4 characters, that follows words in a heading, as `key` returns it; '' for none.

    Example:
        >>> symbol_in("hidden weight w_h"), symbol_in("bias (b)"), symbol_in("loss")
        ('wh', 'b', '')
    """
    *words, last = text.split() or [""]
    return key(last) if words and len(key(last)) <= LONGEST_SYMBOL and not gradient_in(text) else ""


def gradient_in(text: str) -> tuple[str, str] | None:
    """Return the names of the loss and of the parameter in the heading of a gradient; None for other headings.

    The loss is '' if the heading doesn't name it.

    Example:
        >>> gradient_in("∂E/∂w1"), gradient_in("gradient of b"), gradient_in("dz"), gradient_in("output")
        (('e', 'w1'), ('', 'b'), ('', 'z'), None)
    """
    name = key(_OF_PARAMETERS.sub("", _OF.sub(" ", text)))
    quotient = _QUOTIENT.fullmatch(name)
    if quotient:
        return quotient[1], quotient[2]
    if "/" in name:
        return None
    product = _PRODUCT.fullmatch(name)
    if product:
        return product[1], product[2]
    if _ARITHMETIC.search(text):
        return None  # as 'gradient × weight', which is a product
    for pattern in (_IN_WORDS, _BEHIND, _SHORT):
        match = pattern.fullmatch(name)
        if match:
            return "", match[1]
    return None


def is_short(text: str) -> bool:
    """Return whether the heading of a gradient is only a d before a name: True for 'dz', False for '∂E/∂z'."""
    name = key(text)
    return "/" not in name and not any(each.fullmatch(name) for each in (_PRODUCT, _IN_WORDS, _BEHIND))


def loss_score(text: str) -> int:
    """Return 2 if a heading means a loss, 1 if it has a word such as error in it, 0 otherwise.

    Example:
        >>> loss_score("MSE"), loss_score("error of unit 1"), loss_score("∂E/∂w1")
        (2, 1, 0)
    """
    name = key(_OF_PARAMETERS.sub("", text))
    if gradient_in(text) and "/" in name:
        return 0
    return 2 if name in _LOSSES else 1 if _LOSS_WORDS.search(name) and not name.endswith("rate") else 0


def is_loss_name(name: str) -> bool:
    """Return whether a name, as `key` returns it, means the whole loss: True for 'e', 'mse' and '', False for 'e1'."""
    return not name or name in _LOSSES


def claim_in(text: str) -> tuple[str, str] | None:
    """Return the loss and the name in a gradient's heading, ('e', 'w1') for ∂E/∂w1; None for others, and ∂L/∂loss."""
    heading = gradient_in(text)
    return None if heading and len(heading[1]) > 2 and heading[1] in _LOSSES else heading


def is_rate(text: str) -> bool:
    """Return whether a heading means a learning rate: True for 'rate', 'lr' and 'η', False for 'error rate'."""
    return bool(_RATE.fullmatch(key(text)))


def is_state(text: str) -> bool:
    """Return whether a heading means a state that an optimizer keeps between steps: True for 'momentum', 'v', 'vw'."""
    return bool(_STATE.match(key(text)))


def is_approximate(text: str) -> bool:
    """Return whether a heading means a check of a gradient by differences: True for 'numerical gradient'."""
    return bool(_APPROXIMATE.search(text))


def _is_link(text: str) -> bool:
    return text.endswith("→") or text.startswith("←")


class _Label(NamedTuple):
    """A text, and its distance from a cell in rows or columns."""

    text: str
    distance: int
    is_of_another: bool = False
    """True if between the text and the cell numbers end and others begin."""


_NONE = _Label("", 10**6)


class Labels:
    """The texts of a workbook as headings of cells: with A1 'w' and B1 0.5, `name(('S', 1, 2))` is 'w'."""

    def __init__(self, contents: Contents) -> None:
        texts = {
            at: content.value.strip()
            for at, content in contents.cells.items()
            if isinstance(content.value, str) and content.value.strip() and not content.formula and not content.is_error
        }
        self._texts = {
            at: _SHAPE.sub("", text)
            for at, text in texts.items()
            if not (_is_link(text) or ("=" in text and _SHAPE.search(texts.get((at[0], at[1] - 1, at[2]), ""))))
        }
        self._cells = contents.cells
        self._known: dict[tuple[Place, int], _Label] = {}

    def text(self, at: Place) -> str:
        """Return the text in a cell, at most 80 characters; '' for a number, a formula or an empty cell."""
        return self._texts.get(at, "")[:LONGEST]

    def above(self, at: Place) -> str:
        """Return the next text above a cell, 'w' for A4 with 'w' in A1 and numbers below.

        At most two empty cells in a row may lie between; '' if there is no text.
        """
        return self._next(at, 0).text

    def beside(self, at: Place) -> list[str]:
        """Return the next texts left of a cell and above it, which may name the cell, the nearest first; [] for none.

        With 'w1' left of the cell and 'weights' further above: ['w1', 'weights']; at equal distance left comes first.
        Of two, one is left out if it belongs to other cells, which a gap parts from this one (text, number, gap, cell),
        or if it stands left and is the heading of its own column. A gap next to the text does no harm.
        """
        above, left = self._next(at, 0), self._next(at, 1)
        if left.text and left.distance <= MOST_GAPS and above.is_of_another:
            return [left.text]  # a line with a name in it, below a table
        if above.text and above.distance < left.distance and self._is_head((at[0], at[1], at[2] - left.distance)):
            return [above.text]
        found = [left, above] if left.distance <= above.distance else [above, left]
        found = [label for label in found if label.text]
        own = [label for label in found if not label.is_of_another]
        return [label.text for label in own or found]

    def distance(self, at: Place, text: str) -> int:
        """Return how many rows up, or columns left, of a cell its heading `text` stands: 1 if adjacent, 0 for none."""
        return next((label.distance for label in (self._next(at, 1), self._next(at, 0)) if label.text == text), 0)

    def _is_head(self, at: Place) -> bool:
        """Return whether a text stands above a number, so that it names a column and not the cells right of it."""
        below = (at[0], at[1] + 1, at[2])
        return at in self._texts and below in self._cells and below not in self._texts

    def name(self, at: Place) -> str:
        """Return the first of the texts that `beside` returns, 'w1'; '' if there is none."""
        beside = self.beside(at)
        return beside[0] if beside else ""

    def _next(self, at: Place, axis: int) -> _Label:
        chain: list[Place] = []
        found = _NONE
        cell, gaps, others = at, 0, 0
        while True:
            known = self._known.get((cell, axis)) if not gaps else None
            if known:
                found = known
                break
            chain.append(cell)
            cell = (cell[0], cell[1] - 1, cell[2]) if axis == 0 else (cell[0], cell[1], cell[2] - 1)
            if min(cell[1:]) < 1:
                break
            if cell in self._texts:
                found = _Label(self._texts[cell][:LONGEST], 0)
                break
            if cell in self._cells:
                others = len(chain) if gaps else others
                gaps = 0
            else:
                gaps += 1
            if gaps > MOST_GAPS:
                break
        for k, each in enumerate(reversed(chain), 1):
            is_of_another = found.is_of_another or len(chain) - k < others
            self._known[each, axis] = found._replace(distance=found.distance + k, is_of_another=is_of_another)
        return self._known[at, axis]
