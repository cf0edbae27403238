"""Records by columns, and columns by their different values: what makes whole days cheap.

Every step from translation to the written file asks which different texts a column has. A column
is reduced to them once, and the answer goes with it from step to step.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count
from typing import Any

import numpy as np
import pandas as pd

Texts = np.ndarray[Any, np.dtype[np.object_]]
Numbers = np.ndarray[Any, np.dtype[np.intp]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]

_DIGITS = str.maketrans("123456789", "000000000")


class Column:
    """One column of text, never changed: its rows, or which of its different texts each row has.

    Either side is made from the other when it is first asked for.
    """

    __slots__ = ("_blank", "_joined", "_rows", "_shapes", "_texts", "_which")

    def __init__(self, rows: Texts) -> None:
        self._rows: Texts | None = rows
        self._which: Numbers | None = None
        self._texts: list[str] = []
        self._blank: bool | None = None
        self._joined: str | None = None
        self._shapes: frozenset[str] | None = None

    @classmethod
    def of(cls, which: Numbers, texts: Sequence[str]) -> Column:
        """From texts, equal ones among them allowed, and which of them each row has."""
        made = cls.__new__(cls)
        made._rows = None
        places = _places()
        first = list(map(places.__getitem__, texts))
        same = len(places) == len(texts)
        made._which = which if same else np.array(first, dtype=np.intp)[which]
        made._texts = list(places)
        made._blank = made._joined = made._shapes = None
        return made

    @classmethod
    def empty(cls, records: int) -> Column:
        """A column that says nothing."""
        return cls.of(np.zeros(records, dtype=np.intp), [""])

    def __len__(self) -> int:
        return len(self._rows) if self._which is None else len(self._which)  # type: ignore[arg-type]

    @property
    def rows(self) -> Texts:
        """The text of every record; not to be written to."""
        if self._rows is None:
            self._rows = np.array([*self._texts, ""], dtype=object)[self._which]
        return self._rows

    @property
    def which(self) -> Numbers:
        """Which of `texts` every record has."""
        self._reduce()
        assert self._which is not None
        return self._which

    @property
    def texts(self) -> list[str]:
        """The different texts; a text may be left that no record has any more."""
        self._reduce()
        return self._texts

    @property
    def blank(self) -> bool:
        """Whether no record says anything."""
        if self._blank is None:
            known = self._texts if self._which is not None else self._rows.tolist()  # type: ignore[union-attr]
            # Most blank columns are full of one and the same "": counting that is quickest.
            self._blank = known.count("") == len(known) or not any(known)
        return self._blank

    @property
    def joined(self) -> str:
        """All different texts in one, a line each: one look at it is a look at all of them."""
        if self._joined is None:
            self._joined = "\n".join(self.texts)
        return self._joined

    @property
    def lines(self) -> bool:
        """Whether every line of `joined` is a text of its own: no text has a break in it."""
        return self.joined.count("\n") == max(len(self._texts) - 1, 0)

    @property
    def shapes(self) -> frozenset[str]:
        """The texts with every digit as 0: a thousand amounts have five shapes."""
        if self._shapes is None:
            if self.lines:
                self._shapes = frozenset(self.joined.translate(_DIGITS).split("\n"))
            else:
                self._shapes = frozenset(text.translate(_DIGITS) for text in self._texts)
        return self._shapes

    def where(self, fits: Callable[[str], bool]) -> Mask:
        """Which records' text fits; every different text is asked once."""
        found: Mask = np.fromiter(map(fits, self.texts), bool, len(self.texts))[self.which]
        return found

    def mapped(self, change: Callable[[str], str]) -> Column:
        """Every text changed in the same way."""
        return Column.of(self.which, [change(text) for text in self.texts])

    def taken(self, positions: Numbers) -> Column:
        """Those records only."""
        if self._which is None or len(self._texts) > len(positions):
            return Column(self.rows[positions])
        return Column.of(self._which[positions], self._texts)

    def put(self, positions: Numbers, other: Column) -> Column:
        """With the texts of another column, as long as `positions`, at these positions."""
        if len(positions) == len(self):
            return other
        rows = self.rows.copy()
        rows[positions] = other.rows
        return Column(rows)

    def _reduce(self) -> None:
        if self._which is None:
            assert self._rows is not None
            if self.blank:
                self._which, self._texts = np.zeros(len(self._rows), dtype=np.intp), [""]
                return
            which, found = pd.factorize(self._rows)
            texts = found.tolist()
            if set(map(type, texts)) <= {str} and which.min() >= 0:
                self._which, self._texts = which, texts
            else:
                # What a database has no value for says nothing.
                cleaned = Column.of(which, [*map(str, texts), ""])
                self._which, self._texts = cleaned._which, cleaned._texts
                self._rows = self._blank = None


class Table:
    """Records as columns of canonical fields; a field that is not there is empty."""

    def __init__(self, columns: Mapping[str, Column], records: int) -> None:
        self._columns = dict(columns)
        self._records = records
        self._empty = Column.empty(records)

    @classmethod
    def of(cls, records: pd.DataFrame | Table) -> Table:
        """The columns of a frame of texts; a table is taken as it is."""
        if isinstance(records, Table):
            return records
        # Column by column a frame is slow to take apart: 850 times are a tenth of all the work.
        cells = records.to_numpy(dtype=object).T
        return cls(
            {str(name): Column(rows) for name, rows in zip(records.columns, cells, strict=True)},
            len(records),
        )

    def __len__(self) -> int:
        return self._records

    def __contains__(self, name: str) -> bool:
        return name in self._columns

    def __getitem__(self, name: str) -> Column:
        return self._columns.get(name, self._empty)

    @property
    def names(self) -> Iterable[str]:
        """The fields that are there."""
        return self._columns.keys()

    def replaced(self, columns: Mapping[str, Column]) -> Table:
        """The same records with some columns new."""
        return Table({**self._columns, **columns}, self._records)

    def taken(self, positions: Numbers) -> Table:
        """Those records only, numbered anew."""
        if len(positions) == len(self):
            return self
        return Table(
            {name: one.taken(positions) for name, one in self._columns.items()}, len(positions)
        )

    def frame(self) -> pd.DataFrame:
        """As a frame of texts."""
        columns = {name: one.rows for name, one in self._columns.items()}
        return pd.DataFrame(columns, index=pd.RangeIndex(self._records), dtype=object)


def together(columns: Sequence[Column]) -> tuple[Numbers, list[str]]:
    """Several columns by one list of different texts: columns x records, and the texts."""
    places = _places()
    ids = [
        np.array(list(map(places.__getitem__, one.texts)), dtype=np.intp)[one.which]
        for one in columns
    ]
    return np.array(ids, dtype=np.intp), list(places)


def _places() -> defaultdict[str, int]:
    """Texts by the order in which they are first asked for."""
    return defaultdict(count().__next__)
