"""Loading SciPy without NumPy's tools for developers, in a process that has not loaded it yet."""

import subprocess
import sys

_SCRIPT = """
import sys
from icdmapper.matching import frugal
with frugal.without_developers_tools():
    import scipy.sparse
assert not {"numpy.f2py", "numpy.testing"} & set(sys.modules), sorted(sys.modules)
assert (scipy.sparse.eye(3, format="csr") @ scipy.sparse.eye(3, format="csr")).nnz == 3
import numpy
numpy.testing.assert_equal(1, 1)
"""


def test_the_tools_are_spared_and_can_be_loaded_later() -> None:
    subprocess.run([sys.executable, "-c", _SCRIPT], check=True, timeout=60)
