import subprocess
import sys

import pytest

FAULTS = """
import resource, torch
from mnist_adder.compute.device import keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        a, b = torch.ones(2_000_000), torch.ones(2_000_000)
        del a, b
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

faults()
before = faults()
keep_freed_memory()
faults()
print(before, faults())
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only the GNU C library is told")
def test_memory_that_was_freed_is_used_again():
    """In a process of its own, since other tests tell the C library too."""
    before, after = map(int, subprocess.check_output([sys.executable, "-c", FAULTS], text=True).split())
    assert after < before
    assert after < 100
