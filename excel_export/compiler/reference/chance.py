"""Sources of random numbers in a module, and seeds with which it draws the same numbers in every run."""

import pickle
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from excel_export.compiler.refuse.shared_numbers import PARTS, held

SEED = 0
_GENERATORS = (random.Random, np.random.RandomState, np.random.Generator, torch.Generator)


@dataclass(frozen=True)
class Source:
    """A generator of random numbers, with functions that return its state and set its seed."""

    name: str
    """Its name for messages, 'numpy.random'; '' for PyTorch's generators, whose tensors a recorder sees."""
    state: Callable[[], Any]
    """A function that returns the generator's state, which differs after a number is drawn; == compares two."""
    seed: Callable[[int], Any]
    """A function that sets the generator's seed: source.seed(0)."""


def sources(module: nn.Module) -> Iterator[Source]:
    """Yield the generators that a module may use: PyTorch's, Python's, NumPy's, and those in its attributes.

    Their names are '', "Python's random", 'numpy.random', "'body.generator'".
    """
    yield _source("", torch.default_generator)
    yield _source("Python's random", random)
    yield _source("numpy.random", np.random)
    for path, part in module.named_modules():
        for key, item in vars(part).items():
            for generator in held(item, _GENERATORS) if key not in PARTS else ():
                yield _source(f"'{path}.{key}'" if path else f"'{key}'", generator)


def _source(name: str, generator: Any) -> Source:
    if isinstance(generator, torch.Generator):
        return Source("", lambda: bytes(generator.get_state().numpy()), generator.manual_seed)
    if hasattr(generator, "getstate"):
        return Source(name, generator.getstate, generator.seed)
    if hasattr(generator, "get_state"):
        return Source(name, lambda: pickle.dumps(generator.get_state()), generator.seed)
    bits = generator.bit_generator

    def seed(number: int) -> None:
        bits.state = type(bits)(number).state

    return Source(name, lambda: pickle.dumps(bits.state), seed)


@contextmanager
def same_chance(seed: int = SEED) -> Iterator[None]:
    """In its `with` block, generators of PyTorch, Python and NumPy begin with this seed; later they are as before."""
    states = random.getstate(), np.random.get_state()
    try:
        with torch.random.fork_rng(devices=[]):
            # torch.manual_seed would also note the stack of calls, for a GPU that may be used later.
            torch.default_generator.manual_seed(seed)
            random.seed(seed)
            np.random.seed(seed)
            yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
