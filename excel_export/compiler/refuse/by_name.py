"""Functions that are refused by their name: what no recorder sees, or no formula shows; each with what to write."""

from __future__ import annotations

from excel_export.compiler.refuse.users_code import calling_line
from excel_export.shared.errors import ExportError, UnsupportedOperator

_MEMORY = (
    "the memory of a tensor is copied or read in {line}, as by copy.copy, pickle or x.storage(), and no formula "
    "follows it there: use x.clone(), or x.detach().clone()"
)
_FORWARD_MODE = (
    "torch.autograd.forward_ad in {line} is not followed: use torch.func.jvp(function, (x,), (v,)), which gives the "
    "same derivative"
)
_PYTHON = (
    "{name}() in {line} calls a function of Python's for each number, which no formula shows: use PyTorch's own "
    "functions, such as torch.where"
)
_PLACES = (
    "{name}() in {line} changes where the numbers of a tensor lie, which no formula shows: make a new tensor, as with "
    "torch.reshape"
)
_REFUSALS = {
    "backward": (
        "forward() calls backward() in {line}, which adds to the gradients of all that learns: use "
        "torch.autograd.grad(loss, what, create_graph=True), which gives the gradients of what is asked for"
    ),
    "register_post_accumulate_grad_hook": (
        "a hook of register_post_accumulate_grad_hook may change a gradient, or the parameter itself, which no formula "
        "shows: {line}; remove it before the export"
    ),
    "requires_grad_": (
        "x.requires_grad_(False) in {line} switches off the gradient of what stands on the sheet: use x.detach(), or "
        "freeze parameters before the export"
    ),
    "cond": ("torch.cond in {line} takes one of two ways, and cells hold both: use torch.where(condition, f(x), g(x))"),
    "while_loop": (
        "while_loop in {line} goes on for as long as its numbers say, and a sheet cannot grow: take a fixed number of "
        "steps, each with torch.where(goes_on, f(x), x)"
    ),
    **dict.fromkeys(("__reduce_ex__", "__dlpack__", "untyped_storage", "storage", "_typed_storage"), _MEMORY),
    **dict.fromkeys(("_make_dual", "_unpack_dual"), _FORWARD_MODE),
    **dict.fromkeys(("apply_", "map_", "map2_"), _PYTHON),
    **dict.fromkeys(("set_", "resize_", "resize_as_", "share_memory_"), _PLACES),
}
_LISTS = "torch.{name} in {line} computes with lists of tensors at once: write [torch.{single}(x, …) for x in tensors]"
_AUTOGRADS_STATE = {"is_leaf", "retains_grad", "grad", "_version", "output_nr", "_grad_fn"}

