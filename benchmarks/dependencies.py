"""What each dependency of the core adds: megabytes on disk and milliseconds to import.

`python -m benchmarks.dependencies` prints one row each; import times are what a fresh process takes
of the processor, what the package itself imports included, the least of five. Other work on the
machine hardly changes them.
"""

from __future__ import annotations

import re
import resource
import subprocess
import sys
from importlib.metadata import Distribution, distribution

MODULES = {
    "alembic": "alembic.command",
    "argon2-cffi": "argon2",
    "cryptography": "cryptography.hazmat.primitives.asymmetric.ed25519",
    "fpdf2": "fpdf",
    "pyahocorasick": "ahocorasick",
    "python-calamine": "python_calamine",
    "scipy": "scipy.sparse",
}
"""What is imported of a package where it is not called as the package is."""


def main() -> int:
    empty = _milliseconds("pass")
    for name in _core():
        size = _megabytes(distribution(name))
        taken = _milliseconds(f"import {MODULES.get(name, name.lower())}") - empty
        print(f"{name:<16} {size:>6.1f} MB {taken:>6.0f} ms")
    return 0


def _core() -> list[str]:
    wanted = [line for line in distribution("icdmapper").requires or [] if "extra ==" not in line]
    return sorted((re.split(r"[<>=!~; ]", line)[0] for line in wanted), key=str.lower)


def _megabytes(package: Distribution) -> float:
    files = [package.locate_file(file) for file in package.files or []]
    return sum(file.stat().st_size for file in files if file.exists()) / 1e6


def _milliseconds(statement: str) -> float:
    taken = []
    for _turn in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", statement], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(taken) * 1000


if __name__ == "__main__":
    raise SystemExit(main())
