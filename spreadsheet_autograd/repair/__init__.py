"""The smallest edits of formulas that make right what is wrong."""
