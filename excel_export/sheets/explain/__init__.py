"""The Explain sheet: the gradient of one chosen number as a table of its terms, each with the cells it comes from.

A tensor's place is an affine map from indices to cells, and so is the way from a term to the two numbers that it
multiplies. So a line of whole numbers per parameter, its recipe, says where all of its terms lie: the sheet looks up
the recipe of the chosen parameter, works out rows and columns, and reads the Network sheet with INDEX.
"""
