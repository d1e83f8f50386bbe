"""The structure of a formula: the cells that it reads, its linear form, and its spelling for people."""
