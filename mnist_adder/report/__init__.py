"""A training's results as pictures and a page: what is counted, one file per picture, and the page around them."""
