"""What a process gave up goes back to the system."""

import subprocess
import sys

import pytest

_RUN = """
import sys
from icdmapper import heap
if sys.argv[1] == "small":
    heap.keep_small(512 * heap.KIB)

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 1e6

before = resident()
for _time in range(2):
    blocks = [bytearray(1_000_000) for _block in range(100)]
    del blocks[:-1]
print(resident() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the C library of Linux")
def test_memory_that_is_free_goes_back() -> None:
    # One block is still in use above the free ones, as always in a real program.
    assert _kept_mb("small") < 10
    assert _kept_mb("as it is") > 50, "nothing to do any more: heap.py can go"


def _kept_mb(how: str) -> float:
    answer = subprocess.run(
        [sys.executable, "-c", _RUN, how], check=True, stdout=subprocess.PIPE, text=True
    )
    return float(answer.stdout)
