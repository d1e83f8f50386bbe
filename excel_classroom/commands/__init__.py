"""The commands for teachers, one file each."""
