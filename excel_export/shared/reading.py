"""Read only what is a file."""

import os
from pathlib import Path

from excel_export.shared.errors import UserError


def refuse_pipe(path: Path) -> None:
    """Refuse a pipe or a device, which may never end.

    A path where nothing is, or a directory, passes: opening it gives a better error.

    Raises:
        UserError: the path is a pipe or a device.
    """
    if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
        raise UserError(f"{path} is a pipe or a device, not a file")
