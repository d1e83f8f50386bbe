"""The report of a training: what is counted, one file for each picture, and the page around them."""
