"""The coverage suites: each a module of this folder with `TITLE` and `groups()`."""

from __future__ import annotations

from tests.support.coverage import functions, module_db, opinfo, real_networks, torch_nn

SUITES = {
    "torch_nn": torch_nn,
    "functions": functions,
    "op_db": opinfo,
    "module_db": module_db,
    "real_networks": real_networks,
}