_WAVES = (
    "a Fourier transform is a product with cosines and sines: with a = 2π · torch.outer(arange(n), arange(n)) / n, the "
    "real parts are x @ a.cos(), the imaginary ones -(x @ a.sin())"
)
_SMALL = (
    "write it out for a small matrix, as det = a * d - b * c and inverse = torch.stack([d, -b, -c, a]).view(2, 2) / det"
)
_TRIANGLES = (
    "write it out row by row, as L00 = A00.sqrt(), L10 = A10 / L00, L11 = (A11 - L10 * L10).sqrt(), and to solve "
    "L x = b, x0 = b0 / L00, x1 = (b1 - L10 * x0) / L11"
)
_STIRLING = (
    "write Stirling's series: with z = x + 8, lgamma is (z - 0.5) * z.log() - z + math.log(2 * math.pi) / 2 + 1/12 / z "
    "- 1/360 / z**3 + 1/1260 / z**5 - 1/1680 / z**7 + 1/1188 / z**9 - sum((x + k).log() for k in range(8)), for x > 0, "
    "and digamma is torch.autograd.grad(lgamma.sum(), x, create_graph=True)[0]"
)
_WITHOUT_FORMULAS = {
    ("stft", "istft"): f"cut the sound into windows, x.unfold(-1, n, hop) * window; {_WAVES}",
    ("fft", "ifft", "rfft", "irfft", "fftn", "ifftn", "rfftn", "irfftn", "fft2", "ifft2", "rfft2", "irfft2", "hfft",
     "ihfft"): _WAVES,
    ("complex", "polar", "cfloat", "cdouble"): (
        "compute with the real and the imaginary parts as tensors of their own: polar(r, a) is r * a.cos() and "
        "r * a.sin()"
    ),
    ("matrix_exp",): "add up its series: total = total + term, term = term @ A / k, for k in range(1, 20)",
    ("lgamma", "gammaln", "digamma", "psi", "mvlgamma", "multigammaln"): _STIRLING,
    ("kthvalue",): "take it of x.sort(dim=dim, stable=True).values, as by .select(dim, k - 1)",
    ("mode",): (
        "count equal numbers: x = x.sort(dim=-1, stable=True).values, many = (x.unsqueeze(-1) == "
        "x.unsqueeze(-2)).sum(-1), and take x.gather(-1, many.argmax(-1, keepdim=True))"
    ),
    ("det", "slogdet", "logdet", "inverse", "inv", "inv_ex", "solve", "solve_ex"): _SMALL,
    ("cholesky", "cholesky_ex", "cholesky_solve", "cholesky_inverse", "solve_triangular", "triangular_solve"): (
        _TRIANGLES
    ),
    ("fake_quantize_per_tensor_affine", "fake_quantize_per_channel_affine", "quantize_per_tensor"): (
        "write y = ((x / scale + zero_point).round().clamp(low, high) - zero_point) * scale, and x + (y - x).detach()"
    ),
    ("bitwise_left_shift", "lshift", "ilshift", "bitwise_right_shift", "rshift", "irshift"): (
        "n << k is n * 2**k, and n >> k is n // 2**k"
    ),
    ("cummax", "cummin"): (
        "take it of the numbers so far: torch.stack([x[..., : k + 1].amax(-1) for k in range(x.shape[-1])], -1)"
    ),
    ("fmax", "fmin"): "use torch.maximum and torch.minimum: a sheet has no NaN",
    ("erfc",): "write 1 - torch.erf(x)",
    ("asin", "arcsin"): "write math.pi / 2 - torch.acos(x)",
    ("tan",): "write x.sin() / x.cos()",
    ("sinh", "cosh"): "write (x.exp() - (-x).exp()) / 2, and with a plus for cosh",
    ("exp2",): "write 2**x",
    ("expm1",): "write x.exp() - 1",
    ("trunc", "fix"): "write x.sign() * x.abs().floor()",
    ("frac",): "write x - x.sign() * x.abs().floor()",
    ("sinc",): "with z = torch.where(x == 0, 1.0, x * math.pi), write torch.where(x == 0, 1.0, z.sin() / z)",
    ("logical_xor",): "write (a != 0) != (b != 0)",
    ("median", "nanmedian"): (
        "take the middle one of n numbers in order: x.sort(dim=dim, stable=True).values.select(dim, (n - 1) // 2)"
    ),
    ("linspace",): "write start + (end - start) * torch.linspace(0, 1, steps)",
    ("poisson",): "draw from rates that are constants: a workbook cannot draw anew when rates that are computed change",
    ("erfinv",): (
        "solve torch.erf(y) = x: begin with y = x, and repeat y = y - (torch.erf(y) - x) * (y * y).exp() * "
        "math.pi**0.5 / 2"
    ),
    ("asinh", "arcsinh"): "write torch.log(x + (x * x + 1).sqrt())",
    ("hypot",): "write (x * x + y * y).sqrt()",
    ("copysign",): "write x.abs() * torch.where(y < 0, -1.0, 1.0)",
    ("xlog1py",): "write x * torch.log1p(y)",
    ("addbmm",): "write x + (a @ b).sum(0)",
    ("pdist",): "write (x[i] - x[j]).norm(dim=1), with i, j = torch.triu_indices(n, n, 1)",
    ("put",): "write x.reshape(-1).index_put((index,), source).reshape(x.shape)",
    ("index_fill",): "write into a copy: y = x.clone(), y[index] = value",
    ("diagonal_scatter",): "write into a copy: y = x.clone(), y.diagonal().copy_(source)",
    ("index_reduce",): (
        "expand the index to the shape of the source, and use x.scatter_reduce(dim, index, source, reduce)"
    ),
    ("to_sparse", "to_sparse_coo", "to_sparse_csr", "to_sparse_csc", "to_sparse_bsr", "to_sparse_bsc"): (
        "leave the tensor as it is: a sheet has a cell for every element"
    ),
}  # fmt: skip
"""Functions that lessons, examples and the model libraries do without, and what does the same."""
_WAYS = {name: way for names, way in _WITHOUT_FORMULAS.items() for name in names}


def refuse_by_name(name: str, line: str = "") -> None:
    """Refuse a function that reaches where no recorder sees it, or that no operator and no composite is for.

    It is called in `line`, or in the line of the user's code that is running.

    Raises:
        ExportError: it is one.
    """
    of_lists = name.startswith("_foreach_")
    refusal = _LISTS if of_lists else _REFUSALS.get(name)
    if refusal:
        single = name.removeprefix("_foreach_").rstrip("_")
        raise ExportError(refusal.format(name=name, single=single, line=line or calling_line()))
    plain = name.strip("_")
    for prefix in ("fft_", "linalg_", "special_"):
        plain = plain.removeprefix(prefix)
    if plain in _WAYS:
        raise UnsupportedOperator(f"operator '{name}' in {calling_line()} has no formulas: {_WAYS[plain]}")


def refuse_unanswerable(what: str) -> None:
    """Refuse an attribute of a tensor, autograd's state, that a copy's run has in another way than the caller's own.

    Raises:
        ExportError: it is one.
    """
    if what in _AUTOGRADS_STATE:
        raise ExportError(
            f"x.{what} is asked for in {calling_line()}, which is another one in a copy's run than in the caller's "
            "own: let nothing depend on it, or ask for x.requires_grad"
        )
