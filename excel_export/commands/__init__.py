"""The commands of `excel-export`, one file each."""
