"""From a PyTorch module to formulas: record, confirm, place, emit.

The front end makes a graph: `refuse` says what no workbook can show, `reference` runs the module as PyTorch does,
`trace` records it, `confirm` holds the two against each other. The back end knows a graph and no module: `place`
gives it cells and formulas, `unroll` repeats it for the steps of a training.
"""
