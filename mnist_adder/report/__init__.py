"""The report of a training run: statistics, one file per chart, and the page around them."""
