"""The marks of names, as widgets take them."""

from icdmapper.model.marks import MarkedNames, Run, Tone, compare, found

__all__ = ["MarkedNames", "Run", "Tone", "compare", "found"]
