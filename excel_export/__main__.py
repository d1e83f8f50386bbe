"""Run the command line with `python -m excel_export`."""

import sys

from excel_export.cli import main

sys.exit(main())
