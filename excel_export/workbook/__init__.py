"""The file: what stands on a sheet and how it looks, writing, recalculating, reading."""
