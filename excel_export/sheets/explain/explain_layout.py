"""The rows and columns of the Explain sheet."""

TITLE, CHOICE, HINTS, HEADS, RESULT, MATH, WORDS = range(1, 8)
FIRST = WORDS + 1
"""The first row of the terms, and of the steps beside them."""
NUMBER, STEP, FROM_G, G, FROM_X, X, PRODUCT, SO_FAR = range(2, 10)
"""The columns of a term."""
PATH, COUNT, ADDS = range(11, 14)
"""The columns of a step."""
INDICES = (*range(G, SO_FAR + 1), PATH, ADDS)
"""The columns of the cells that choose an index; with more dimensions, the first ones can be chosen."""
HIDDEN = ADDS + 2
"""The first of the hidden columns."""
WIDTHS = {
    1: 2, NUMBER: 6, STEP: 9, FROM_G: 24, G: 12, FROM_X: 24, X: 13, PRODUCT: 14, SO_FAR: 14, 10: 2, PATH: 21, COUNT: 6,
    ADDS: 11,
}  # fmt: skip
HEIGHTS = {TITLE: 18, CHOICE: 19, HINTS: 13.5, HEADS: 15, RESULT: 20, MATH: 18}
"""The heights of rows, in points. The frozen rows take a fifth of a laptop's window."""
GRADIENT, SUM, SPELLED = range(3)
"""The kinds of numbers: a gradient, a result that is a sum of products, and one with another formula."""
