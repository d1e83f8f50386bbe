"""The parts of PyTorch and of Python that nobody has promised to keep: what breaks here has moved.

Each is used in one file only; the message says where, and what for.
"""

import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import excel_export
from excel_export import export
from excel_export.shared.users_code import frames, takes_a_sign, users_place

HOME = Path(excel_export.__file__).parent
PARTS = {
    "trace/function_transforms.py, torch.func": (
        ("torch._functorch.eager_transforms", "grad_increment_nesting"),
        ("torch._functorch.eager_transforms", "_wrap_all_tensors"),
        ("torch._functorch.eager_transforms", "_create_differentiable"),
        ("torch._functorch.eager_transforms", "_undo_create_differentiable"),
        ("torch._functorch.eager_transforms", "_autograd_grad"),
        ("torch._functorch.eager_transforms", "_jvp_with_argnums"),
        ("torch._functorch.eager_transforms", "_slice_argnums"),
        ("torch._functorch.eager_transforms", "jacfwd"),
        ("torch._functorch.apis", "vmap_impl"),
        ("torch._functorch.vmap", "_broadcast_to_and_flatten"),
        ("torch._functorch.vmap", "_process_batched_inputs"),
        ("torch._C._functorch", "get_unwrapped"),
        ("torch._C._functorch", "is_functorch_wrapped_tensor"),
    ),
    "shared/trees.py, results that are named tuples": (
        ("torch.utils._pytree", "tree_flatten"),
        ("torch.utils._pytree", "tree_map_only"),
        ("torch.utils._pytree", "tree_unflatten"),
    ),
    "trace/decompose.py and trace/aten_calls.py, functions taken apart": (
        ("torch._decomp", "core_aten_decompositions"),
        ("torch._decomp", "decomposition_table"),
        ("torch._ops", "OpOverload"),
        ("torch.utils._python_dispatch", "TorchDispatchMode"),
        ("torch._C", "_dispatch_has_kernel_for_dispatch_key"),
    ),
    "recorder/spans.py, whose way back is running": (
        ("torch.autograd", "_get_sequence_nr"),
        ("torch._C", "_current_autograd_node"),
        ("torch.autograd.graph", "get_gradient_edge"),
        ("torch._C._functorch", "peek_interpreter_stack"),
    ),
    "trace/custom_functions.py, custom autograd functions": (
        ("torch.autograd.function", "_SingleLevelFunction"),
        ("torch._C", "_FunctionBase"),
    ),
    "refuse/shared_numbers.py, what comes between a call and PyTorch": (
        ("torch._C", "_len_torch_dispatch_stack"),
        ("torch._C", "_get_dispatch_stack_at"),
        ("torch._C", "_disabled_torch_function_impl"),
    ),
    "trace/patches.py, PyTorch's own code run plainly": (
        ("torch.autograd.variable", "VariableMeta"),
        ("torch.nn.modules.transformer", "_detect_is_causal_mask"),
        ("torch.backends.mha", "get_fastpath_enabled"),
        ("torch.utils.checkpoint", "CheckpointFunction"),
        ("torch.jit", "ScriptFunction"),
    ),
    "trace/tracer.py, backward hooks that are tried": (("torch.nn.modules.module", "BackwardHook"),),
    "spreadsheet_autograd/module.py, whether a mode is active": (("torch.overrides", "_len_torch_function_stack"),),
}


@pytest.mark.parametrize("what", PARTS)
def test_what_is_used_of_pytorchs_private_parts_is_there(what):
    missing = [f"{home}.{name}" for home, name in PARTS[what] if not hasattr(importlib.import_module(home), name)]
    assert not missing, f"{what}: PyTorch {torch.__version__} has no {', '.join(missing)}"


def test_a_checkpoint_has_a_generator_to_replace():
    names = vars(importlib.import_module("torch.utils.checkpoint"))
    assert any(name.startswith("_checkpoint_without_reentrant_generator") for name in names), "trace/patches.py"


def test_what_asks_a_mode_asks_in_a_known_way():
    """`trace/decompose.py` lets the body of a function of PyTorch's in Python run without asking."""
    names = vars(importlib.import_module("torch.nn.functional"))
    assert {"has_torch_function", "has_torch_function_unary", "has_torch_function_variadic"} <= names.keys()


@pytest.mark.parametrize("private", [r"torch\._functorch", r"utils\._pytree", r"_getframe", r"\bdis\b", r"f_lasti"])
def test_a_private_part_is_used_in_one_file(private):
    users = [path for path in HOME.rglob("*.py") if re.search(rf"^(?! *\w.*\"\"\").*{private}", _code(path), re.M)]
    assert len(users) == 1, [str(path.relative_to(HOME)) for path in users]


def _code(path):
    """A file's lines that are no words: without its docstrings and comments."""
    text = re.sub(r'"""[\s\S]*?"""', "", path.read_text(encoding="utf-8"))
    return re.sub(r"#.*", "", text)


def test_frames_begin_where_they_are_asked_for():
    for frame in frames():
        assert frame is inspect.currentframe()
        break


def test_a_line_of_the_users_code_is_a_place():
    file, line = users_place()
    assert file == __file__
    assert "users_place()" in Path(file).read_text().splitlines()[line - 1]


class Sign:
    """Tells whether it was divided by a sign or by a call."""

    def __truediv__(self, other):
        return takes_a_sign(sys._getframe(1))


def test_a_sign_is_told_from_a_call():
    assert Sign() / 2
    assert not Sign().__truediv__(2)


class Signs(torch.nn.Module):
    def forward(self, x):
        return (x / 2).sum() + torch.div(x, 3).sum()


def test_a_division_is_named_after_its_sign(tmp_path):
    report = export(Signs(), (torch.ones(2),), tmp_path / "net.xlsx")
    keys = [row.key for row in report.table]
    assert {"truediv", "div"} <= set(keys)


def test_what_other_packages_put_in_the_place_of_a_function_is_not_taken_for_it():
    code = (
        "import torch; own = torch.index_select; torch.index_select = lambda *given: own(*given)\n"
        "from excel_export.compiler.confirm.confirmation import confirmed_trace\n"
        "class Rolled(torch.nn.Module):\n"
        "    def forward(self, x): return (x.roll(1, 0) * x).sum()\n"
        "assert confirmed_trace(Rolled(), (torch.tensor([[0.5, 1.0], [2.0, 3.0]]),))[0].tried\n"
    )
    found = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert not found.returncode, found.stderr
