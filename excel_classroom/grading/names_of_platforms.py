"""What learning platforms make of a file's name, in the download of all submissions."""

import re

# Moodle: Ada Lovelace_1234_assignsubmission_file_/week3.xlsx; Canvas: lovelaceada_LATE_1234_5678_week3.xlsx
MOODLE = re.compile(r"(?P<who>[^/]*?)_(?P<number>\d+)_assignsubmission_[a-z]+_?(?P<rest>.*)", re.S)
CANVAS = re.compile(r"(?P<who>[^_/]+)_(?P<late>(?:LATE_)?)(?P<number>\d+)_\d+_(?P<rest>[^/]*)", re.S)
