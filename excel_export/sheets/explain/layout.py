"""Which row and which column of the Explain sheet holds what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from excel_export.sheets.explain.explained import USE, Explained

NAME = "Explain"
AS_ON_LENS = "as on the Lens"
"""The choice that lets the sheet follow the Lens."""

TITLE, SUBTITLE, LINKS, HEADS, CHOICE, HINTS, MATH, WORDS, RESULT, TABLE_HEAD = 1, 2, 3, 5, 6, 7, 9, 10, 12, 13
FIRST = TABLE_HEAD + 1
"""The first line of the table of terms."""
NUMBER, PLACE, FROM_G, G, FROM_X, X, PRODUCT, SO_FAR = range(2, 10)
"""The columns of the table of terms."""
INDICES = (5, 6, 7, 8, 9)
"""The columns of the cells that choose an index."""
PICTURES = 11
"""The column of the first picture."""
SMALLEST_PICTURE, LARGEST_PICTURE = 12, 28
HELPERS = ("down", "right", "inside", "g row", "g column", "x row", "x column")
"""What each term works out, beside its places."""
WAYS, FIELDS, CHOSEN, BASES, NUMBERS = 5, 7, 8, 9, 10
"""The rows above the recipes: the chosen index, the heads, the chosen recipe, where its maps lead, what lies there."""


@dataclass(frozen=True)
class Layout:
    """What depends on the parameters: how large the parts of the sheet are, and where they begin."""

    rank: int
    """The most indices that a parameter has."""
    depth: int
    """Along how many ways the sums run."""
    terms: int
    """The most terms that a gradient has."""
    picture_height: int
    picture_width: int
    has_uses: bool
    """Whether a parameter is used several times."""

    @classmethod
    def of(cls, items: Sequence[Explained]) -> Layout:
        """Make room for every parameter."""
        height, width = (
            min(LARGEST_PICTURE, max(SMALLEST_PICTURE, *(item.places[-k] for item in items))) for k in (2, 1)
        )
        return cls(
            rank=max(1, max(len(item.value.shape) for item in items)),
            depth=len(items[0].places),
            terms=max(1, max(item.count for item in items)),
            picture_height=height,
            picture_width=width,
            has_uses=any(len(item.uses) > 1 for item in items),
        )

    @property
    def helper_names(self) -> tuple[str, ...]:
        """What each term works out, beside its places."""
        return (*HELPERS, *[USE] * self.has_uses)

    @property
    def last(self) -> int:
        """The row of the last term."""
        return FIRST + self.terms - 1

    def index(self, k: int) -> int:
        """The column of the cell that chooses an index."""
        return INDICES[k] if k < len(INDICES) else PICTURES + k

    def picture(self, k: int) -> int:
        """The first column of a picture, from 0; the column before it is free."""
        return PICTURES + k * (self.picture_width + 1)

    @property
    def helpers(self) -> int:
        """The first column of the cells where each term finds its numbers."""
        return self.picture(3) + 1

    @property
    def recipes(self) -> int:
        """The first column of the recipes."""
        return self.helpers + self.depth + len(self.helper_names) + 1
