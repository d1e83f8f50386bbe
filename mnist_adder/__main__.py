"""Run the command line with `python -m mnist_adder`."""

import sys

from mnist_adder.cli import main

sys.exit(main())
