"""Loading of SciPy and NumPy only what is needed, in a process that has not loaded them yet."""

import subprocess
import sys

_TOOLS = """
import sys
from icdmapper.matching import frugal
with frugal.without_developers_tools():
    import scipy.sparse
assert not {"numpy.f2py", "numpy.testing"} & set(sys.modules), sorted(sys.modules)
assert (scipy.sparse.eye(3, format="csr") @ scipy.sparse.eye(3, format="csr")).nnz == 3
import numpy
numpy.testing.assert_equal(1, 1)
"""
_STEPS = """
import sys
import icdmapper.matching.answering
assert "scipy.sparse._sparsetools" in sys.modules
loaded = [one for one in sys.modules if one.startswith("scipy.sparse")]
assert loaded == ["scipy.sparse._sparsetools"], loaded
import scipy.sparse
import scipy.sparse.linalg
assert (scipy.sparse.eye(3, format="csr") @ scipy.sparse.eye(3, format="csr")).nnz == 3
assert scipy.sparse.linalg.norm(scipy.sparse.eye(4, format="csr")) == 2
"""


def test_the_tools_are_spared_and_can_be_loaded_later() -> None:
    subprocess.run([sys.executable, "-c", _TOOLS], check=True, timeout=60)


def test_asking_loads_the_compiled_steps_alone_and_the_rest_can_be_loaded_later() -> None:
    subprocess.run([sys.executable, "-c", _STEPS], check=True, timeout=60)
