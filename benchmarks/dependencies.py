"""What each dependency of the core adds: megabytes on disk and milliseconds to import.

`python -m benchmarks.dependencies` prints one row each; import times are those of a fresh process,
what the package itself imports included, the median of three.
"""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import time
from importlib.metadata import Distribution, distribution

MODULES = {
    "sqlalchemy": "sqlalchemy",
    "alembic": "alembic.command",
    "dbfread": "dbfread",
    "numpy": "numpy",
    "openpyxl": "openpyxl",
    "platformdirs": "platformdirs",
    "polib": "polib",
    "psutil": "psutil",
    "pypinyin": "pypinyin",
    "python-calamine": "python_calamine",
    "rapidfuzz": "rapidfuzz",
    "scipy": "scipy.sparse",
}


def main() -> int:
    empty = _milliseconds("pass")
    for name in _core():
        size = _megabytes(distribution(name))
        taken = _milliseconds(f"import {MODULES[name]}") - empty
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
    for _turn in range(3):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", statement], check=True)
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


if __name__ == "__main__":
    raise SystemExit(main())
