"""Steps as CUDA graphs: the work of a step on the GPU is recorded once, and replayed by one call.

No GPU was measured yet.
"""

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor

from excel_export.shared.errors import first_line

Result = TypeVar("Result")
WARM_UP = 3  # calls before the recording, in which compilers and libraries make their choices


class CudaGraph:
    """GPU work that is recorded once and repeated: graph.record(step), then graph.replay(), faster than step()."""

    def __init__(self) -> None:
        self._graph, self._stream = torch.cuda.CUDAGraph(), torch.cuda.Stream()

    def aside(self, function: Callable[[], Result]) -> Result:
        """Return function(), called once on the CUDA stream of this recording.

        Before `record`, PyTorch needs a few such calls of the function that is recorded.
        """
        usual = torch.cuda.current_stream()
        self._stream.wait_stream(usual)
        with torch.cuda.stream(self._stream):
            result = function()
        usual.wait_stream(self._stream)
        return result

    def record(self, function: Callable[[], Result]) -> Result:
        """Record `function()` without doing its work; return its result, tensors that `replay` fills with numbers."""
        with torch.cuda.graph(self._graph, stream=self._stream):
            return function()

    def replay(self) -> None:
        """Do the recorded work once more: it reads and writes the same memory, so inputs are copied there before."""
        self._graph.replay()


def is_recording() -> bool:
    """Return whether the GPU's work is being recorded: True within `CudaGraph.record`, False on a CPU."""
    return torch.cuda.is_available() and torch.cuda.is_current_stream_capturing()


class Recorded:
    """A function that is called normally 3 times, then recorded as a CUDA graph, and replayed in further calls.

    With recorded = Recorded(step, CudaGraph, print), call recorded(x, 0.1) in place of step(x, 0.1). A recording knows
    the memory that was read and written, and no values: the function gets numbers as tensors, changes state in place,
    and reads nothing from the device.
    """

    def __init__(
        self, function: Callable[..., Tensor], new_graph: Callable[[], CudaGraph], log: Callable[[str], None]
    ) -> None:
        """Take a function of tensors, a factory of empty recordings, and a log.

        If recording fails, but not for want of memory, log(sentence) is called; all calls are normal from then on.
        """
        self._function, self._log = function, log
        self._graph: CudaGraph | None = new_graph()
        self._inputs: list[Tensor] = []
        self._result: Tensor | None = None
        self._calls = 0

    def __call__(self, *inputs: Tensor | float) -> Tensor:
        """Return the result of the function; numbers become tensors, and the next call overwrites the result.

        With other shapes than at the first call, the function is called unrecorded.
        """
        if not self._inputs:
            device = next(given.device for given in inputs if isinstance(given, Tensor))
            self._inputs = [torch.as_tensor(given, device=device).clone() for given in inputs]
        shapes = [given.shape if isinstance(given, Tensor) else torch.Size() for given in inputs]
        if self._graph is None or shapes != [kept.shape for kept in self._inputs]:
            return self._function(*inputs)
        for kept, given in zip(self._inputs, inputs, strict=True):
            kept.copy_(given) if isinstance(given, Tensor) else kept.fill_(given)
        self._calls += 1
        if self._calls <= WARM_UP:
            return self._graph.aside(lambda: self._function(*self._inputs))
        if self._result is None:
            try:
                self._result = self._graph.record(lambda: self._function(*self._inputs))
            except torch.OutOfMemoryError:
                raise
            # The errors of drivers have no class in common. Nothing was done yet.
            except Exception as error:
                self._log(f"steps aren't recorded here, which takes longer ({first_line(error)})")
                self._graph = None
                return self._function(*inputs)
        self._graph.replay()
        return self._result
