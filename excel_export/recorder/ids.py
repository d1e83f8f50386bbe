"""Ids of numbers: each element of a storage has one, and a tensor's ids are a view of its storage's ids.

So views, aliases, writes in place and `detach` need no code: a tensor sees the ids that PyTorch lets it see the numbers
of. The number 0 has the id 0: a pad with zeros, too, only moves numbers.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch

from excel_export.shared.infinity import INFINITY, LARGEST

Kind = Literal["input", "parameter", "buffer", "drawn", "constant", "result"]


@dataclass(eq=False)
class Block:
    """Numbers that got consecutive ids together: Block('result', 'mm', 5, (2, 3)) has the ids 5 to 10."""

    kind: Kind
    """Where they come from: 'input', 'parameter', 'buffer', 'drawn' at random, 'constant', or 'result' of a call."""
    name: str
    """The input's or parameter's name, or that of the ATen call."""
    first: int
    """The id of its first element."""
    shape: tuple[int, ...]
    """The shape of the tensor whose elements they are."""

    @property
    def size(self) -> int:
        """The number of its elements."""
        return int(np.prod(self.shape, dtype=np.int64))


@dataclass
class Ids:
    """All numbers of a recording, by id: `values[5]` is what number 5 was, `is_live[5]` whether cells decide it."""

    blocks: list[Block] = field(default_factory=list)
    """All blocks, in the order of their ids."""
    _values: np.ndarray = field(default_factory=lambda: np.zeros(1024))
    _live: np.ndarray = field(default_factory=lambda: np.zeros(1024, dtype=bool))
    _count: int = 1
    _stores: dict[int, torch.Tensor] = field(default_factory=dict)
    # A freed storage's address would be used again.
    _alive: list[torch.UntypedStorage] = field(default_factory=list)

    @property
    def values(self) -> np.ndarray:
        """The number behind each id when it was recorded, float64."""
        return self._values[: self._count]

    @property
    def is_live(self) -> np.ndarray:
        """True for each id whose number inputs, parameters or chance decide."""
        return self._live[: self._count]

    def knows(self, tensor: torch.Tensor) -> bool:
        """Return whether the tensor's storage has ids."""
        return tensor._is_zerotensor() or tensor.untyped_storage()._cdata in self._stores

    def of(self, tensor: torch.Tensor) -> torch.Tensor:
        """Return the ids of a tensor's elements, int64 in its shape. What is written into them moves numbers.

        A tensor that was never seen gets a block of constants for all of its storage.
        """
        if tensor._is_zerotensor():  # PyTorch's own gradient where none arrives: it has no storage
            return torch.zeros(tensor.shape, dtype=torch.int64)
        store = self._stores.get(tensor.untyped_storage()._cdata)
        if store is None:
            store = self._store(tensor)
            whole = torch.as_strided(tensor.detach(), (len(store),), (1,), 0)
            store.copy_(self.new(whole, "constant", "constant"))
        return torch.as_strided(store, tensor.size(), tensor.stride(), tensor.storage_offset())

    def decide(self, tensor: torch.Tensor) -> bool:
        """Return whether inputs, parameters or chance decide one of the tensor's numbers."""
        ids = self.of(tensor).numpy()
        return bool(self.is_live[ids].any())

    def put(self, tensor: torch.Tensor, ids: torch.Tensor) -> None:
        """Say which numbers stand in a tensor from now on; its storage may be a new one."""
        if not self.knows(tensor):
            self._store(tensor)
        self.of(tensor).copy_(ids)

    def new(self, tensor: torch.Tensor, kind: Kind, name: str) -> torch.Tensor:
        """Return new ids for a tensor's elements, in reading order, as one block; they are not put into the tensor."""
        block = Block(kind, name, self._count, tuple(tensor.shape))
        last = self._count + block.size
        while last > len(self._values):
            self._values = np.concatenate([self._values, np.zeros_like(self._values)])
            self._live = np.concatenate([self._live, np.zeros_like(self._live)])
        numbers = tensor.detach().to(torch.float64).reshape(-1).numpy()
        finite = np.clip(numbers, -LARGEST, LARGEST)
        self._values[self._count : last] = np.where(np.isinf(numbers), np.sign(numbers) * INFINITY, finite)
        self._live[self._count : last] = kind != "constant"
        self._count = last
        self.blocks.append(block)
        return torch.arange(block.first, last).reshape(block.shape)

    def of_number(self, number: float) -> int:
        """Return the id of a plain number: 0 for 0, else that of a new constant."""
        return 0 if number == 0 else int(self.new(torch.tensor(float(number)), "constant", "constant"))

    def block_of(self, number: int) -> Block:
        """Return the block of an id above 0."""
        return self.blocks[bisect_right(self._firsts, number) - 1]

    @property
    def _firsts(self) -> list[int]:
        if len(self.__dict__.get("_found", ())) != len(self.blocks):
            self.__dict__["_found"] = [block.first for block in self.blocks]
        found: list[int] = self.__dict__["_found"]
        return found

    def _store(self, tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        self._alive.append(storage)
        count = storage.nbytes() // tensor.element_size()
        store = self._stores[storage._cdata] = torch.zeros(count, dtype=torch.int64)
        return store
