"""The teacher's report on a folder of checked sheets: annotated copies and tables."""
