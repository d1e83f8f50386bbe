"""The commands that work on any spreadsheet, one file each."""
