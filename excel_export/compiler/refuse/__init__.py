"""The reasons why an export is refused, one file each."""
