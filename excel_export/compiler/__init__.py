"""From a module to formulas: trace, place, emit."""
