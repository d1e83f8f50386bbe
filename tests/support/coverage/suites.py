"""The coverage suites: each a module of this folder with `TITLE` and `groups()`."""

from __future__ import annotations

from tests.support.coverage import module_db, opinfo, torch_nn

SUITES = {"torch_nn": torch_nn, "module_db": module_db, "op_db": opinfo}
